#!/usr/bin/env python3
"""All reference cases that are marked `slice`: see test_energy.py."""
import json
import os
import sys

import test_energy

folder = os.path.join(test_energy.shared, "reference")
names = []
for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
    path = os.path.join(folder, name, "expected.json")
    if os.path.exists(path):
        with open(path) as file:
            if "slice" in json.load(file)["tags"]:
                names.append(name)
sys.exit(test_energy.main(names))
