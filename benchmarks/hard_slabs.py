#!/usr/bin/env python3
"""Slabs whose self-consistency is hard, with no option of the SCF set by hand: a Markdown table on stdout.

usage: nice benchmarks/hard_slabs.py [--pseudo FOLDER] [--pwx] [NAME...]

Polar faces, small and closed gaps, open d shells without spin, metals, a long vacuum, a cutoff too low for a semicore
shell. The threshold is 1e-7 Ha. FOLDER holds UPF files (Mg.upf, ...) that pw.x reads too; without it: GTH entries of CP2K.
With --pwx the same slabs go through pw.x, mixing_beta at its default, with plain and with local-TF mixing; fixed
occupations and, where these fail, the smearing that kaimen came to. NAME: only slabs whose name holds it. KAIMEN names
the program (build/release/kaimen).
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "benchmarks/lib"))
from structures import (cuprite_100, fcc_100, in_vacuum, litharge_001, rocksalt_100, rocksalt_111, rutile_110, wurtzite_0001,
                        wurtzite_1010, write_extxyz)

KAIMEN = os.path.abspath(os.environ.get("KAIMEN", os.path.join(ROOT, "build/release/kaimen")))
GTH = {"Mg": "q2", "O": "q6", "Zn": "q12", "Ti": "q4", "Sn": "q4", "Cu": "q11", "Ni": "q18", "Al": "q3", "Ru": "q8", "Pb": "q4",
       "Ga": "q13", "Fe": "q16"}
SMEARING_HA = 0.005
TOLERANCE_HA = 1e-7


@dataclass
class Slab:
    name: str
    what: str      # makes it hard
    cell: list     # three rows, Ang; the third one is the normal
    atoms: list    # (symbol, x, y, z), Ang
    mesh: tuple
    ecut_ha: float = 15


def slabs():
    def make(name, what, plane, mesh, vacuum_ang=10, ecut_ha=15):
        return Slab(name, what, *in_vacuum(*plane, vacuum_ang), mesh, ecut_ha)
    return [make("MgO(111), 3 double layers", "polar, dipole", rocksalt_111("Mg", 4.212, 3), (3, 3, 1)),
            make("ZnO(0001), 4 double layers", "polar, dipole", wurtzite_0001("Zn", 3.25, 5.207, 4), (3, 3, 1)),
            make("ZnO(10-10), 2 layers, 10 Ha", "3d shell not converged", wurtzite_1010("Zn", 3.25, 5.207, 2), (2, 2, 1), ecut_ha=10),
            make("TiO2(110), 2 trilayers, less one O", "reduced, closed gap", rutile_110("Ti", 4.594, 2.959, 0.305, 2, True), (3, 2, 1)),
            make("SnO(001), 2 layers", "small gap", litharge_001("Sn", 3.802, 4.836, 0.2383, 2), (2, 2, 1)),
            make("PbO(001), 2 layers", "small gap", litharge_001("Pb", 3.964, 5.008, 0.234, 2), (2, 2, 1)),
            make("Cu2O(100), 1 cell", "d states at the edge", cuprite_100("Cu", 4.27, 1), (2, 2, 1)),
            make("NiO(100), 3 layers", "open d shell, no spin", rocksalt_100("Ni", 4.19, 3), (2, 2, 1)),
            make("FeO(100), 3 layers", "open d shell, no spin", rocksalt_100("Fe", 4.33, 3), (2, 2, 1)),
            make("MgO(100), 3 layers, 60 Ang", "long cell", rocksalt_100("Mg", 4.212, 3), (2, 2, 1), vacuum_ang=60),
            make("Al(100), 7 layers", "metal", fcc_100("Al", 4.05, 7), (6, 6, 1)),
            make("Al(100), 21 layers", "metal, thick", fcc_100("Al", 4.05, 21), (4, 4, 1)),
            make("Al(100), 7 layers, 40 Ang", "metal, long cell", fcc_100("Al", 4.05, 7), (4, 4, 1), vacuum_ang=40),
            make("RuO2(110), 2 trilayers", "metallic oxide", rutile_110("Ru", 4.49, 3.11, 0.306, 2, False), (3, 2, 1))]


def run_kaimen(folder, slab, pseudo, more):
    structure, case, out = (os.path.join(folder, x) for x in ("slab.extxyz", "case.yaml", "out.json"))
    symbols = sorted({a[0] for a in slab.atoms})
    family = os.path.abspath(pseudo) if pseudo else "{" + ", ".join(
        f"{s}: {{file: GTH_POTENTIALS, entry: GTH-PBE-{GTH[s]}}}" for s in symbols) + "}"
    write_extxyz(structure, slab.cell, slab.atoms)
    with open(case, "w") as file:
        file.write(f"structure: {{file: {structure}}}\n"
                   f"dft: {{functional: PBE, pseudo: {family}, ecut: {slab.ecut_ha} Ha, kpoints: {{mesh: {list(slab.mesh)}}},\n"
                   f"  scf: {{energy_tolerance: {TOLERANCE_HA} Ha}}{more}}}\nforces: false\n")
    done = subprocess.run([KAIMEN, "energy", case, "--json", out], capture_output=True, text=True)
    if not os.path.exists(out): sys.exit(f"{slab.name}: {done.stderr}")
    with open(out) as file:
        return json.load(file)


def run_pwx(folder, slab, pseudo, mixing, is_smeared):
    """SCF iterations, '-' where it ends without convergence."""
    symbols = sorted({a[0] for a in slab.atoms})
    occupations = f"occupations='smearing', smearing='gaussian', degauss={2 * SMEARING_HA}" if is_smeared else "occupations='fixed'"
    text = (f"&control calculation='scf', pseudo_dir='{os.path.abspath(pseudo)}', outdir='{folder}', disk_io='none' /\n"
            f"&system ibrav=0, nat={len(slab.atoms)}, ntyp={len(symbols)}, ecutwfc={2 * slab.ecut_ha}, {occupations} /\n"
            f"&electrons conv_thr={2 * TOLERANCE_HA}, mixing_mode='{mixing}' /\nATOMIC_SPECIES\n"
            + "".join(f"{s} 1 {s}.upf\n" for s in symbols) + "CELL_PARAMETERS angstrom\n"
            + "".join(" ".join(f"{x:.10f}" for x in row) + "\n" for row in slab.cell) + "ATOMIC_POSITIONS angstrom\n"
            + "".join(f"{s} {x:.10f} {y:.10f} {z:.10f}\n" for s, x, y, z in slab.atoms)
            + "K_POINTS automatic\n" + " ".join(map(str, slab.mesh)) + " 0 0 0\n")
    path = os.path.join(folder, "pw.in")
    with open(path, "w") as file:
        file.write(text)
    out = subprocess.run(["pw.x", "-in", path], capture_output=True, text=True, cwd=folder).stdout
    found = re.search(r"convergence has been achieved in +(\d+) iterations", out)
    return found.group(1) if found else "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pseudo", help="folder of UPF files")
    parser.add_argument("--pwx", action="store_true", help="the same with pw.x")
    parser.add_argument("--dft", default="", help="more of the section dft, for trials: ', mixing: 0.3'")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    if arguments.pwx and not (arguments.pseudo and shutil.which("pw.x")): sys.exit("--pwx wants pw.x and --pseudo FOLDER")
    print("| slab | hard because | atoms | outcome | iterations | retries | gap, eV | H per band and k | seconds |"
          + (" pw.x plain | pw.x local-TF |" if arguments.pwx else ""))
    print("| --- |" + " --- |" * (10 if arguments.pwx else 8))
    for slab in slabs():
        if arguments.names and not any(n in slab.name for n in arguments.names): continue
        with tempfile.TemporaryDirectory() as folder:
            r = run_kaimen(folder, slab, arguments.pseudo, arguments.dft)
            n_eigenvalue = sum(len(k["eigenvalues_ha"]) for k in r["kpoints"])
            is_smeared = "smeared" in r["reason"]
            line = (f"| {slab.name} | {slab.what} | {r['n_atom']} | {r['outcome']}{', smeared' if is_smeared else ''} | "
                    f"{r['scf_iterations']} | {r['retries']} | {r['gap_ev'] or 0:.2f} | {r['h_applications'] / n_eigenvalue:.0f} | {r['time_s']:.0f} |")
            if arguments.pwx:
                line += "".join(f" {run_pwx(folder, slab, arguments.pseudo, m, is_smeared)} |" for m in ("plain", "local-TF"))
        print(line, flush=True)


if __name__ == "__main__":
    main()
