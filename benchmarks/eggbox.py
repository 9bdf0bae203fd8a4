#!/usr/bin/env python3
"""How much the energy changes when all atoms move by a fraction of a grid step: a Markdown table on stdout.

usage: nice benchmarks/eggbox.py [--quick]

Each number is the spread, largest minus smallest energy per atom, of shifts by 0, 1/8, 1/4, 3/8 and 1/2 of a step along
a lattice vector, with complex coefficients: real ones put the inversion centre at the origin first, so that nothing
moves. KAIMEN names the program (build/release/kaimen).
"""
import argparse
import datetime
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile

from convergence import KAIMEN, machine

SHIFTS = (1 / 8, 1 / 4, 3 / 8, 1 / 2)
BOHR_PER_ANG = 1 / 0.529177210903
# Orthogonal cells: lengths in Ang, then element and fractional position of each atom.
LAYER_ANG, EDGE_ANG, VACUUM_ANG = 2.1065, 2.1065 * math.sqrt(2), 6.0
HEIGHT_ANG = 2 * LAYER_ANG + VACUUM_ANG
U = 0.3048
CELLS = {
    "MgO(100), 3 layers": ((EDGE_ANG, EDGE_ANG, HEIGHT_ANG), [
        (symbol, (0.5 * ((i + k) % 2), 0.5 * ((i + k) % 2), i * LAYER_ANG / HEIGHT_ANG))
        for i in (-1, 0, 1) for k, symbol in enumerate(("Mg", "O"))]),
    "TiO2, rutile": ((4.594, 4.594, 2.959), [
        ("Ti", (0, 0, 0)), ("Ti", (0.5, 0.5, 0.5)), ("O", (U, U, 0)), ("O", (1 - U, 1 - U, 0)),
        ("O", (0.5 + U, 0.5 - U, 0.5)), ("O", (0.5 - U, 0.5 + U, 0.5))]),
}
KPOINTS = {"MgO(100), 3 layers": "{mesh: [2, 2, 1], shift: [1, 1, 0]}", "TiO2, rutile": "{mesh: [2, 2, 2], shift: [1, 1, 1]}"}
# LDA uses the PBE pseudopotentials too: what the grid does to a functional is asked, not what it does to an oxide.
CASE = """\
structure: {{file: moved.extxyz}}
dft:
  functional: {functional}
  arithmetic: {arithmetic}
  ecut: {ecut} Ha
  grid: {grid}
  kpoints: {kpoints}
  scf: {{energy_tolerance: 1e-9 Ha}}
  pseudo:
    Mg: {{file: GTH_POTENTIALS, entry: GTH-PBE-q2}}
    O: {{file: GTH_POTENTIALS, entry: GTH-PBE-q6}}
    Ti: {{file: POTENTIAL_UZH, entry: GTH-PBE-q4}}
forces: false
"""


def is_smooth(n):
    for prime in (2, 3, 5, 7):
        while n % prime == 0:
            n //= prime
    return n == 1


def choose_grid(lengths_ang, ecut_ha, factor):
    """The smallest grid that holds the density times the factor, as the program chooses it without symmetry."""
    grid = []
    for length in lengths_ang:
        n = 2 * math.floor(length * BOHR_PER_ANG * 2 * math.sqrt(2 * ecut_ha) * factor / (2 * math.pi)) + 1
        while not is_smooth(n):
            n += 1
        grid.append(n)
    return grid


def write_moved(path, lengths_ang, atoms, axis, fraction):
    with open(path, "w") as file:
        lattice = " ".join(str(lengths_ang[i] if i == j else 0.0) for i in range(3) for j in range(3))
        file.write(f'{len(atoms)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for symbol, frac in atoms:
            place = [length * (x + (fraction if i == axis else 0)) for i, (length, x) in enumerate(zip(lengths_ang, frac))]
            file.write(f"{symbol} {place[0]:.12f} {place[1]:.12f} {place[2]:.12f}\n")


def energy_ha(folder, cell, axis, fraction, settings):
    lengths_ang, atoms = CELLS[cell]
    write_moved(os.path.join(folder, "moved.extxyz"), lengths_ang, atoms, axis, fraction)
    with open(os.path.join(folder, "case.yaml"), "w") as file:
        file.write(CASE.format(**settings, kpoints=KPOINTS[cell]))
    done = subprocess.run([KAIMEN, "energy", "case.yaml", "--json", "out.json"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{cell}, {settings}: exit status {done.returncode}\n{done.stderr}")
    with open(os.path.join(folder, "out.json")) as file:
        return json.load(file)["energy_ha"]


def spreads_ha(folder, cell, shifts, settings):
    """Per atom, of shifts along a and along c."""
    rest = energy_ha(folder, cell, 0, 0, settings)
    spreads = []
    for axis in (0, 2):
        step = 1 / settings["grid"][axis]
        energies = [rest] + [energy_ha(folder, cell, axis, shift * step, settings) for shift in shifts]
        spreads.append((max(energies) - min(energies)) / len(CELLS[cell][1]))
    return spreads


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="MgO at 20 Ha with three shifts")
    options = parser.parse_args()
    version = subprocess.run([KAIMEN, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{version}; {machine()}, 1 process; {datetime.date.today()}\n")
    print("| crystal | functional | ecut, Ha | grid_factor | grid | along a, Ha/atom | along c, Ha/atom |")
    print("|" + " --- |" * 7, flush=True)
    cells = list(CELLS)[:1] if options.quick else CELLS
    cutoffs = (20,) if options.quick else (20, 30, 40)
    shifts = SHIFTS[1::2] if options.quick else SHIFTS
    with tempfile.TemporaryDirectory() as folder:
        for cell, functional, ecut, factor in itertools.product(cells, ("LDA", "PBE"), cutoffs, (1, 0.75)):
            grid = choose_grid(CELLS[cell][0], ecut, factor)
            settings = {"functional": functional, "arithmetic": "complex", "ecut": ecut, "grid": grid}
            along_a, along_c = spreads_ha(folder, cell, shifts, settings)
            size = "x".join(map(str, grid))
            print(f"| {cell} | {functional} | {ecut} | {factor} | {size} | {along_a:.1e} | {along_c:.1e} |", flush=True)


if __name__ == "__main__":
    main()
