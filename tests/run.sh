#!/usr/bin/env bash
# Run test programs, each once per rank count on its `np` line, and close with one line of counts.
# usage: tests/run.sh PROGRAM...
set -u
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_plm_rsh_agent= 
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
    source="tests/${program#*/tests/}.c"
    for np in $(sed -n '1s|/\* np:\(.*\)\*/|\1|p' "$source"); do
        timeout "${TEST_TIMEOUT_S:-600}" mpirun -n "$np" "$program" >"$log" 2>&1
        code=$?
        ok=$(grep -c '^\[       OK \]' "$log")
        skip=$(grep -c '^\[  SKIPPED \] ' "$log")
        bad=$(grep -c '^\[  FAILED  \] [^0-9]' "$log")
        passed=$((passed + ok / np))
        skipped=$((skipped + skip / np / 2))
        if [ $code -ne 0 ]; then
            [ "$bad" -gt 0 ] || bad=1
            failed=$((failed + bad))
            echo "FAIL  $program (np $np, exit $code)"
            grep -v -E '^\[( RUN      |       OK|==========)' "$log" | head -60
        else
            echo "ok    ${program#*/tests/} (np $np): $((ok / np)) passed$([ "$skip" -gt 0 ] && echo ", skipped: $(grep '^\[  SKIPPED \] ' "$log" | sort -u | sed 's/.*] //' | tr '\n' ' ')")"
        fi
    done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
