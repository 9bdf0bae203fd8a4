#!/usr/bin/env python3
"""The surface energy does not depend on the vacuum, although every cell holds another number of plane waves per volume."""
import os
import sys

sys.path.insert(0, "benchmarks")
import convergence  # noqa: E402: it lies where the measurement is

# Without the correction for the number of plane waves they spread over 0.5 J/m2 at this cutoff.
SPREAD_J_M2 = 0.02
SETTINGS = {"ecut": 15, "k": "2x2", "grid": 1}
CELLS = [{"layers": 2, "vacuum": 6}, {"layers": 2, "vacuum": 6.5}, {"layers": 2, "vacuum": 7}]

gammas = []
for i, cell in enumerate(CELLS):
    row = convergence.run_campaign(convergence.MGO, {**SETTINGS, **cell}, os.path.join(os.environ["SCRATCH"], str(i)))
    gammas.append(float(row["gamma_j_m2"]))
    print(cell, row["gamma_j_m2"], row["basis_filling"], row["energy_ha"])
spread = max(gammas) - min(gammas)
if spread > SPREAD_J_M2:
    print(f"FAIL gamma_does_not_depend_on_the_vacuum: {gammas}")
    sys.exit(1)
print("ok gamma_does_not_depend_on_the_vacuum")
