#!/usr/bin/env python3
"""`kaimen energy` with classical potentials: lattice constants of oxides as published, the same on two ranks, and what is refused."""
import json
import os
import subprocess
import sys

KAIMEN = os.environ["KAIMEN"]
SCRATCH = os.environ["SCRATCH"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
n_failed = 0


def check(name, is_good, why):
    global n_failed
    n_failed += not is_good
    print(f"ok {name}: {why}" if is_good else f"FAIL {name}: {why}", flush=True)


def run(name, crystal, potential, more="", n_rank=1):
    case, result = os.path.join(SCRATCH, f"{name}.yaml"), os.path.join(SCRATCH, f"{name}.json")
    with open(case, "w") as file:
        file.write(f"structure: {{file: {ROOT}/inputs/crystals/{crystal}}}\npotential: [{ROOT}/inputs/potentials/{potential}]\n"
                   f"relax: {{atoms: true, cell: true}}\n{more}")
    command = ["mpirun", "--oversubscribe", "-n", str(n_rank), KAIMEN, "energy", case, "--json", result]
    done = subprocess.run(command if n_rank > 1 else command[4:], capture_output=True, text=True)
    if done.returncode: return done.returncode, done.stdout + done.stderr
    with open(result) as file:
        return 0, json.load(file)


def main():
    # M. Matsui, M. Akaogi, Mol. Simul. 6, 239 (1991): their potential gives rutile a = 4.493, c = 3.009 Ang.
    code, rutile = run("rutile", "TiO2-rutile.cif", "matsui-akaogi.yaml")
    cell = rutile["relaxation"]["cell_ang"] if code == 0 else None
    check("rutile relaxes to the cell of the potential's authors", cell and abs(cell[0][0] - 4.493) < .005 and abs(cell[2][2] - 3.009) < .005, cell)
    code, magnesia = run("magnesia", "MgO.cif", "lewis-catlow.yaml")
    cell = magnesia["relaxation"]["cell_ang"] if code == 0 else None
    check("magnesia relaxes to the measured cell", cell and abs(cell[0][0] - 4.211) < .01, cell)
    code, two = run("two", "MgO.cif", "lewis-catlow.yaml", n_rank=2)
    check("two ranks give the same energy", code == 0 and two["energy_ha"] == magnesia["energy_ha"], code or two["energy_ha"])
    code, text = run("both", "MgO.cif", "lewis-catlow.yaml", "dft: {functional: PBE, pseudo: GTH-PBE}\n")
    check("dft beside a potential is refused", code == 1 and "dft beside potential" in text, code)
    code, text = run("missing", "TiO2-rutile.cif", "bks.yaml")
    check("an element that the potential lacks is named", code == 1 and "the potential has no Ti" in text, text)
    sys.exit(n_failed != 0)


main()
