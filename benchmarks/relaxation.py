#!/usr/bin/env python3
"""Energies and SCF iterations that it takes to relax a slab, and its surface energy, by kaimen and by pw.x.

Both start from bulk positions, with the same cutoff, FFT grid and k-points, and end when no force exceeds FORCE_HA_BOHR.
The surface energy is (E_slab - n E_layer) / 2A in both: E_layer of a bulk cell that holds one layer, on the slab's cell
and k-points in the plane. It leaves out the correction for the number of plane waves that campaigns make.

--upf FOLDER holds the GTH files as UPF for pw.x (Mg-q2.upf, O-q6.upf, Ca-q10.upf, Ti-q4uzh.upf). Without it, or
without pw.x in the path, only kaimen is measured.
"""
import argparse
import json
import math
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass

FORCE_HA_BOHR = 5e-4
VACUUM_ANG = 8
BOHR_ANG = 0.529177210903
J_M2_PER_HA_ANG2 = 435.97447222071
# File and entry of CP2K, and the name of the same as UPF.
PSEUDO = {"Mg": ("GTH_POTENTIALS", "GTH-PBE-q2", "Mg-q2.upf"), "O": ("GTH_POTENTIALS", "GTH-PBE-q6", "O-q6.upf"),
          "Ca": ("GTH_POTENTIALS", "GTH-PBE-q10", "Ca-q10.upf"), "Ti": ("POTENTIAL_UZH", "GTH-PBE-q4", "Ti-q4uzh.upf")}


@dataclass
class Layers:
    """A crystal as a stack of equal layers, Ang: one layer's atoms as (symbol, x, y, z), and the vector to the next."""
    side: tuple
    atoms: list
    shift: tuple


@dataclass
class Case:
    name: str
    layers: Layers
    n_layer: int
    ecut_ha: float
    mesh: tuple  # of the slab, and of the layer across the plane
    mesh_bulk: int


@dataclass
class Cell:
    """Three vectors and atoms, Ang; a mesh of k-points."""
    vectors: list
    atoms: list
    mesh: tuple


def rocksalt_100(metal, a):
    side = a / 2**0.5
    return Layers((side, side), [(metal, 0, 0, 0), ("O", side / 2, side / 2, 0)], (side / 2, side / 2, a / 2))


def rutile_110(metal, a, c, u):
    b, h = a * 2**0.5, a / 2**0.5
    atoms = [(metal, 0, 0, 0), (metal, c / 2, b / 2, 0), ("O", c / 2, (0.5 - u) * b, 0), ("O", c / 2, (u - 0.5) * b, 0),
             ("O", 0, b / 2, (0.5 - u) * b), ("O", 0, b / 2, (u - 0.5) * b)]
    return Layers((c, b), atoms, (0, b / 2, h))


CASES = [Case("MgO(100) 3L", rocksalt_100("Mg", 4.212), 3, 25, (3, 3), 4),
         Case("MgO(100) 5L", rocksalt_100("Mg", 4.212), 5, 25, (3, 3), 4),
         Case("CaO(100) 3L", rocksalt_100("Ca", 4.837), 3, 25, (3, 3), 4),
         Case("TiO2(110) 3TL", rutile_110("Ti", 4.594, 2.959, 0.305), 3, 20, (3, 2), 3)]


def slab_of(case):
    """The layers about the origin, in a cell across the vacuum."""
    l, n = case.layers, case.n_layer
    atoms = []
    for i in range(n):
        s = i - (n - 1) / 2 if n % 2 else i - n / 2
        atoms += [(a[0], *(a[1 + x] + s * l.shift[x] for x in range(3))) for a in l.atoms]
    z = [a[3] for a in atoms]
    height = max(z) - min(z) + VACUUM_ANG
    return Cell([[l.side[0], 0, 0], [0, l.side[1], 0], [0, 0, height]], atoms, (*case.mesh, 1))


def bulk_of(case):
    l = case.layers
    return Cell([[l.side[0], 0, 0], [0, l.side[1], 0], list(l.shift)], l.atoms, (*case.mesh, case.mesh_bulk))


def grid_of(cell, ecut_ha):
    """Even products of 2, 3, 5, 7 that hold twice the largest G of a band, so that both codes have the same grid."""
    sizes = []
    for vector in cell.vectors:
        most = int(2 * math.sqrt(2 * ecut_ha) * math.hypot(*vector) / BOHR_ANG / (2 * math.pi))
        n = 2 * most + 2
        while not is_smooth(n):
            n += 2
        sizes.append(n)
    return sizes


def is_smooth(n):
    for p in (2, 3, 5, 7):
        while n % p == 0:
            n //= p
    return n == 1


def lines(rows):
    return "\n".join(" ".join(f"{x:.10f}" if isinstance(x, float) else str(x) for x in row) for row in rows)


def species(cell):
    return list(dict.fromkeys(a[0] for a in cell.atoms))


