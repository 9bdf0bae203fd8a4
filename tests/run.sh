#!/usr/bin/env bash
# Run tests, as many at once as there are cores, print them in order, and close with one line of counts.
# usage: tests/run.sh TEST...
#
# A test is a cmocka program build/<mode>/tests/<layer>/<name>, run once for each rank count on the first line of its
# source (`/* np: 1 3 */`), or a script tests/<layer>/<name>.sh or .py, run from the project root with the program's
# path in $KAIMEN and a folder of its own in $SCRATCH. A script prints `ok NAME`, `FAIL NAME: why` and
# `skip NAME: why`, one line each, and exits with 1 when one failed. A test that crashes, or takes longer than
# TEST_TIMEOUT_S (600), has failed.
set -u
. "$(dirname "$0")/mpi.sh"
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export KAIMEN="$PWD/build/${MODE:-release}/kaimen"
# MODE=sanitize: support.h looks for leaks, and an allocation that is too large is a test.
export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.txt:print_suppressions=0:leak_check_at_exit=0"
export ASAN_OPTIONS=allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0 skipped=0 n_started=0 n_printed=0
names=()

# run_one INDEX NP TEST: leaves the output in INDEX.log, and the exit status in INDEX.code when it has ended.
run_one() {
    local command=(mpirun --tag-output -n "$2" "$3") start=$SECONDS code=0
    case $3 in
    *.sh) command=(bash "$3") ;;
    *.py) command=(python3 "$3") ;;
    esac
    export SCRATCH="$logs/$1"
    mkdir "$SCRATCH"
    timeout -k 10 "${TEST_TIMEOUT_S:-600}" "${command[@]}" </dev/null >"$logs/$1.log" 2>&1 || code=$?
    echo $((SECONDS - start)) >"$logs/$1.seconds"
    echo $code >"$logs/$1.code.part"
    mv "$logs/$1.code.part" "$logs/$1.code"
}

# Lines of a script as they are; of a cmocka program, translated into the same, from rank 0 or any rank that failed.
translate() {
    sed -E -n 's/^(ok|FAIL|skip) /\1 /p
        s/^\[[0-9]+,0\]<[a-z]+>:\[       OK \] /ok /p
        s/^\[[0-9]+,0\]<[a-z]+>:\[  SKIPPED \] ([^0-9 ][^ ]*)$/skip \1/p
        s/^\[[0-9]+,0\]<[a-z]+>:\[  REASON  \] /because /p
        s/^\[[0-9]+,[0-9]+\]<[a-z]+>:\[  FAILED  \] ([^0-9 ][^ ]*)$/FAIL \1/p' "$1" | sort -u
}

print_one() {
    local log="$logs/$1.log" code seconds ok bad skip
    code=$(cat "$logs/$1.code") seconds=$(cat "$logs/$1.seconds")
    translate "$log" >"$log.lines"
    ok=$(grep -c '^ok ' "$log.lines") bad=$(grep -c '^FAIL ' "$log.lines")
    skip=$(grep -c '^skip ' "$log.lines")
    # A crash, a hang or a block that was not freed is a failure beside those that were reported.
    [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    [ "$ok" -gt 0 ] || [ "$skip" -gt 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if [ "$bad" -eq 0 ]; then
        echo "ok    ${names[$1]}: $ok passed (${seconds} s)"
    else
        echo "FAIL  ${names[$1]}: $bad failed, exit status $code (${seconds} s)"
        grep -v -E '\[( RUN      |       OK|==========|  PASSED  )' "$log" | head -100 | sed 's/^/      /'
    fi
    sed -n -e 's/^skip /      skipped: /p' -e 's/^because /      because: /p' "$log.lines"
}

print_ended() {
    while [ $n_printed -lt $n_started ] && [ -e "$logs/$n_printed.code" ]; do
        print_one $n_printed
        n_printed=$((n_printed + 1))
    done
}

start() {
    while [ "$(jobs -rp | wc -l)" -ge "${TEST_JOBS:-$(nproc)}" ]; do
        wait -n
        print_ended
    done
    names+=("$3")
    run_one $n_started "$1" "$2" &
    n_started=$((n_started + 1))
}

for test in "$@"; do
    case $test in
    *.sh | *.py) start 1 "$test" "${test#tests/}" ;;
    *)
        for np in $(sed -n '1s|/\* np:\(.*\)\*/|\1|p' "tests/${test#*/tests/}.c"); do
            start "$np" "$test" "${test#*/tests/} (np $np)"
        done
        ;;
    esac
done
wait
print_ended
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
