#!/usr/bin/env bash
# A campaign on the fake calculator, seen from outside: exit status, table, status, export, stop and resume.
set -u
here=$PWD
cd "$SCRATCH" || exit 1
n_bad=0

ok() { echo "ok $1"; }
fail() { echo "FAIL $1: $2"; n_bad=1; }
# holds NAME WHY COMMAND...: ok where the command succeeds.
holds() { local name=$1 why=$2; shift 2; if "$@"; then ok "$name"; else fail "$name" "$why"; fi; }
contains() { grep -qE "$1" "$2"; }

# write_campaign NAME SECONDS: every task takes so long.
write_campaign() {
    cat >"$1.yaml" <<YAML
campaign: {name: $1}
bulk: [{file: $here/inputs/crystals/MgO.cif}, {file: $here/inputs/crystals/CaO.cif}]
slab: {max_index: 1, thickness: 4 Ang, vacuum: 8 Ang}
dft: {quality: lite, functional: PBE, pseudo: GTH-PBE}
calculator: {kind: fake, task_time: $2 s}
YAML
}

write_campaign quick 0
mpirun -n 2 "$KAIMEN" run quick.yaml >first.txt 2>first.log
code=$?
holds first_run_ends_with_0 "exit status $code: $(tail -3 first.log)" [ $code -eq 0 ]
holds every_surface_is_in_the_table "$(cat first.txt)" [ "$(grep -cE '^(MgO|CaO) +\(1[01]0\)' first.txt)" = 4 ]
holds end_names_the_files "$(tail -3 first.txt)" contains '^database quick.h5' first.txt
"$KAIMEN" run quick.yaml >second.txt 2>second.log
holds second_run_computes_nothing "$(tail -5 second.txt)" contains ' 0 of them computed now' second.txt
holds tables_of_both_runs_are_equal "they differ" \
    [ "$(grep -E '^(MgO|CaO)' first.txt)" = "$(grep -E '^(MgO|CaO)' second.txt)" ]
order=$(grep -E '^(MgO|CaO)' first.txt | awk '{print $1, $6}')
holds ranked_by_crystal_then_gamma "$order" [ "$order" = "$(echo "$order" | sort -k1,1 -k2,2n)" ]

"$KAIMEN" status quick.db >status.txt
holds status_counts_tasks "$(cat status.txt)" contains '^tasks +0 queued, 0 running, 10 done' status.txt
before=$(sha256sum <quick.db)
"$KAIMEN" export quick.db --csv t.csv --extxyz t.extxyz --hdf5 t.h5 >export.txt
holds export_leaves_the_ledger_alone "its bytes changed" [ "$(sha256sum <quick.db)" = "$before" ]
holds csv_has_one_row_per_surface "$(wc -l <t.csv) lines" [ "$(wc -l <t.csv)" = 5 ]
holds csv_names_units "$(head -1 t.csv)" contains 'gamma_j_m2.*ip_ev' t.csv
holds extxyz_has_a_frame_per_task "$(grep -c Lattice t.extxyz)" [ "$(grep -c Lattice t.extxyz)" = 10 ]
holds database_is_hdf5 "$(head -c 8 t.h5)" contains HDF t.h5

# Names are free text: quotes in one must not end the value that a reader of extended XYZ sees.
sed -e 's/name: quick/name: odd/' -e 's/{file: \([^}]*MgO.cif\)}/{file: \1, name: "a \\"b\\", c"}/' quick.yaml >odd.yaml
"$KAIMEN" run odd.yaml >odd.txt 2>&1
"$KAIMEN" export odd.db --extxyz odd.extxyz >/dev/null
holds quotes_in_a_name_are_escaped "$(grep -m 1 label odd.extxyz)" contains 'label="a \\"b\\", c bulk"' odd.extxyz

# A calculation that does not converge is a result; the job ends with 2 and says where the reason stands.
sed -e '/calculator/d' -e 's/quality: lite/&, ecut: 5 Ha, scf: {max_iterations: 1}/' quick.yaml >failing.yaml
sed -i 's/name: quick/name: failing/' failing.yaml
"$KAIMEN" run failing.yaml >failing.txt 2>failing.log
code=$?
holds failed_candidates_end_with_2 "exit status $code: $(tail -n 3 failing.log)" [ $code -eq 2 ]
holds status_gives_reasons "$("$KAIMEN" status failing.db)" \
    contains 'MgO bulk .*not converged .*wanted' <("$KAIMEN" status failing.db)

# A ledger can be read while a job writes to it; a signal stops that job in good order; the same command goes on.
# mpirun passes SIGUSR1 on, but kills its ranks soon after a SIGTERM: that one is tried on a single process.
wait_until_something_is_done() {
    for _ in $(seq 100); do
        sleep 0.1
        [ -e slow.db ] && "$KAIMEN" status slow.db >live.txt 2>/dev/null && grep -q " $1 done" live.txt && return
    done
}
write_campaign slow 1
mpirun -n 2 "$KAIMEN" run slow.yaml >slow.txt 2>slow.log &
job=$!
wait_until_something_is_done '[1-9]'
holds status_reads_a_live_ledger "$(cat live.txt)" contains ' 1 running' live.txt
kill -USR1 $job
wait $job
code=$?
holds sigusr1_stops_with_3 "exit status $code: $(tail -n 3 slow.txt)" [ $code -eq 3 ]
"$KAIMEN" run slow.yaml >slow.txt 2>slow.log &
job=$!
wait_until_something_is_done '[3-9]'
kill -TERM $job
wait $job
code=$?
holds sigterm_stops_with_3 "exit status $code: $(tail -n 3 slow.txt)" [ $code -eq 3 ]
n_done=$("$KAIMEN" status slow.db | sed -nE 's/^tasks .* ([0-9]+) done.*/\1/p')
touch STOP
mpirun -n 2 "$KAIMEN" run slow.yaml >stop.txt 2>stop.log
code=$?
holds stop_file_stops_with_3 "exit status $code: $(tail -n 3 stop.txt)" [ $code -eq 3 ]
rm -f STOP
mpirun -n 3 "$KAIMEN" run slow.yaml >resumed.txt 2>resumed.log
code=$?
holds resumed_run_ends_with_0 "exit status $code: $(tail -3 resumed.log)" [ $code -eq 0 ]
n_now=$(sed -nE 's/.*left; ([0-9]+) of them computed now.*/\1/p' resumed.txt)
holds nothing_is_computed_twice "$n_done done before, $n_now after" [ "$((n_done + n_now))" -eq 10 ]
exit $n_bad
