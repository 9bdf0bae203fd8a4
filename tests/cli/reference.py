"""Comparing what `kaimen energy --json` writes with the answer of another code, in the tolerances of the design."""
import json
import os
import subprocess

ENERGY_HA_PER_ATOM = 1e-5  # two codes on the same pseudopotentials, cutoff and grid
FORCE_HA_BOHR = 1e-4
STRESS_GPA = 0.05
EIGENVALUE_HA = 1e-4
LEVEL_EV = 0.005
SURFACE_J_M2 = 0.001
MOMENT_MUB = 0.006  # pw.x prints two decimals
GAP_SHARE = 0.02  # ours also looks at points of high symmetry, where there is a gap
# What describes the reference itself, and not the result.
NOT_OURS = {"case", "tags", "reference", "zero_of_potential", "stress_sign", "energy_ha_abinit", "pw_scf_iterations",
            "pw_avg_diag_iterations", "pw_fft", "pseudo_sha256", "eigenvalues_note"}
SLAB_NOT_OURS = {"bulk", "formula"}

n_failed = 0


def check(name, why):
    """One line of a test: what is wrong with it, or nothing."""
    global n_failed
    n_failed += bool(why)
    print(f"FAIL {name}: {why}" if why else f"ok {name}", flush=True)


def check_error(name, error, tolerance, unit):
    """One line of a test with its figure."""
    global n_failed
    is_good = error <= tolerance
    n_failed += not is_good
    print(f"ok {name}: {error:.1e} {unit}" if is_good else f"FAIL {name}: {error:.2e} {unit} off", flush=True)


def same_k(a, b):
    """Whether two k-points are equal, up to time reversal and a reciprocal vector."""
    return any(all(abs((x - s * y + 0.5) % 1 - 0.5) < 1e-6 for x, y in zip(a, b)) for s in (1, -1))


def star_of(k, points, metric):
    """The points that may be the same star: the same k, else the same length in the zone and weight."""
    same = [p for p in points if same_k(p["k_frac"], k["k_frac"])]
    return same or [p for p in points if abs(p["weight"] - k["weight"]) < 1e-6
                    and abs(length2(p["k_frac"], metric) - length2(k["k_frac"], metric)) < 1e-6]


def length2(k_frac, metric):
    """Smallest |k + G|^2 over the neighbouring G."""
    shifts = [(i, j, l) for i in (-1, 0, 1) for j in (-1, 0, 1) for l in (-1, 0, 1)]
    return min(sum(metric[a][b] * (k_frac[a] + g[a]) * (k_frac[b] + g[b]) for a in range(3) for b in range(3))
               for g in shifts)


def reciprocal_metric(path):
    """b_i . b_j of an extended XYZ file, up to (2 pi)^2: the inverse of a_i . a_j."""
    with open(path) as file:
        numbers = [float(x) for x in file.read().split('"')[1].split()]
    cell = [numbers[0:3], numbers[3:6], numbers[6:9]]
    m = [[sum(a[x] * b[x] for x in range(3)) for b in cell] for a in cell]
    cofactor = [[m[(i + 1) % 3][(j + 1) % 3] * m[(i + 2) % 3][(j + 2) % 3] -
                 m[(i + 1) % 3][(j + 2) % 3] * m[(i + 2) % 3][(j + 1) % 3] for j in range(3)] for i in range(3)]
    determinant = sum(m[0][j] * cofactor[0][j] for j in range(3))
    return [[c / determinant for c in row] for row in cofactor]


def band_error(ours, theirs):
    """Largest difference. A highest band of ours that lies lower is no error: the other code has missed a state."""
    error = max(abs(x - y) for x, y in zip(ours[:-1], theirs[:-1]))
    return max(error, ours[-1] - theirs[-1])


def band_error_of_spins(ours, theirs):
    n = len(theirs) // 2
    return max(band_error(ours[:n], theirs[:n]), band_error(ours[n:], theirs[n:]))


def largest_eigenvalue_error(mine, reference, metric):
    error_of = band_error_of_spins if "abs_mag" in reference else band_error
    largest = 0.0
    for k in reference["kpoints"]:
        stars = star_of(k, mine["kpoints"], metric)
        if not stars:
            return float("inf")
        largest = max(largest, min(error_of(s["eigenvalues_ha"], k["eigenvalues_ha"]) for s in stars))
    return largest


def largest_difference(mine, theirs):
    return max(abs(x - y) for f, g in zip(mine, theirs) for x, y in zip(f, g))


def compare_slab(name, mine, reference):
    missing = set(reference) - SLAB_NOT_OURS - set(mine)
    check(f"{name}_has_all_slab_keys", f"missing: {sorted(missing)}" if missing else "")
    # pw.x's V(z) was read by another rule for the vacuum level.
    for key in "ip_direct_ev", "ea_direct_ev", "ip_bulkoffset_ev", "ea_bulkoffset_ev":
        check_error(f"{name}_{key}", abs(mine[key] - reference[key]), LEVEL_EV, "eV")
    check_error(f"{name}_surface_energy", abs(mine["surface_energy_J_m2"] - reference["surface_energy_J_m2"]),
                SURFACE_J_M2, "J/m2")


def compare_magnetisation(name, mine, reference):
    for key in "total_mag", "abs_mag":
        check_error(f"{name}_{key}", abs(mine[key] - reference[key]), MOMENT_MUB, "Bohr magnetons")
    if "gap_ev" in reference:
        check_error(f"{name}_gap", abs(mine["gap_ev"] / reference["gap_ev"] - 1), GAP_SHARE, "of it")


def compare(name, mine, reference, metric):
    missing = set(reference) - NOT_OURS - set(mine)
    check(f"{name}_has_all_keys", f"missing: {sorted(missing)}" if missing else "")
    check_error(f"{name}_energy", abs(mine["energy_ha"] - reference["energy_ha"]) / reference["n_atom"],
                ENERGY_HA_PER_ATOM, "Ha/atom")
    check_error(f"{name}_forces", largest_difference(mine["forces_ha_bohr"], reference["forces_ha_bohr"]), FORCE_HA_BOHR,
                "Ha/bohr")
    if reference.get("stress_gpa"):
        check_error(f"{name}_stress", largest_difference(mine["stress_gpa"], reference["stress_gpa"]), STRESS_GPA, "GPa")
    check_error(f"{name}_eigenvalues", largest_eigenvalue_error(mine, reference, metric), EIGENVALUE_HA, "Ha")
    total, wanted = (sum(k["weight"] for k in x["kpoints"]) for x in (mine, reference))
    check(f"{name}_weights", f"sum {total}, not {wanted}" if abs(total - wanted) > 1e-9 else "")
    if "alpha_over_omega_ha" in reference:
        check_error(f"{name}_alpha", abs(mine["alpha_over_omega_ha"] - reference["alpha_over_omega_ha"]), 1e-8, "Ha")
    if "abs_mag" in reference:
        compare_magnetisation(name, mine, reference)
    if "slab" in reference:
        compare_slab(name, mine["slab"], reference["slab"])


def run_case(name, case, structure, expected):
    """Run one input and compare it; all are paths but the name."""
    out = os.path.join(os.environ["SCRATCH"], name + ".json")
    done = subprocess.run([os.environ["KAIMEN"], "energy", case, "--json", out], capture_output=True, text=True)
    check(f"{name}_runs", done.stderr[-300:] if done.returncode != 0 else "")
    if done.returncode == 0:
        with open(out) as a, open(expected) as b:
            compare(name, json.load(a), json.load(b), reciprocal_metric(structure))
