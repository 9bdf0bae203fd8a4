#!/usr/bin/env python3
"""What teams of two ranks send in an iteration: the table of the report against the ledger."""
import os
import re
import sqlite3
import subprocess
import sys

KAIMEN, SCRATCH = os.environ["KAIMEN"], os.environ["SCRATCH"]
ROOT = os.getcwd()
CAMPAIGN = f"""\
campaign: {{name: work}}
bulk: [{{file: {ROOT}/inputs/crystals/MgO.cif}}]
slab: {{miller: [1, 0, 0], thickness: 4 Ang, vacuum: 6 Ang}}
dft: {{quality: lite, functional: PBE, pseudo: {{Mg: {{entry: GTH-PBE-q2}}, O: {{entry: GTH-PBE-q6}}}}, ecut: 16 Ha}}
run: {{team_size: 2}}
"""


def run(*command):
    done = subprocess.run(command, cwd=SCRATCH, capture_output=True, text=True)
    if done.returncode != 0: sys.exit(f"FAIL {command}: {done.stdout[-500:]}{done.stderr[-500:]}")


def check(name, is_good, what):
    print(f"ok {name}" if is_good else f"FAIL {name}: {what}")
    return not is_good


def main():
    with open(os.path.join(SCRATCH, "work.yaml"), "w") as file:
        file.write(CAMPAIGN)
    run("mpirun", "--oversubscribe", "-n", "3", KAIMEN, "run", "work.yaml")
    run(KAIMEN, "report", "work.db", "--output", "work.html")
    with open(os.path.join(SCRATCH, "work.html")) as file:
        rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in re.findall(r"<tr>.*?</tr>", file.read(), re.S)]
    shown = {row[0]: row for row in rows if len(row) == 10}
    stored = sqlite3.connect(os.path.join(SCRATCH, "work.db")).execute(
        "SELECT kind, n_rank, n_iteration, n_sent, sent_byte FROM task JOIN result ON task.id = result.id").fetchall()
    n_bad = check("a_row_for_each_kind", sorted(shown) == ["bulk", "oriented_bulk", "surface"], shown)
    for kind, n_rank, n_iteration, n_sent, sent_byte in stored:
        row = shown.get(kind, [""] * 10)
        n_bad += check(f"numbers_of_{kind}", row[1:3] == [str(n_rank), "1"] == ["2", "1"] and row[4] == f"{n_iteration:.1f}" and
                       row[7] == f"{n_sent:.1f}" and row[8] == row[9] == f"{sent_byte / 1e3:.1f}", (row, n_sent, sent_byte))
        # Two ranks sum and share the density in every iteration but one, and agree on more.
        n_bad += check(f"{kind}_sends", n_sent > 5 and sent_byte > 1e4, (n_sent, sent_byte))
    return n_bad > 0


if __name__ == "__main__":
    sys.exit(main())
