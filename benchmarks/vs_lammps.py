#!/usr/bin/env python3
"""Classical energies, forces and stress beside LAMMPS on rattled crystals, and the time of one step on one core: Markdown on stdout.

usage: nice benchmarks/vs_lammps.py [--steps N]

The same files and cutoffs; Coulomb sums of LAMMPS by `ewald 1e-10` with fine tables for the comparison, by `pppm 1e-6` for the time. EAM files lie in
KAIMEN_DATA/potentials. Needs LAMMPS (Debian package lammps; LAMMPS names the program) and build/release/benchmarks. Ends with 1 where
an energy or a force differs by more than 1e-6 (of the energy; of the largest force).
"""
import argparse
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.environ.get("KAIMEN_DATA", os.path.join(ROOT, "..", "shared", "data"))
LAMMPS = os.environ.get("LAMMPS", "lmp")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
ALLOWED = 1e-6
RATTLE_ANG = 0.08
# LAMMPS writes the wall with this factor where kaimen has 4.
MIE = 24 / 18 * (24 / 6) ** (6 / 18)

FCC = [(0, 0, 0), (0, .5, .5), (.5, 0, .5), (.5, .5, 0)]
ROCK_SALT = [("Mg", *p) for p in FCC] + [("O", x + .5, y, z) for x, y, z in FCC]
RUTILE = [("Ti", 0, 0, 0), ("Ti", .5, .5, .5), ("O", .3053, .3053, 0), ("O", .6947, .6947, 0), ("O", .1947, .8053, .5), ("O", .8053, .1947, .5)]
QUARTZ_LIKE = [("Si", *p) for p in FCC] + [("Si", x + .25, y + .25, z + .25) for x, y, z in FCC] + \
    [("O", x + a, y + b, z + c) for x, y, z in FCC for a, b, c in ((.125, .125, .125), (.375, .375, .125), (.375, .125, .375), (.125, .375, .375))]

BUCKINGHAM = {
    "lewis-catlow.yaml": (10, {"Mg": 2, "O": -2}, [("Mg", "O", 821.6, .3242, 0), ("O", "O", 22764.3, .1490, 27.88)], []),
    "matsui-akaogi.yaml": (12, {"Ti": 2.196, "O": -1.098}, [("Ti", "O", 16957.53, .194, 12.59), ("Ti", "Ti", 31120.2, .154, 5.25),
                                                            ("O", "O", 11782.76, .234, 30.22)], []),
    "bks.yaml": (10, {"Si": 2.4, "O": -1.2}, [("Si", "O", 18003.7572, .205204, 133.5381), ("O", "O", 1388.773, .362319, 175.0)],
                 [("Si", "O", .0030949, 1.313635), ("O", "O", .0010511, 1.779239)]),
}


def build(basis, cell, repeat, seed):
    """Rattled atoms of repeat^3 cells: (symbol, x, y, z) in Ang, and the box."""
    draw = random.Random(seed)
    atoms = []
    for i in range(repeat):
        for j in range(repeat):
            for k in range(repeat):
                for name, *f in basis:
                    atoms.append((name, *((p + s) * a + draw.uniform(-RATTLE_ANG, RATTLE_ANG) for p, s, a in zip(f, (i, j, k), cell))))
    return atoms, [repeat * a for a in cell]


def cases():
    yield "Cu, EAM", "Cu01.eam.alloy", build([("Cu", *p) for p in FCC], [3.615] * 3, 4, 1)
    yield "Cu, EAM", "Cu01.eam.alloy", build([("Cu", *p) for p in FCC], [3.615] * 3, 6, 2)
    yield "Al, EAM", "Al99.eam.alloy", build([("Al", *p) for p in FCC], [4.05] * 3, 5, 3)
    yield "Cu, funcfl", "simple.funcfl", build([("Cu", *p) for p in FCC], [3.615] * 3, 5, 8)
    yield "MgO, ions", "lewis-catlow.yaml", build(ROCK_SALT, [4.21] * 3, 3, 4)
    yield "MgO, ions", "lewis-catlow.yaml", build(ROCK_SALT, [4.21] * 3, 5, 5)
    yield "TiO2 rutile, ions", "matsui-akaogi.yaml", build(RUTILE, [4.6, 4.6, 2.96], 4, 6)
    yield "SiO2, ions with a wall", "bks.yaml", build(QUARTZ_LIKE, [7.12] * 3, 2, 7)


