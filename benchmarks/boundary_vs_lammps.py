#!/usr/bin/env python3
"""Energies of copper's Sigma 5 (210) and (310) [001] boundaries beside LAMMPS: Markdown on stdout.

usage: benchmarks/boundary_vs_lammps.py

`kaimen run` finds and relaxes them; LAMMPS minimises the same atoms, from where kaimen left them and from before, in the same cell with the same potential, and the perfect
crystal. Needs LAMMPS (Debian package lammps; LAMMPS names the program) and h5py. Ends with 1 where energies differ by more than 2 %.
"""
import os
import subprocess
import sys
import tempfile

import h5py

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KAIMEN = os.path.join(ROOT, "build", "release", "kaimen")
LAMMPS = os.environ.get("LAMMPS", "lmp")
POTENTIAL = os.path.join(ROOT, "inputs", "potentials", "Cu-mishin.eam.alloy")
ANG_PER_BOHR, J_M2_PER_EV_ANG2 = 0.529177210903, 16.0217663
ALLOWED = 0.02

INPUT = f"""campaign: {{name: copper, kind: grain_boundary}}
bulk: [{{file: {ROOT}/inputs/crystals/Cu.cif}}]
potential: [{{file: {POTENTIAL}}}]
boundary:
  - {{axis: [0, 0, 1], sigma: 5, plane: [2, 1, 0]}}
  - {{axis: [0, 0, 1], sigma: 5, plane: [3, 1, 0]}}
learner: {{policy: transfer}}
"""


def write_data(path, cell, places):
    with open(path, "w") as file:
        file.write(f"copper\n\n{len(places)} atoms\n1 atom types\n\n0 {cell[0][0]:.12f} xlo xhi\n0 {cell[1][1]:.12f} ylo yhi\n0 {cell[2][2]:.12f} zlo zhi\n"
                   f"{cell[1][0]:.12f} {cell[2][0]:.12f} {cell[2][1]:.12f} xy xz yz\n\nMasses\n\n1 63.546\n\nAtoms\n\n")
        for i, p in enumerate(places): file.write(f"{i + 1} 1 {p[0]:.12f} {p[1]:.12f} {p[2]:.12f}\n")


def minimise(folder, cell, frac):
    places = [[sum(f[v] * cell[v][x] for v in range(3)) for x in range(3)] for f in frac]
    write_data(os.path.join(folder, "data"), cell, places)
    with open(os.path.join(folder, "in"), "w") as file:
        file.write(f"units metal\nbox tilt large\natom_modify map array\nread_data data\npair_style eam/alloy\npair_coeff * * {POTENTIAL} Cu\n"
                   "min_modify line quadratic\nminimize 0 1e-6 5000 50000\nprint \"ENERGY $(pe:%.10f)\"\n")
    text = subprocess.run([LAMMPS, "-in", "in", "-log", "none"], cwd=folder, capture_output=True, text=True, check=True).stdout
    return float([line.split()[1] for line in text.splitlines() if line.startswith("ENERGY")][-1])


def read(group):
    return [[x * ANG_PER_BOHR for x in row] for row in group["cell"][:]], group["positions_frac"][:].tolist()


def main():
    n_bad = 0
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "copper.yaml"), "w") as file: file.write(INPUT)
        subprocess.run([KAIMEN, "run", "copper.yaml"], cwd=folder, check=True, capture_output=True)
        print("| boundary | kaimen J/m2 | LAMMPS, from there J/m2 | LAMMPS, from before J/m2 |\n| --- | --- | --- | --- |")
        with h5py.File(os.path.join(folder, "copper.h5")) as f:
            a = 3.615
            fcc = [[0, 0, 0], [0, .5, .5], [.5, 0, .5], [.5, .5, 0]]
            atom = minimise(folder, [[a, 0, 0], [0, a, 0], [0, 0, a]], fcc) / 4
            for name, boundary in f["boundary"].items():
                best = f["grain_boundary"][boundary["best_id"].asstr()[()]]
                cell, frac = read(best["structure_relaxed"])
                before = read(best["structure"])[1]
                area = cell[0][0] * cell[1][1] * 2
                lammps = [(minimise(folder, cell, places) - len(places) * atom) / area * J_M2_PER_EV_ANG2 for places in (frac, before)]
                energy = boundary["energy"][()]
                n_bad += abs(lammps[0] / energy - 1) > ALLOWED
                print(f"| {name} | {energy:.5f} | {lammps[0]:.5f} | {lammps[1]:.5f} |")
    sys.exit(n_bad > 0)


if __name__ == "__main__":
    main()
