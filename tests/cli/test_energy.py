#!/usr/bin/env python3
"""kaimen energy runs the reference cases as they stand; what it writes has their keys and agrees with them.

Only the cases that take seconds; slow_energy.py runs all.
"""
import json
import os
import sys

import reference

FAST = ["si_bulk", "mgo_bulk", "mgo_bulk_pbesol", "cao_bulk", "mgo8_rattled", "h2o_box", "al2o3_corundum", "tio2_rutile",
        "tio2_rattled", "mgo100_5L", "o2_box_spin", "nio_afm"]

# Repeat of the bulk along the normal of each slab.
REPEAT_ANG = {"mgo100_5L": 2.106, "cao100_5L": 2.4055, "tio2110_3TL": 3.248448552771}

shared = os.environ.get("KAIMEN_SHARED", "../shared")


def with_bulk(name, folder):
    """The case of a slab with the bulk that its reference used, for the levels through the bulk."""
    with open(os.path.join(folder, "expected.json")) as a, open(os.path.join(folder, "case.yaml")) as b:
        bulk, case = json.load(a)["slab"]["bulk"], b.read()
    path = os.path.join(os.environ["SCRATCH"], name + ".yaml")
    with open(path, "w") as f:
        f.write(case.replace("structure.extxyz", os.path.abspath(os.path.join(folder, "structure.extxyz"))))
        f.write(f"""bulk:
  repeat: {REPEAT_ANG[name]} Ang
  vbm: {bulk["vbm_minus_vavg_ha"]:.12f} Ha
  cbm: {bulk["cbm_minus_vavg_ha"]:.12f} Ha
  energy: {bulk["energy_ha"]:.12f} Ha
  atoms: {bulk["natoms"]}
""")
    return path


def main(names):
    if not os.path.isdir(os.path.join(shared, "reference")):
        print("skip reference_cases: no reference data (KAIMEN_SHARED)")
        return 0
    for name in names:
        folder = os.path.join(shared, "reference", name)
        case = with_bulk(name, folder) if name in REPEAT_ANG else os.path.join(folder, "case.yaml")
        reference.run_case(name, case, *(os.path.join(folder, f) for f in ("structure.extxyz", "expected.json")))
    return reference.n_failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or FAST))
