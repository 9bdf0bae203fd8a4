#!/usr/bin/env bash
# kill -9 of a search among grain boundaries at 3 random moments: every candidate ends exactly once, and with the same seed the same structures
# are found as without a kill, by the same trials.
set -u
name=a_killed_search_among_boundaries_ends_with_the_same_structures
if [ ! -x "$KAIMEN" ]; then
    echo "skip $name: there is no program $KAIMEN"
    exit 0
fi
. tests/campaign/kill.sh
driver="$(dirname "$KAIMEN")/tests/campaign/kill_driver"
seed=${KILL_SEED:-$$}
RANDOM=$seed
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

fail() {
    echo "FAIL $name: $1 (KILL_SEED=$seed)"
    tail -20 "$SCRATCH/output"
    exit 1
}

for run in whole killed; do
    cat >"$SCRATCH/$run.yaml" <<END
campaign: {name: search, kind: grain_boundary, ledger: $SCRATCH/$run.db, database: $SCRATCH/$run.h5, table: $SCRATCH/$run.csv}
bulk:
  - {file: $PWD/inputs/crystals/MgO.cif}
potential:
  - {file: $PWD/inputs/potentials/lewis-catlow.yaml}
boundary:
  - {axis: [0, 0, 1], sigma: 5, plane: [2, 1, 0]}
  - {axis: [0, 0, 1], sigma: 5, plane: [3, 1, 0]}
learner: {policy: transfer, least: 15}
END
done
mpirun -n 2 "$KAIMEN" run "$SCRATCH/whole.yaml" >>"$SCRATCH/output" 2>&1 || fail "the run without a kill failed"
command=(mpirun -n 2 "$KAIMEN" run "$SCRATCH/killed.yaml")
for n in 1 2 3; do
    run_and_kill "$SCRATCH/killed.db" "started:$((1 + RANDOM % 8)):$(random_between 0 0.1)" "${command[@]}" ||
        fail "the campaign ended before kill $n"
done
"${command[@]}" >>"$SCRATCH/output" 2>&1 || fail "the last job failed"
"$driver" check "$SCRATCH/killed.db" "$SCRATCH/killed.h5" >>"$SCRATCH/output" 2>&1 || fail "the history is wrong"
/usr/bin/python3 - "$SCRATCH" >>"$SCRATCH/output" 2>&1 <<'PY' || fail "other structures were found"
import sqlite3, sys
def trials(name):
    with sqlite3.connect(f"{sys.argv[1]}/{name}.db") as db:
        return [list(db.execute("SELECT task.id, gamma_j_m2 FROM task JOIN result ON task.id = result.id WHERE boundary = ? ORDER BY ended_s", (b,)))
                for b, in list(db.execute("SELECT DISTINCT boundary FROM task WHERE kind = 'grain_boundary' ORDER BY number"))]
whole, killed = trials("whole"), trials("killed")
assert len(whole) == 2 and all(len(t) >= 15 for t in whole), [len(t) for t in whole]
for a, b in zip(whole, killed):
    # What ran when the job was killed may come later than in the run without a kill; what is found may not differ.
    assert min(a, key=lambda t: t[1])[0] == min(b, key=lambda t: t[1])[0], (a, b)
    assert len({i for i, _ in a} & {i for i, _ in b}) >= len(a) - 3, (a, b)
PY
echo "ok $name"
