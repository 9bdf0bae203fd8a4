#!/usr/bin/env python3
"""The energy of a slab hardly changes when its atoms move by a fraction of a grid step, as docs/theory.md states."""
import os
import sys

sys.path.insert(0, "benchmarks")
import eggbox  # noqa: E402: it lies where the measurement is

CELL = "MgO(100), 3 layers"
ECUT_HA = 20
EGGBOX_HA_PER_ATOM = {"LDA": 2e-5, "PBE": 5e-5}  # docs/theory.md, full grid
MOVED_HA_PER_ATOM = 1e-8  # less than that: nothing moved, and the test is none
AUTO_HA_PER_ATOM = 1e-9  # real coefficients bring the slab back to the same place

n_failed = 0


def check(name, why):
    global n_failed
    n_failed += bool(why)
    print(f"FAIL {name}: {why}" if why else f"ok {name}", flush=True)


def spread_ha(functional, arithmetic):
    settings = {"functional": functional, "arithmetic": arithmetic, "ecut": ECUT_HA,
                "grid": eggbox.choose_grid(eggbox.CELLS[CELL][0], ECUT_HA, 1)}
    return max(eggbox.spreads_ha(os.environ["SCRATCH"], CELL, (1 / 2,), settings))


for functional, limit in EGGBOX_HA_PER_ATOM.items():
    spread = spread_ha(functional, "complex")
    check(f"energy_does_not_feel_the_grid_{functional}", f"{spread:.1e} Ha/atom" if spread > limit else "")
    check(f"atoms_are_moved_{functional}", f"{spread:.1e} Ha/atom" if spread < MOVED_HA_PER_ATOM else "")
spread = spread_ha("PBE", "auto")
check("inversion_centre_is_moved_to_the_origin", f"{spread:.1e} Ha/atom" if spread > AUTO_HA_PER_ATOM else "")
sys.exit(n_failed > 0)
