#!/usr/bin/env python3
"""All cases of tests/data/dojo: see test_dojo.py."""
import sys

import test_dojo

sys.exit(test_dojo.main(test_dojo.all_cases()))
