#!/usr/bin/env python3
"""kaimen energy runs the reference cases as they stand; what it writes has their keys and agrees with them.

Only the cases that take seconds; slow_energy.py runs all that are marked `slice`.
"""
import json
import os
import subprocess
import sys

ENERGY_HA_PER_ATOM = 1e-5  # two codes on the same pseudopotentials, cutoff and grid
FORCE_HA_BOHR = 1e-4
EIGENVALUE_HA = 1e-4
# What describes the reference itself, and not the result.
NOT_OURS = {"case", "tags", "reference", "zero_of_potential", "stress_sign", "energy_ha_abinit", "pw_scf_iterations",
            "pw_avg_diag_iterations", "pw_fft"}
SLAB_NOT_OURS = {"bulk", "formula"}

shared = os.environ.get("KAIMEN_SHARED", "../shared")
scratch = os.environ["SCRATCH"]
n_failed = 0


def check(name, why):
    global n_failed
    n_failed += bool(why)
    print(f"FAIL {name}: {why}" if why else f"ok {name}", flush=True)


def same_k(a, b):
    """Whether two k-points are equal, up to time reversal and a reciprocal vector."""
    return any(all(abs((x - s * y + 0.5) % 1 - 0.5) < 1e-6 for x, y in zip(a, b)) for s in (1, -1))


def largest_eigenvalue_error(mine, reference):
    largest = 0.0
    for k in reference["kpoints"]:
        ours = [m for m in mine["kpoints"] if same_k(m["k_frac"], k["k_frac"])]
        if not ours:
            continue  # another representative of the same star
        pairs = list(zip(ours[0]["eigenvalues_ha"], k["eigenvalues_ha"]))[:-2]  # the last bands converge last
        largest = max([largest] + [abs(x - y) for x, y in pairs])
    return largest


def compare(name, mine, reference):
    missing = set(reference) - NOT_OURS - set(mine)
    check(f"{name}_has_all_keys", f"missing: {sorted(missing)}" if missing else "")
    error = abs(mine["energy_ha"] - reference["energy_ha"]) / reference["n_atom"]
    check(f"{name}_energy", f"{error:.2e} Ha/atom off" if error > ENERGY_HA_PER_ATOM else "")
    error = max(abs(x - y) for f, g in zip(mine["forces_ha_bohr"], reference["forces_ha_bohr"]) for x, y in zip(f, g))
    check(f"{name}_forces", f"{error:.2e} Ha/bohr off" if error > FORCE_HA_BOHR else "")
    error = largest_eigenvalue_error(mine, reference)
    check(f"{name}_eigenvalues", f"{error:.2e} Ha off" if error > EIGENVALUE_HA else "")
    total = sum(k["weight"] for k in mine["kpoints"])
    check(f"{name}_weights_sum_to_2", f"{total}" if abs(total - 2) > 1e-9 else "")
    error = abs(mine["alpha_over_omega_ha"] - reference["alpha_over_omega_ha"])
    check(f"{name}_alpha", f"{error:.2e} Ha off" if error > 1e-8 else "")
    if "slab" in reference:
        missing = set(reference["slab"]) - SLAB_NOT_OURS - set(mine["slab"])
        check(f"{name}_has_all_slab_keys", f"missing: {sorted(missing)}" if missing else "")
        error = abs(mine["slab"]["ip_direct_ev"] - reference["slab"]["ip_direct_ev"])
        check(f"{name}_ionisation_potential", f"{error:.3f} eV off" if error > 0.005 else "")


def run_case(name):
    folder = os.path.join(shared, "reference", name)
    out = os.path.join(scratch, name + ".json")
    done = subprocess.run([os.environ["KAIMEN"], "energy", os.path.join(folder, "case.yaml"), "--json", out],
                          capture_output=True, text=True)
    check(f"{name}_runs", done.stderr[-300:] if done.returncode != 0 else "")
    if done.returncode == 0:
        with open(out) as a, open(os.path.join(folder, "expected.json")) as b:
            compare(name, json.load(a), json.load(b))


def main(names):
    if not os.path.isdir(os.path.join(shared, "reference")):
        print("skip reference_cases: no reference data (KAIMEN_SHARED)")
        return 0
    for name in names:
        run_case(name)
    return n_failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["si_bulk", "mgo_bulk", "mgo_bulk_pbesol"]))
