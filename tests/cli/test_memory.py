#!/usr/bin/env python3
"""The memory that is predicted before a calculation, against the most that the process had."""
import json
import os
import subprocess
import sys

KAIMEN, SCRATCH = os.environ["KAIMEN"], os.environ["SCRATCH"]
TOLERANCE = 0.15
MGO = '2\nLattice="0 {h} {h} {h} 0 {h} {h} {h} 0" Properties=species:S:1:pos:R:3 pbc="T T T"\nMg 0 0 0\nO {x} {h} {h}\n'
# A slab of MgO(100), c along the vacuum; the offset of one atom takes its inversion centre away.
SLAB = '6\nLattice="2.978 0 0 0 2.978 0 0 0 20.0" Properties=species:S:1:pos:R:3 pbc="T T T"\nMg {x} 0 0\nO 1.489 1.489 0\n' \
       'Mg 1.489 1.489 2.106\nO 0 0 2.106\nMg 1.489 1.489 -2.106\nO 0 0 -2.106\n'
OXYGEN = '2\nLattice="7 0 0 0 7.2 0 0 0 7.5" Properties=species:S:1:pos:R:3 pbc="T T T"\nO 0 0 0.61\nO 0.02 0 -0.61\n'
CASES = {
    "bulk": (MGO.format(h=2.106, x=2.106), "ecut: 25 Ha, kpoints: {mesh: [4, 4, 4]}", ""),
    "slab_with_a_centre": (SLAB.format(x=0), "ecut: 30 Ha, kpoints: {mesh: [3, 3, 1]}", ""),
    "slab_without_one": (SLAB.format(x=0.05), "ecut: 30 Ha, kpoints: {mesh: [3, 3, 1]}", ""),
    "double_precision": (SLAB.format(x=0.05), "ecut: 30 Ha, kpoints: {mesh: [2, 2, 1]}, precision: double", ""),
    "spin": (OXYGEN, "ecut: 25 Ha, kpoints: {mesh: [1, 1, 1]}, spin: collinear, total_moment: 2", "edges: false\n"),
}


def measure(name, structure, dft, rest):
    """Predicted and measured, MB."""
    base = os.path.join(SCRATCH, name)
    with open(base + ".extxyz", "w") as file:
        file.write(structure)
    with open(base + ".yaml", "w") as file:
        file.write(f"structure: {{file: {base}.extxyz, vacuum_axis: {'c' if 'slab' in name or 'double' in name else 'none'}}}\n"
                   f"dft: {{functional: PBE, pseudo: GTH-PBE, {dft}}}\nstress: true\n{rest}".replace(
                       "pseudo: GTH-PBE", "pseudo: {Mg: {entry: GTH-PBE-q2}, O: {entry: GTH-PBE-q6}}"))
    done = subprocess.run([KAIMEN, "energy", base + ".yaml", "--json", base + ".json"], capture_output=True, text=True)
    if done.returncode != 0: return done.stderr
    with open(base + ".json") as file:
        result = json.load(file)
    return result["memory_predicted_mb"], result["memory_mb"]


def main():
    n_bad = 0
    for name, case in CASES.items():
        answer = measure(name, *case)
        if isinstance(answer, str):
            print(f"FAIL {name}: {answer.strip()}")
        elif not abs(answer[0] / answer[1] - 1) <= TOLERANCE:
            print(f"FAIL {name}: predicted {answer[0]:.0f} MB, measured {answer[1]:.0f} MB")
        else:
            print(f"ok {name}")
            continue
        n_bad += 1
    return n_bad > 0


if __name__ == "__main__":
    sys.exit(main())