def write_funcfl(path):
    """A copper of simple functions: F = -sqrt(1 + rho), f = exp(-r) (1 - r/5)^3, phi = 2 exp(-1.5 r) (1 - r/5)^3 with phi = 27.2 0.529 Z^2/r."""
    n, d_rho, d_r, cutoff = 2001, 0.005, 0.0025, 5.0
    fade = lambda r: max(0, 1 - r / cutoff) ** 3
    with open(path, "w") as file:
        file.write(f"copper of simple functions\n29 63.546 3.615 fcc\n{n} {d_rho} {n} {d_r} {cutoff}\n")
        tables = ([-math.sqrt(1 + i * d_rho) for i in range(n)], [math.sqrt(i * d_r * 2 * math.exp(-1.5 * i * d_r) * fade(i * d_r) / (27.2 * .529)) for i in range(n)],
                  [math.exp(-i * d_r) * fade(i * d_r) for i in range(n)])
        for table in tables: file.write("".join(f"{x:.16e}\n" for x in table))


def path_of(potential, folder):
    if potential.endswith(".yaml"): return os.path.join(ROOT, "inputs", "potentials", potential)
    if not potential.endswith(".funcfl"): return os.path.join(DATA, "potentials", potential)
    path = os.path.join(folder, potential)
    if not os.path.exists(path): write_funcfl(path)
    return path


