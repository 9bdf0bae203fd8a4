#!/usr/bin/env python3
"""The crystals and slabs of tests/data/dojo with PseudoDojo's UPF files against pw.x on the same files.

The files are no part of this project: without them everything here skips. Only the cases that take seconds;
slow_dojo.py runs all. Arguments are names of cases.
"""
import hashlib
import json
import os
import sys

import reference

SLOW = ["mgo100_5L", "cao100_5L", "tio2110_3TL", "tio2_rutile", "mgo8_rattled", "h2o_box", "nio_afm", "o2_box_spin"]
FOLDER = "tests/data/dojo"


def all_cases():
    return sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".yaml"))


def differing_files(name, pseudos):
    """Pseudopotentials that are not those of the reference."""
    with open(os.path.join(FOLDER, name + ".json")) as f:
        case = json.load(f)
    wrong = []
    for symbol, wanted in case["pseudo_sha256"].items():
        with open(os.path.join(pseudos, case["reference"].split()[-1], symbol + ".upf"), "rb") as f:
            if hashlib.sha256(f.read()).hexdigest() != wanted:
                wrong.append(symbol)
    return wrong


def main(names):
    pseudos = os.path.join(os.environ.get("KAIMEN_SHARED", "../shared"), "pseudos")
    if not os.path.isdir(os.path.join(pseudos, "dojo_pbe")) or not os.path.isdir(os.path.join(pseudos, "dojo_pbesol")):
        print("skip dojo_cases: no UPF files (KAIMEN_SHARED)")
        return 0
    os.environ["KAIMEN_PSEUDO_DIR"] = os.path.abspath(pseudos)
    for name in names:
        wrong = differing_files(name, pseudos)
        reference.check(f"{name}_has_the_files_of_the_reference", f"others: {wrong}" if wrong else "")
        path = os.path.join(FOLDER, name)
        with open(path + ".yaml") as f:
            structure = next(line.split("file: ")[1].strip("} \n") for line in f if line.startswith("structure:"))
        reference.run_case(name, path + ".yaml", os.path.join(FOLDER, structure), path + ".json")
    return reference.n_failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [name for name in all_cases() if name not in SLOW]))
