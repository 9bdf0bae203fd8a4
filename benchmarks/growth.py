#!/usr/bin/env python3
"""How the cost of one SCF grows with atoms, cutoff and vacuum: Markdown tables on stdout.

usage: nice benchmarks/growth.py [--quick]

MgO(100), a mesh of 3 x 3 k-points, threshold 1e-7 Ha; CPU seconds of one core, the least of three runs.
Ranks: scaling.py. BUILD names the folder of the build (build/release).
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

import kernels

sys.path.insert(0, os.path.join(kernels.ROOT, "benchmarks", "lib"))
import structures  # noqa: E402

LAYERS, ECUT_HA, VACUUM_ANG = (3, 5, 7, 11, 15), (20, 30, 40, 50), (8, 12, 20, 30)
N_RUN = 3


def run(n_layer, ecut_ha, vacuum_ang):
    """CPU seconds and what the JSON file says."""
    cell, atoms = structures.in_vacuum(*structures.rocksalt_100("Mg", 4.212, n_layer), vacuum_ang)
    with tempfile.TemporaryDirectory() as folder:
        case, out = os.path.join(folder, "case.yaml"), os.path.join(folder, "out.json")
        lattice = " ".join(f"{x:.10f}" for row in cell for x in row)
        with open(os.path.join(folder, "slab.extxyz"), "w") as file:
            file.write(f'{len(atoms)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n'
                       + "".join(f"{s} {x:.10f} {y:.10f} {z:.10f}\n" for s, x, y, z in atoms))
        with open(case, "w") as file:
            file.write(f"structure: {{file: slab.extxyz}}\ndft: {{functional: PBE, pseudo: {{Mg: {{entry: GTH-PBE-q2}}, O: {{entry: GTH-PBE-q6}}}}, "
                       f"ecut: {ecut_ha} Ha, kpoints: {{mesh: [3, 3, 1]}}}}\nforces: false\n")
        best_s = float("inf")
        for _ in range(N_RUN):
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            subprocess.run([kernels.KAIMEN, "energy", case, "--json", out], stdout=subprocess.DEVNULL, check=True)
            best_s = min(best_s, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
        with open(out) as file:
            return best_s, json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two sizes of each")
    n = 2 if parser.parse_args().quick else None
    print("| layers | atoms | cutoff, Ha | vacuum, Ang | plane waves | bands | SCF iterations | H per band and k | seconds | MB |\n| --- |" + " --- |" * 9)
    sizes = [(x, 30, 10) for x in LAYERS[:n]] + [(5, x, 10) for x in ECUT_HA[:n]] + [(5, 30, x) for x in VACUUM_ANG[:n]]
    for layers, ecut_ha, vacuum_ang in sizes:
        seconds, result = run(layers, ecut_ha, vacuum_ang)
        per_band = result["h_applications"] / len(result["kpoints"]) / result["n_band"]
        print(f"| {layers} | {result['n_atom']} | {ecut_ha} | {vacuum_ang} | {result['n_plane_wave']} | {result['n_band']} | {result['scf_iterations']} | "
              f"{per_band:.0f} | {seconds:.2f} | {result['memory_mb']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
