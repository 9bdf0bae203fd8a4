#!/usr/bin/env python3
"""kaimen energy runs the reference cases as they stand; what it writes has their keys and agrees with them.

Only the cases that take seconds; slow_energy.py runs all.
"""
import os
import sys

import reference

FAST = ["si_bulk", "mgo_bulk", "mgo_bulk_pbesol", "cao_bulk", "mgo8_rattled", "h2o_box", "al2o3_corundum", "tio2_rutile",
        "tio2_rattled", "mgo100_5L"]

shared = os.environ.get("KAIMEN_SHARED", "../shared")


def main(names):
    if not os.path.isdir(os.path.join(shared, "reference")):
        print("skip reference_cases: no reference data (KAIMEN_SHARED)")
        return 0
    for name in names:
        folder = os.path.join(shared, "reference", name)
        reference.run_case(name, *(os.path.join(folder, f) for f in ("case.yaml", "structure.extxyz", "expected.json")))
    return reference.n_failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or FAST))
