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

# Jobs that have begun to hand out tasks, by the event log.
count_begun() {
    grep -c '"event":"begun"' "$1.events.jsonl" 2>/dev/null || true
}

# run_and_kill LEDGER SECONDS COMMAND...: kill the job so long after it began to hand out tasks, or, where SECONDS starts with +,
# so long after its launch. Returns 1 when it had ended before.
run_and_kill() {
    local ledger=$1 delay=$2 job before
    shift 2
    before=$(count_begun "$ledger")
    "$@" >>"$SCRATCH/output" 2>&1 &
    job=$!
    if [ "${delay#+}" = "$delay" ]; then
        while kill -0 $job 2>/dev/null && [ "$(count_begun "$ledger")" = "$before" ]; do
            sleep 0.02
        done
    fi
    sleep "${delay#+}"
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