def write_kaimen(name, cell, case, is_slab):
    vectors = lines([sum(([float(x) for x in v] for v in cell.vectors), [])])
    with open(f"{name}.extxyz", "w") as f:
        f.write(f'{len(cell.atoms)}\nLattice="{vectors}" Properties=species:S:1:pos:R:3 pbc="T T T"\n{lines(cell.atoms)}\n')
    pseudo = ", ".join(f"{s}: {{file: {PSEUDO[s][0]}, entry: {PSEUDO[s][1]}}}" for s in species(cell))
    with open(f"{name}.yaml", "w") as f:
        f.write(f"""structure: {{file: {name}.extxyz, vacuum_axis: {"c" if is_slab else "none"}}}
dft:
  functional: PBE
  quality: lite
  ecut: {case.ecut_ha} Ha
  grid: {grid_of(cell, case.ecut_ha)}
  pseudo: {{{pseudo}}}
  kpoints: {{mesh: {list(cell.mesh)}}}
edges: false
relax: {{atoms: {"true" if is_slab else "false"}, force_tolerance: {FORCE_HA_BOHR} Ha/bohr}}
""")


def write_pw(name, cell, case, is_slab, folder):
    nr = ", ".join(f"nr{i + 1}={n}" for i, n in enumerate(grid_of(cell, case.ecut_ha)))
    with open(f"{name}.in", "w") as f:
        f.write(f"""&control
calculation='{"relax" if is_slab else "scf"}', outdir='tmp-{name}', pseudo_dir='{folder}', forc_conv_thr={2 * FORCE_HA_BOHR}
nstep=100
/
&system
ibrav=0, nat={len(cell.atoms)}, ntyp={len(species(cell))}, ecutwfc={2 * case.ecut_ha}, {nr}
/
&electrons
conv_thr=1e-6
/
&ions
/
ATOMIC_SPECIES
{lines((s, 1, PSEUDO[s][2]) for s in species(cell))}
CELL_PARAMETERS angstrom
{lines(cell.vectors)}
ATOMIC_POSITIONS angstrom
{lines(cell.atoms)}
K_POINTS automatic
{cell.mesh[0]} {cell.mesh[1]} {cell.mesh[2]} 0 0 0
""")


def run_kaimen(kaimen, case):
    for name, cell in (("bulk", bulk_of(case)), ("slab", slab_of(case))):
        write_kaimen(name, cell, case, name == "slab")
        subprocess.run([kaimen, "energy", f"{name}.yaml", "--json", f"{name}.json"], check=True,
                       stdout=subprocess.DEVNULL)
    with open("bulk.json") as a, open("slab.json") as b:
        bulk, slab = json.load(a), json.load(b)
    return len(slab["relaxation"]["steps"]), slab["scf_iterations"], slab["energy_ha"], bulk["energy_ha"]


def run_pw(folder, case):
    text = {}
    for name, cell in (("bulk", bulk_of(case)), ("slab", slab_of(case))):
        write_pw(name, cell, case, name == "slab", folder)
        text[name] = subprocess.run(["pw.x", "-in", f"{name}.in"], check=True, capture_output=True, text=True).stdout
        with open(f"{name}.out", "w") as f:
            f.write(text[name])
    energies = {name: [float(e) / 2 for e in re.findall(r"^!\s+total energy\s+=\s+(\S+)", t, re.M)]
                for name, t in text.items()}
    n_scf = len(re.findall(r"iteration #", text["slab"]))
    return len(energies["slab"]), n_scf, energies["slab"][-1], energies["bulk"][-1]


def surface_energy(case, slab_ha, bulk_ha):
    area = case.layers.side[0] * case.layers.side[1]
    return (slab_ha - case.n_layer * bulk_ha) / (2 * area) * J_M2_PER_HA_ANG2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*", help="such as 'CaO(100) 3L'; without one, all")
    parser.add_argument("--upf", help="folder of UPF files for pw.x")
    parser.add_argument("--keep", help="folder where inputs and outputs stay")
    parser.add_argument("--code", choices=["kaimen", "pw.x"], help="only this one")
    args = parser.parse_args()
    kaimen = os.path.abspath(os.environ.get("KAIMEN", "build/release/kaimen"))
    keep = os.path.abspath(args.keep) if args.keep else None
    folder = os.path.abspath(args.upf) if args.upf and shutil.which("pw.x") else None
    version = subprocess.run([kaimen, "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    print(f"{version}; {platform.machine()}, 1 process; {time.strftime('%Y-%m-%d')}\n")
    print("| slab | code | energies | SCF iterations | energy, Ha | gamma, J/m2 | wall, s |\n|" + " --- |" * 7)
    for case in CASES:
        if args.case and case.name not in args.case:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            for code, run in (("kaimen", lambda: run_kaimen(kaimen, case)), ("pw.x", lambda: run_pw(folder, case))):
                if (code == "pw.x" and not folder) or args.code not in (None, code):
                    continue
                place = os.path.join(keep, case.name.replace(" ", "_") + "_" + code) if keep else scratch
                os.makedirs(place, exist_ok=True)
                os.chdir(place)
                start = time.time()
                n_energy, n_scf, slab_ha, bulk_ha = run()
                print(f"| {case.name} | {code} | {n_energy} | {n_scf} | {slab_ha:.6f} "
                      f"| {surface_energy(case, slab_ha, bulk_ha):.4f} | {time.time() - start:.0f} |", flush=True)
                os.chdir("/")


if __name__ == "__main__":
    main()