def write_structure(path, atoms, box):
    with open(path, "w") as file:
        file.write(f"{len(atoms)}\n" + f'Lattice="{box[0]} 0 0 0 {box[1]} 0 0 0 {box[2]}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for name, x, y, z in atoms:
            file.write(f"{name} {x:.12f} {y:.12f} {z:.12f}\n")


def write_data(path, atoms, box, kinds, charge):
    with open(path, "w") as file:
        file.write(f"x\n\n{len(atoms)} atoms\n{len(kinds)} atom types\n" + "".join(f"0 {b} {a}lo {a}hi\n" for a, b in zip("xyz", box)))
        file.write("\nMasses\n\n" + "".join(f"{i + 1} 30\n" for i in range(len(kinds))) + "\nAtoms\n\n")
        for i, (name, x, y, z) in enumerate(atoms):
            q = f" {charge[name]}" if charge else ""
            file.write(f"{i + 1} {kinds.index(name) + 1}{q} {x:.12f} {y:.12f} {z:.12f}\n")


def pair_lines(potential, kinds, kspace, n_bit, folder):
    if potential.endswith(".funcfl"): return f"pair_style eam\npair_coeff 1 1 {path_of(potential, folder)}\n"
    if not potential.endswith(".yaml"): return f"pair_style eam/alloy\npair_coeff * * {path_of(potential, folder)} {' '.join(kinds)}\n"
    cutoff, _, pairs, walls = BUCKINGHAM[potential]
    text = f"pair_style hybrid/overlay buck/coul/long {cutoff}" + (f" mie/cut {cutoff}" if walls else "") + f"\npair_modify shift yes table {n_bit}\n"
    if not walls: text = f"pair_style buck/coul/long {cutoff}\npair_modify shift yes table {n_bit}\n"
    style = " buck/coul/long" if walls else ""
    text += f"pair_coeff * *{style} 0 1 0\n"
    for a, b, big, rho, c in pairs:
        i, j = sorted((kinds.index(a) + 1, kinds.index(b) + 1))
        text += f"pair_coeff {i} {j}{style} {big} {rho} {c}\n"
    for a, b, epsilon, sigma in walls:
        i, j = sorted((kinds.index(a) + 1, kinds.index(b) + 1))
        text += f"pair_coeff {i} {j} mie/cut {epsilon * 4 / MIE} {sigma} 24 6\n"
    return text + f"kspace_style {kspace}\n"


def run_lammps(folder, potential, atoms, box, n_step, kspace, n_bit):
    kinds = sorted({a[0] for a in atoms})
    charge = BUCKINGHAM[potential][1] if potential.endswith(".yaml") else None
    write_data(os.path.join(folder, "data"), atoms, box, kinds, charge)
    text = f"units metal\natom_style {'charge' if charge else 'atomic'}\nread_data data\n{pair_lines(potential, kinds, kspace, n_bit, folder)}"
    text += "thermo_style custom step pe pxx pyy pzz pxy pxz pyz\nthermo_modify format float %.12g norm no\n"
    text += "dump d all custom 1 forces id fx fy fz\ndump_modify d sort id format float %.12g\nrun 0\nundump d\n"
    if n_step: text += f"fix f all nve\ntimestep 0.0005\nrun {n_step}\n"
    with open(os.path.join(folder, "in"), "w") as file:
        file.write(text)
    done = subprocess.run([LAMMPS, "-in", "in", "-log", "none"], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode: sys.exit(f"{potential}: {done.stdout[-2000:]}{done.stderr[-500:]}")
    row = re.search(r"Step .*\n\s*0 (.*)", done.stdout).group(1).split()
    with open(os.path.join(folder, "forces")) as file:
        forces = [float(x) for line in file.read().split("ITEM: ATOMS")[1].splitlines()[1:] for x in line.split()[1:]]
    seconds = [float(x) for x in re.findall(r"Loop time of (\S+)", done.stdout)][-1] / max(n_step, 1)
    return float(row[0]), forces, [float(x) * -1e-4 for x in row[1:]], seconds


def run_kaimen(folder, potential, atoms, box, n_step):
    write_structure(os.path.join(folder, "case.extxyz"), atoms, box)
    path = path_of(potential, folder)
    done = subprocess.run([os.path.join(ROOT, "build/release/benchmarks/classical"), "case.extxyz", str(n_step), path], cwd=folder, env=ENVIRONMENT,
                          capture_output=True, text=True)
    if done.returncode: sys.exit(done.stderr)
    rows = [line.split() for line in done.stdout.splitlines()]
    take = lambda key: [float(r[1]) for r in rows if r[0] == key]
    stress = take("stress")
    return take("energy")[0], take("force"), [stress[k] for k in (0, 4, 8, 1, 2, 5)], take("seconds")[0]


def compare(title, potential, atoms, box, n_step):
    with tempfile.TemporaryDirectory() as folder:
        e0, f0, s0, _ = run_lammps(folder, potential, atoms, box, 0, "ewald 1e-10", 20)
        *_, lammps_s = run_lammps(folder, potential, atoms, box, n_step, "pppm 1e-6", 12)
        e1, f1, s1, kaimen_s = run_kaimen(folder, potential, atoms, box, n_step)
    energy, force = abs(e1 / e0 - 1), max(abs(a - b) for a, b in zip(f0, f1)) / max(map(abs, f0))
    stress = max(abs(a - b) for a, b in zip(s0, s1))
    print(f"| {title} | {len(atoms)} | {e0:.8f} | {energy:.1e} | {force:.1e} | {stress:.1e} | {1e3 * lammps_s:.2f} | {1e3 * kaimen_s:.2f} | "
          f"{lammps_s / kaimen_s:.2f} |", flush=True)
    return energy <= ALLOWED and force <= ALLOWED


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300, help="steps that are timed (300)")
    options = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}; differences of energy and force relative, of the largest force; one core\n")
    print("| crystal | atoms | LAMMPS, eV | energy | force | stress, GPa | LAMMPS, ms | kaimen, ms | LAMMPS / kaimen |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    good = [compare(title, potential, atoms, box, options.steps) for title, potential, (atoms, box) in cases()]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
