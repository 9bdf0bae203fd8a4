#!/usr/bin/env bash
# kill -9 of a real campaign (`kaimen run`, plane waves) at 3 random moments: after resuming, every candidate has ended exactly
# once, nothing finished was computed again, and the database is complete.
set -u
name=a_real_campaign_killed_3_times_ends_every_candidate_once
if [ ! -x "$KAIMEN" ]; then
    echo "skip $name: there is no program $KAIMEN"
    exit 0
fi
. tests/campaign/kill.sh
driver="$(dirname "$KAIMEN")/tests/campaign/kill_driver"
seed=${KILL_SEED:-$$}
RANDOM=$seed
ledger="$SCRATCH/real.db" database="$SCRATCH/real.h5"
command=(mpirun -n 2 "$KAIMEN" run "$SCRATCH/real.yaml")

fail() {
    echo "FAIL $name: $1 (KILL_SEED=$seed)"
    tail -20 "$SCRATCH/output"
    exit 1
}

# Small enough for a minute: a low cutoff and one k-point are wrong physics and right logistics.
cat >"$SCRATCH/real.yaml" <<END
campaign: {name: killed, kind: surface, ledger: $ledger, database: $database, table: $SCRATCH/real.csv}
bulk:
  - {file: $PWD/inputs/crystals/MgO.cif}
  - {file: $PWD/inputs/crystals/CaO.cif}
slab: {max_index: 2, thickness: 4 Ang, vacuum: 6 Ang}
dft: {quality: lite, functional: PBE, pseudo: GTH-PBE, ecut: 10 Ha, kpoints: {spacing: 2 1/Ang}}
END

for n in 1 2 3; do
    # A job that is over before it can be killed leaves nothing to show.
    run_and_kill "$ledger" "started:$((1 + RANDOM % 6)):$(random_between 0 0.1)" "${command[@]}" || fail "the campaign ended before kill $n"
done
"${command[@]}" >>"$SCRATCH/output" 2>&1
status=$?
[ $status -eq 0 ] || fail "the last job ended with status $status"
"$driver" check "$ledger" "$database" >>"$SCRATCH/output" 2>&1 || fail "the history is wrong"
echo "ok $name"
