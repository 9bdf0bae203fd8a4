"""The database as h5py sees it: complete, with units, equal to the ledger, and as docs/database.md says."""
import os
import re
import sqlite3
import subprocess
import sys

try:
    import h5py
    import numpy
except ImportError:
    # apt puts it where the system's own interpreter finds it, which need not be the first one.
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skip database_is_read_by_h5py: python3-h5py is not installed")
    sys.exit(0)

scratch = os.environ["SCRATCH"]
driver = os.path.join(os.path.dirname(os.environ["KAIMEN"]), "tests/campaign/kill_driver")
ledger, database = os.path.join(scratch, "d.db"), os.path.join(scratch, "d.h5")
failed = False


def check(name, problems):
    global failed
    if problems:
        print(f"FAIL {name}: {problems[0]}")
        failed = True
    else:
        print(f"ok {name}")


def texts(dataset):
    return list(dataset.asstr()[:])


def documented_columns():
    with open("docs/database.md") as file:
        sections = file.read().split("\n## ")
    rows = [s for s in sections if s.startswith(("Columns of a task", "Columns of a result"))]
    first_cells = [line.split("|")[1] for s in rows for line in s.splitlines() if line.startswith("| `")]
    return {name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}


subprocess.run([driver, "run", ledger, database, "6", "0", "3", "0"], check=True)
rows = sqlite3.connect(ledger).execute(
    "SELECT task.id, kind, state, label, energy_ha, gamma_j_m2, ip_ev FROM task LEFT JOIN result USING (id)"
    " ORDER BY number").fetchall()
unit_of_ending = {"_ha": "Ha", "_mub": "mu_B", "_ha_bohr3": "Ha/bohr^3", "_ev": "eV", "_byte": "byte", "_j_m2": "J/m2", "_s": "s", "_bohr": "bohr", "_bohr2": "bohr^2", "_bohr3": "bohr^3", "_ha_bohr": "Ha/bohr",
                  "_ev_ang": "eV/Ang"}

with h5py.File(database, "r") as f:
    problems = []
    for identity, kind, state, label, energy, _, _ in rows:
        group = f.get(f"{kind}/{identity}")
        if group is None:
            problems.append(f"no group {kind}/{identity}")
            continue
        for name in ["task", "result", "structure", "calculation", "provenance", "forces"]:
            if name not in group:
                problems.append(f"{label} has no {name}")
        if group["result/energy_ha"][()] != energy:
            problems.append(f"{label}: energy {group['result/energy_ha'][()]}, ledger {energy}")
        n_atom = len(group["structure/z"])
        if group["structure/positions_frac"].shape != (n_atom, 3) or group["forces"].shape != (n_atom, 3):
            problems.append(f"{label}: shapes do not fit {n_atom} atoms")
    check("database_has_every_task_with_the_ledgers_energy", problems)

    table = f["table"]
    problems = [f"{name} has {len(table[name])} rows" for name in table if len(table[name]) != len(rows)]
    if texts(table["id"]) != [row[0] for row in rows] or texts(table["state"]) != [row[2] for row in rows]:
        problems.append("identities or states differ from the ledger")
    for i, row in enumerate(rows):
        for name, value in zip(["energy_ha", "gamma_j_m2", "ip_ev"], row[4:]):
            got = table[name][i]
            if not (numpy.isnan(got) if value is None else got == value):
                problems.append(f"{row[3]}: {name} is {got}, ledger {value}")
    check("table_is_the_ledgers", problems)

    problems = []
    for name in table:
        endings = [e for e in unit_of_ending if name.endswith(e)]
        wanted = unit_of_ending[max(endings, key=len)] if endings else ""
        got = table[name].attrs.get("unit", "")
        if got != wanted:
            problems.append(f"{name} has the unit '{got}', wanted '{wanted}'")
    check("units_are_those_of_the_names", problems)

    problems = [f"{name} in one only" for name in documented_columns() ^ set(table)]
    check("columns_are_those_of_the_document", problems)

    slab = f["surface"][next(iter(f["surface"]))]["profile"]
    z, v, average = slab["z"][:], slab["potential"][:], slab["potential_macroscopic"][:]
    ringing_ha = 1e-6  # of the trigonometric interpolation at the well's edges
    problems = []
    if not (len(z) == len(v) == len(average) == len(slab["density"])):
        problems.append("profiles of different lengths")
    if abs(v.mean() - average.mean()) > 1e-10 or numpy.ptp(average) > numpy.ptp(v) + ringing_ha:
        problems.append("the macroscopic average is none")
    check("profile_holds_potential_and_average", problems)

sys.exit(failed)
