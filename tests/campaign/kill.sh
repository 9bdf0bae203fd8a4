# Start a job and end it without warning; sourced. Needs $SCRATCH.
. tests/mpi.sh
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
# What a killed job leaves behind goes with the folder.
export OMPI_MCA_orte_tmpdir_base="$SCRATCH" OMPI_MCA_btl_vader_backing_directory="$SCRATCH"

# All processes below one, deepest last.
descendants() {
    local child
    for child in $(ps -o pid= --ppid "$1"); do
        echo "$child"
        descendants "$child"
    done
}

# count_events LEDGER EVENT: so many in the event log ("begun": a job that hands out tasks; "started": a task).
count_events() {
    grep "\"event\":\"$2\"" "$1.events.jsonl" 2>/dev/null | wc -l
}

# run_and_kill LEDGER WHEN COMMAND...: kill the job. WHEN is EVENT:N:SECONDS, so long after its nth event of that name, or SECONDS
# after its launch. Returns 1 when it had ended before.
run_and_kill() {
    local ledger=$1 when=$2 job event n_event
    shift 2
    IFS=: read -r event n_event _ <<<"$when"
    [ "$when" != "$event" ] && n_event=$((n_event + $(count_events "$ledger" "$event")))
    "$@" >>"$SCRATCH/output" 2>&1 &
    job=$!
    if [ "$when" != "$event" ]; then
        while kill -0 $job 2>/dev/null && [ "$(count_events "$ledger" "$event")" -lt "$n_event" ]; do
            sleep 0.02
        done
    fi
    sleep "${when##*:}"
    if ! kill -0 $job 2>/dev/null; then
        wait $job
        return 1
    fi
    kill -9 $job $(descendants $job) 2>/dev/null
    wait $job 2>/dev/null
    rm -f "$SCRATCH"/vader_segment*
    return 0
}

# A random number of seconds between two.
random_between() {
    awk -v a="$1" -v b="$2" -v r=$RANDOM 'BEGIN { print a + (b - a) * r / 32768 }'
}
