#!/usr/bin/env python3
"""Energies and SCF iterations that it takes to relax a slab, by kaimen and by pw.x from the same start.

usage: benchmarks/relaxation.py [FOLDER]

FOLDER holds the GTH files as UPF for pw.x: Mg-q2.upf, O-q6.upf, Ca-q10.upf. Without it, or without pw.x in the path,
only kaimen is measured. Each slab starts from bulk positions; forces end below FORCE_HA_BOHR.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

FORCE_HA_BOHR = 5e-4
# Metal, its valence electrons, lattice constant (Ang), layers, cutoff (Ha).
CASES = [("Mg", 2, 4.212, 3, 15), ("Mg", 2, 4.212, 5, 15), ("Ca", 10, 4.837, 3, 20)]
VACUUM_ANG = 8


def make_slab(metal, a, n_layer):
    """(100) of rocksalt about the origin: cell lengths and (symbol, x, y, z) in Ang."""
    side, height = a / 2**0.5, (n_layer - 1) * a / 2 + VACUUM_ANG
    atoms = []
    for layer in range(n_layer):
        z = (layer - (n_layer - 1) / 2) * a / 2
        pair = ("O", metal) if layer % 2 else (metal, "O")
        atoms += [(pair[0], 0, 0, z), (pair[1], side / 2, side / 2, z)]
    return (side, side, height), atoms


def positions(atoms):
    return "\n".join(f"{s} {x:.8f} {y:.8f} {z:.8f}" for s, x, y, z in atoms)


def run_kaimen(kaimen, metal, q, ecut, cell, atoms):
    lattice = f"{cell[0]} 0 0 0 {cell[1]} 0 0 0 {cell[2]}"
    with open("slab.extxyz", "w") as f:
        f.write(f'{len(atoms)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n{positions(atoms)}\n')
    with open("slab.yaml", "w") as f:
        f.write(f"""structure: {{file: slab.extxyz}}
dft:
  functional: PBE
  quality: lite
  ecut: {ecut} Ha
  pseudo: {{{metal}: {{entry: GTH-PBE-q{q}}}, O: {{entry: GTH-PBE-q6}}}}
  kpoints: {{mesh: [2, 2, 1]}}
relax: {{atoms: true, force_tolerance: {FORCE_HA_BOHR} Ha/bohr}}
""")
    subprocess.run([kaimen, "energy", "slab.yaml", "--json", "slab.json"], check=True, stdout=subprocess.DEVNULL)
    with open("slab.json") as f:
        found = json.load(f)
    return len(found["relaxation"]["steps"]), found["scf_iterations"], found["energy_ha"]


def run_pw(folder, metal, q, ecut, cell, atoms):
    with open("pw.in", "w") as f:
        f.write(f"""&control
calculation='relax', outdir='tmp', pseudo_dir='{folder}', forc_conv_thr={2 * FORCE_HA_BOHR}
/
&system
ibrav=0, nat={len(atoms)}, ntyp=2, ecutwfc={2 * ecut}
/
&electrons
conv_thr=1e-6
/
&ions
/
ATOMIC_SPECIES
{metal} 1 {metal}-q{q}.upf
O 1 O-q6.upf
CELL_PARAMETERS angstrom
{cell[0]} 0 0
0 {cell[1]} 0
0 0 {cell[2]}
ATOMIC_POSITIONS angstrom
{positions(atoms)}
K_POINTS automatic
2 2 1 0 0 0
""")
    text = subprocess.run(["pw.x", "-in", "pw.in"], check=True, capture_output=True, text=True).stdout
    energies = re.findall(r"^!\s+total energy\s+=\s+(\S+)", text, re.M)
    return len(energies), len(re.findall(r"iteration #", text)), float(energies[-1]) / 2


def main():
    folder = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
    kaimen = os.path.abspath(os.environ.get("KAIMEN", "build/release/kaimen"))
    print(f"{'slab':12} {'':8} {'energies':>8} {'SCF':>5} {'energy, Ha':>16}")
    for metal, q, a, n_layer, ecut in CASES:
        cell, atoms = make_slab(metal, a, n_layer)
        with tempfile.TemporaryDirectory() as scratch:
            os.chdir(scratch)
            rows = [("kaimen", run_kaimen(kaimen, metal, q, ecut, cell, atoms))]
            if folder and shutil.which("pw.x"):
                rows.append(("pw.x", run_pw(folder, metal, q, ecut, cell, atoms)))
            os.chdir("/")
        for name, (n_energy, n_scf, energy_ha) in rows:
            print(f"{metal}O(100) {n_layer}L {name:8} {n_energy:8d} {n_scf:5d} {energy_ha:16.8f}", flush=True)


if __name__ == "__main__":
    main()
