#!/usr/bin/env python3
"""SCF iterations of a slab against its thickness: a Markdown table on stdout.

usage: nice benchmarks/thickness.py [--quick]

MgO(100), 3 to 21 layers, and rutile TiO2(110), 3 to 9 trilayers, 15 Ha, unrelaxed, to 1e-7 Ha. A preconditioner that
suits slabs keeps the number of iterations where it is, however thick the slab. KAIMEN names the program
(build/release/kaimen).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KAIMEN = os.path.abspath(os.environ.get("KAIMEN", os.path.join(ROOT, "build/release/kaimen")))
PSEUDO = """{Mg: {file: GTH_POTENTIALS, entry: GTH-PBE-q2}, Ti: {file: POTENTIAL_UZH, entry: GTH-PBE-q4},
    O: {file: GTH_POTENTIALS, entry: GTH-PBE-q6}}"""
PLAN = """campaign: {{name: thickness}}
bulk: [{{file: {root}/inputs/crystals/{crystal}.cif}}]
slab: {{miller: {miller}, thickness: {thickness} Ang, vacuum: 8 Ang}}
dft: {{functional: PBE, pseudo: {pseudo}}}
"""
CASE = """structure: {{file: {structure}}}
dft:
  {{functional: PBE, pseudo: {pseudo}, ecut: 15 Ha, kpoints: {{mesh: {mesh}}}, scf: {{energy_tolerance: 1e-7 Ha}}}}
forces: false
"""
# Crystal, surface, spacing of its layers in Ang, k-mesh, numbers of layers.
SLABS = [("MgO", [1, 0, 0], 2.1065, [2, 2, 1], [3, 5, 9, 15, 21]),
         ("TiO2-rutile", [1, 1, 0], 3.2484, [2, 1, 1], [3, 5, 7, 9])]


def run(*words):
    done = subprocess.run([KAIMEN, *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr or f"{words[0]}: exit status {done.returncode}")


def measure(folder, crystal, miller, spacing, mesh, n_layer):
    plan, slabs = os.path.join(folder, "plan.yaml"), os.path.join(folder, f"{crystal}-{n_layer}")
    # A little less than n layers: the thickness asked for is the least one.
    with open(plan, "w") as file:
        file.write(PLAN.format(root=ROOT, crystal=crystal, miller=miller, pseudo=PSEUDO,
                               thickness=(n_layer - 0.5) * spacing))
    run("plan", plan, "--write", slabs)
    name = crystal + "_" + "".join(map(str, miller)) + "a.extxyz"
    case, out = os.path.join(folder, "case.yaml"), os.path.join(folder, "out.json")
    with open(case, "w") as file:
        file.write(CASE.format(structure=os.path.join(slabs, name), pseudo=PSEUDO, mesh=mesh))
    run("energy", case, "--json", out)
    with open(out) as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the two thinnest slabs of each crystal only")
    quick = parser.parse_args().quick
    print("| slab | layers | atoms | SCF iterations | H applications per band and k | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for crystal, miller, spacing, mesh, layers in SLABS:
            for n_layer in layers[:2] if quick else layers:
                result = measure(folder, crystal, miller, spacing, mesh, n_layer)
                n_eigenvalue = sum(len(k["eigenvalues_ha"]) for k in result["kpoints"])
                print(f"| {crystal}({''.join(map(str, miller))}) | {n_layer} | {result['n_atom']} | "
                      f"{result['scf_iterations']} | {result['h_applications'] / n_eigenvalue:.1f} | "
                      f"{result['time_s']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
