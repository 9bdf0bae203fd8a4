#!/usr/bin/env python3
"""Grain-boundary energies of Ni and Al beside those of Olmsted, Foiles and Holm (Acta Mater. 57, 3694 (2009)): rank correlation, Markdown on stdout.

usage: benchmarks/olmsted.py [--most N] [--atoms N] [--ranks N]

Their boundaries, given by the directions of both grains, are built and searched by `kaimen run` with the potentials of Mishin, which are not theirs: energies differ, the
order should not. KAIMEN_DATA names the folder with grain_boundary/olm* and potentials/. Ends with 1 where a correlation is below 0.9.
"""
import argparse
import csv
import itertools
import math
import os
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.environ.get("KAIMEN_DATA", os.path.join(ROOT, "..", "shared", "data"))
KAIMEN = os.path.join(ROOT, "build", "release", "kaimen")
METALS = {"Ni": ("Ni99.eam.alloy", 3.52, 0), "Al": ("Al99.eam.alloy", 4.05, 1)}
LEAST = 0.9


def rotations():
    """The 24 proper rotations of a cube."""
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            m = [[signs[i] * (order[i] == j) for j in range(3)] for i in range(3)]
            if round(determinant(m)) == 1: yield m


def determinant(m):
    return sum(m[0][i] * (m[1][(i + 1) % 3] * m[2][(i + 2) % 3] - m[1][(i + 2) % 3] * m[2][(i + 1) % 3]) for i in range(3))


def multiply(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]


def whole(v, most=40):
    """The direction as integers without a common divisor."""
    largest = max(abs(x) for x in v)
    for n in range(1, most):
        w = [x * n / largest for x in v]
        if all(abs(x - round(x)) < 1e-4 for x in w): return reduced([round(x) for x in w])
    return None


def reduced(v):
    return [x // math.gcd(*v) for x in v]


def read_boundary(row):
    """Axis, Sigma and both planes of one line of the table."""
    left = [[int(float(row[f"L{i}{j}"])) for j in (1, 2, 3)] for i in (1, 2, 3)]
    right = [[int(float(row[f"R{i}{j}"])) for j in (1, 2, 3)] for i in (1, 2, 3)]
    unit = lambda v: [x / math.sqrt(sum(y * y for y in v)) for x in v]
    m = [[sum(unit(a)[i] * unit(b)[j] for a, b in zip(left, right)) for j in range(3)] for i in range(3)]
    best = None
    for s in rotations():
        turned = multiply(m, s)
        cosine = (turned[0][0] + turned[1][1] + turned[2][2] - 1) / 2
        if best is None or cosine > best[0] + 1e-9: best = (cosine, turned, s)
    cosine, turned, s = best
    axis = whole([turned[2][1] - turned[1][2], turned[0][2] - turned[2][0], turned[1][0] - turned[0][1]])
    plane_2 = [sum(s[k][i] * right[0][k] for k in range(3)) for i in range(3)]
    return axis, int(row["Sigma"]), reduced(left[0]), reduced(plane_2), left


def cells(left):
    """Squared area of the cell that the table's vectors span: small ones first."""
    return sum(x * x for x in left[1]) * sum(x * x for x in left[2])


def read_table(most):
    with open(os.path.join(DATA, "grain_boundary", "olmsted_xtal_info.csv")) as file: rows = list(csv.DictReader(file))
    with open(os.path.join(DATA, "grain_boundary", "olm_properties.txt")) as file:
        energies = [[float(x) for x in line.split()[:2]] for line in file if not line.startswith("#")]
    found = []
    for row, energy in zip(rows, energies):
        axis, sigma, plane, plane_2, left = read_boundary(row)
        if axis: found.append((cells(left), axis, sigma, plane, plane_2, energy))
    return sorted(found)[:most]


def write_input(folder, metal, boundaries, n_atom):
    potential, a, _ = METALS[metal]
    with open(os.path.join(folder, f"{metal}.extxyz"), "w") as file:
        file.write(f'4\nLattice="{a} 0 0 0 {a} 0 0 0 {a}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for x, y, z in ((0, 0, 0), (0, .5, .5), (.5, 0, .5), (.5, .5, 0)): file.write(f"{metal} {x * a} {y * a} {z * a}\n")
    with open(os.path.join(folder, f"{metal}.yaml"), "w") as file:
        file.write(f"campaign: {{name: {metal}, kind: grain_boundary}}\nbulk: [{{file: {metal}.extxyz}}]\n"
                   f"potential: [{{file: {os.path.abspath(os.path.join(DATA, 'potentials', potential))}}}]\n"
                   f"grain: {{max_atoms: {n_atom}}}\nlearner: {{policy: transfer}}\nboundary:\n")
        for axis, sigma, plane, plane_2, _ in boundaries:
            file.write(f"  - {{axis: {axis}, sigma: {sigma}, plane: {plane}, plane_2: {plane_2}}}\n")


def search(folder, metal, n_rank):
    command = ["mpirun", "--oversubscribe", "-n", str(n_rank), KAIMEN, "run", f"{metal}.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 2): sys.exit(done.stderr[-2000:])
    with sqlite3.connect(os.path.join(folder, f"{metal}.db")) as db:
        return dict(db.execute("SELECT boundary, min(gamma_j_m2) FROM task JOIN result ON task.id = result.id "
                               "WHERE kind = 'grain_boundary' AND state = 'done' GROUP BY boundary"))


def name_of(metal, axis, sigma, plane, found):
    start = f"{metal} S{sigma}({''.join(map(str, plane))})"
    names = [n for n in found if n.startswith(start) and n.endswith(f"[{''.join(map(str, axis))}]")]
    return names[0] if len(names) == 1 else None


def ranks(values):
    order = sorted(range(len(values)), key=lambda i: values[i])
    rank = [0.0] * len(values)
    i = 0
    while i < len(order): # equal values share their mean rank
        j = i
        while j < len(order) and values[order[j]] == values[order[i]]: j += 1
        for k in range(i, j): rank[order[k]] = (i + j - 1) / 2
        i = j
    return rank


def correlation(a, b):
    ra, rb = ranks(a), ranks(b)
    mean = (len(a) - 1) / 2
    cross = sum((x - mean) * (y - mean) for x, y in zip(ra, rb))
    return cross / math.sqrt(sum((x - mean) ** 2 for x in ra) * sum((y - mean) ** 2 for y in rb))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--atoms", type=int, default=700)
    parser.add_argument("--ranks", type=int, default=2)
    arguments = parser.parse_args()
    boundaries = [b[1:] for b in read_table(arguments.most)]
    n_bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for metal in METALS:
            write_input(folder, metal, boundaries, arguments.atoms)
            found = search(folder, metal, arguments.ranks)
            rows = []
            for axis, sigma, plane, plane_2, energy in boundaries:
                name = name_of(metal, axis, sigma, plane, found)
                if name: rows.append((name, found[name], energy[METALS[metal][2]]))
            rho = correlation([r[1] for r in rows], [r[2] for r in rows])
            n_bad += rho < LEAST or len(rows) < 30
            print(f"\n{metal}: {len(rows)} boundaries, rank correlation {rho:.3f}\n\n| boundary | kaimen J/m2 | Olmsted et al. J/m2 |\n| --- | --- | --- |")
            for row in rows: print("| {} | {:.3f} | {:.3f} |".format(*row))
    sys.exit(n_bad > 0)


if __name__ == "__main__":
    main()
