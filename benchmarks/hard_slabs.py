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
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
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


def in_vacuum(vectors, atoms, vacuum_ang):
    """Two vectors of the plane, atoms, and vacuum above them."""
    z = [a[3] for a in atoms]
    height = max(z) - min(z) + vacuum_ang
    middle = (max(z) + min(z)) / 2
    cell = [[*vectors[0], 0], [*vectors[1], 0], [0, 0, height]]
    return cell, [(s, x, y, h - middle + height / 2) for s, x, y, h in atoms]


def hexagonal(a):
    return [[a, 0], [-a / 2, a * math.sqrt(3) / 2]]


def stacked(vectors, layers):
    """Layers of (symbol, place A B or C, z) on a hexagonal net."""
    place = {"A": (0, 0), "B": (1 / 3, 2 / 3), "C": (2 / 3, 1 / 3)}
    return [(s, *[place[p][0] * vectors[0][i] + place[p][1] * vectors[1][i] for i in (0, 1)], z) for s, p, z in layers]


def rocksalt_111(metal, a, n):
    v, h = hexagonal(a / math.sqrt(2)), a / math.sqrt(12)
    return v, stacked(v, [(metal if i % 2 == 0 else "O", "ABC"[i % 3], i * h) for i in range(2 * n)])


def wurtzite_0001(metal, a, c, n):
    v = hexagonal(a)
    return v, stacked(v, [x for i in range(n) for x in ((metal, "BC"[i % 2], i * c / 2), ("O", "BC"[i % 2], i * c / 2 + 0.382 * c))])


def wurtzite_1010(metal, a, c, n):
    """Non-polar face: one double layer is half a period of the prism."""
    b, h, atoms = a, a * math.sqrt(3) / 2, []
    for i in range(n):
        x, z = (i % 2) * b / 2, i * h
        atoms += [(metal, x, 0, z), ("O", x, 0.382 * c, z), (metal, x + b / 2, c / 2, z + h / 3), ("O", x + b / 2, 0.882 * c, z + h / 3)]
    return [[b, 0], [0, c]], atoms


def rocksalt_100(metal, a, n):
    s = a / math.sqrt(2)
    return [[s, 0], [0, s]], [(x, ((i + j) % 2) * s / 2, ((i + j) % 2) * s / 2, i * a / 2)
                              for i in range(n) for j, x in enumerate((metal, "O"))]


def fcc_100(metal, a, n):
    s = a / math.sqrt(2)
    return [[s, 0], [0, s]], [(metal, (i % 2) * s / 2, (i % 2) * s / 2, i * a / 2) for i in range(n)]


def litharge_001(metal, a, c, z, n):
    return [[a, 0], [0, a]], [x for i in range(n) for x in ((metal, 0, a / 2, (i + z) * c), (metal, a / 2, 0, (i - z) * c),
                                                             ("O", 0, 0, i * c), ("O", a / 2, a / 2, i * c))]


def rutile_110(metal, a, c, u, n, vacancy):
    b, h = a * math.sqrt(2), a / math.sqrt(2)
    layer = [(metal, 0, 0, 0), (metal, c / 2, b / 2, 0), ("O", c / 2, (0.5 - u) * b, 0), ("O", c / 2, (u - 0.5) * b, 0),
             ("O", 0, b / 2, (0.5 - u) * b), ("O", 0, b / 2, (u - 0.5) * b)]
    atoms = [(s, x, y + (i % 2) * b / 2, z + i * h) for i in range(n) for s, x, y, z in layer]
    if vacancy: atoms.remove(max(atoms, key=lambda atom: atom[3]))
    return [[c, 0], [0, b]], atoms


def cuprite_100(metal, a, n):
    base = [("O", 0, 0, 0), ("O", .5, .5, .5), (metal, .25, .25, .25), (metal, .75, .75, .25), (metal, .75, .25, .75), (metal, .25, .75, .75)]
    return [[a, 0], [0, a]], [(s, x * a, y * a, (z + i) * a) for i in range(n) for s, x, y, z in base]


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


def write_structure(slab, path):
    lattice = " ".join(f"{x:.10f}" for row in slab.cell for x in row)
    with open(path, "w") as file:
        file.write(f'{len(slab.atoms)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for symbol, *place in slab.atoms:
            file.write(symbol + "".join(f" {x:.10f}" for x in place) + "\n")


def run_kaimen(folder, slab, pseudo, more):
    structure, case, out = (os.path.join(folder, x) for x in ("slab.extxyz", "case.yaml", "out.json"))
    symbols = sorted({a[0] for a in slab.atoms})
    family = os.path.abspath(pseudo) if pseudo else "{" + ", ".join(
        f"{s}: {{file: GTH_POTENTIALS, entry: GTH-PBE-{GTH[s]}}}" for s in symbols) + "}"
    write_structure(slab, structure)
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
