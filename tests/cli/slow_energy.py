#!/usr/bin/env python3
"""All reference cases: see test_energy.py."""
import os
import sys

import test_energy

folder = os.path.join(test_energy.shared, "reference")
names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
sys.exit(test_energy.main([name for name in names if os.path.exists(os.path.join(folder, name, "expected.json"))]))
