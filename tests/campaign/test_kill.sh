#!/usr/bin/env bash
# kill -9 of the whole job at 20 random moments: after resuming, every candidate has ended exactly once, nothing finished was
# computed again, and the database is complete. And a candidate that ends the process does not stop the campaign.
set -u
. tests/campaign/kill.sh
driver="$(dirname "$KAIMEN")/tests/campaign/kill_driver"
seed=${KILL_SEED:-$$}
RANDOM=$seed
failed=0

# fail TEST: WHY
fail() {
    echo "FAIL $1: $2 (KILL_SEED=$seed)"
    tail -5 "$SCRATCH/output"
    failed=1
}

killed_anywhere() {
    local name=a_job_killed_at_20_moments_ends_every_candidate_once n_killed=0
    local ledger="$SCRATCH/kill.db" database="$SCRATCH/kill.h5"
    local command=(mpirun -n 4 "$driver" run "$ledger" "$database" 500 0.05 1000 0) when

    while [ $n_killed -lt 20 ]; do
        when="started:$((1 + RANDOM % 10)):$(random_between 0 0.1)"
        # Every fourth one also while the job starts.
        [ $((n_killed % 4)) -eq 0 ] && when=$(random_between 0 1.2)
        if ! run_and_kill "$ledger" "$when" "${command[@]}"; then
            fail $name "the campaign ended before 20 kills, after $n_killed"
            return
        fi
        n_killed=$((n_killed + 1))
    done
    "${command[@]}" >>"$SCRATCH/output" 2>&1 || fail $name "the last job ended with status $?"
    if "$driver" check "$ledger" "$database" >>"$SCRATCH/output" 2>&1; then
        [ $failed -eq 0 ] && echo "ok $name"
    else
        fail $name "the history is wrong"
    fi
}

poisonous() {
    local name=a_candidate_that_ends_the_process_fails_after_three_attempts status n=0
    local ledger="$SCRATCH/poison.db" database="$SCRATCH/poison.h5"

    while [ $n -lt 6 ]; do
        mpirun -n 3 "$driver" run "$ledger" "$database" 3 0.01 3 5 >>"$SCRATCH/output" 2>&1
        status=$?
        n=$((n + 1))
        [ $status -eq 2 ] && break
    done
    # Three jobs die, the fourth finds it crashed.
    if [ $status -eq 2 ] && [ $n -eq 4 ] && "$driver" check "$ledger" "$database"; then
        echo "ok $name"
    else
        fail $name "job $n ended with status $status, wanted 2 from job 4"
    fi
}

killed_anywhere
poisonous
exit $failed
