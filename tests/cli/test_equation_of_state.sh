#!/usr/bin/env bash
# A campaign of equations of state, seen from outside: plan, run, resume, status, export, points that fail.
set -u
here=$PWD
cd "$SCRATCH" || exit 1
n_bad=0

ok() { echo "ok $1"; }
fail() { echo "FAIL $1: $2"; n_bad=1; }
# holds NAME WHY COMMAND...: ok where the command succeeds.
holds() { local name=$1 why=$2; shift 2; if "$@"; then ok "$name"; else fail "$name" "$why"; fi; }
contains() { grep -qE "$1" "$2"; }

cat >dry.yaml <<YAML
campaign: {name: dry, kind: equation_of_state}
bulk: [{file: $here/inputs/crystals/MgO.cif}, {file: $here/inputs/crystals/TiO2-rutile.cif, name: "TiO2/r"}]
equation_of_state: {points: 5, range: 0.2}
dft: {quality: lite, functional: PBE, pseudo: GTH-PBE, kpoints: {spacing: 0.35 1/bohr}}
calculator: {kind: fake, task_time: 0 s}
YAML
sed -e '/calculator/d' -e 's/name: dry/name: real/' dry.yaml >real.yaml
"$KAIMEN" plan real.yaml --csv plan.csv >plan.txt 2>&1
holds plan_lists_every_volume "$(cat plan.txt)" [ "$(grep -c '^MgO\|^TiO2/r' plan.txt)" = 10 ]
holds plan_counts_and_costs "$(tail -1 plan.txt)" contains '^10 volumes: about [1-9][0-9]* core s' plan.txt
meshes=$(awk -F, '/^MgO/ {print $7}' plan.csv | sort -u)
waves=$(awk -F, '/^MgO/ {print $6}' plan.csv | sort -un | wc -l)
holds all_volumes_have_one_mesh "$(cat plan.csv)" [ "$(echo "$meshes" | wc -l)" = 1 ]
holds volumes_have_their_own_plane_waves "$(cat plan.csv)" [ "$waves" = 5 ]

mpirun -n 2 "$KAIMEN" run dry.yaml >first.txt 2>first.log
code=$?
holds dry_run_ends_with_0 "exit status $code: $(tail -3 first.log)" [ $code -eq 0 ]
holds energies_without_a_minimum_are_no_fit "$(cat first.txt)" contains 'MgO .* 5 of 5 .*no minimum' first.txt
"$KAIMEN" run dry.yaml >second.txt 2>&1
holds second_run_computes_nothing "$(tail -5 second.txt)" contains ' 0 of them computed now' second.txt
"$KAIMEN" status dry.db --table >status.txt
holds status_counts_volumes "$(cat status.txt)" contains '^volumes +0 queued, 0 running, 10 done' status.txt
holds status_shows_the_table "$(cat status.txt)" contains '^Equations of state' status.txt
"$KAIMEN" export dry.db --csv t.csv --extxyz t.extxyz --hdf5 t.h5 >export.txt
holds export_counts_crystals "$(cat export.txt)" contains '^t.csv: 2 crystals' export.txt
holds extxyz_has_a_frame_per_volume "$(grep -c Lattice t.extxyz)" [ "$(grep -c Lattice t.extxyz)" = 10 ]
holds database_has_a_group_per_crystal "$(cat export.txt)" /usr/bin/python3 - <<'PY'
import sys
import h5py
with h5py.File("t.h5") as f:
    groups = f["equation_of_state"]
    assert sorted(groups) == ["MgO", "TiO2_r"], sorted(groups)
    mgo = groups["MgO"]
    assert mgo["volume"].shape == (5,) and mgo["volume"].attrs["unit"] == "bohr^3"
    assert abs(mgo["volume"][4] / mgo["volume"][0] - 1.5) < 1e-9
    ids = list(mgo["id"].asstr()[:])
    assert all(i in f["volume"] for i in ids), ids
    assert list(f["table/volume_ratio"][:5]) == [0.8, 0.9, 1.0, 1.1, 1.2]
PY

# Another number of points: those that are there are not computed again; a crystal that is left out is not shown.
sed -e 's/points: 5/points: 9/' -e 's/, {file: [^}]*rutile[^}]*}//' dry.yaml >more.yaml
"$KAIMEN" run more.yaml >more.txt 2>&1
holds more_points_keep_the_old_ones "$(tail -4 more.txt)" contains ' 4 of them computed now' more.txt
holds points_of_one_crystal_are_together "$(cat more.txt)" contains '^MgO .* 9 of 9 ' more.txt
holds a_crystal_left_out_is_not_shown "$(cat more.txt)" [ "$(grep -c '^TiO2' more.txt)" = 0 ]

# Points that fail are results; without enough of the others there is no curve, and the table says why.
sed -e 's/quality: lite/&, ecut: 8 Ha, scf: {max_iterations: 1}/' -e 's/, {file: [^}]*rutile[^}]*}//' real.yaml >failing.yaml
sed -i 's/name: real/name: failing/' failing.yaml
"$KAIMEN" run failing.yaml >failing.txt 2>failing.log
code=$?
holds failed_points_end_with_2 "exit status $code: $(tail -n 3 failing.log)" [ $code -eq 2 ]
holds table_says_why_there_is_no_fit "$(cat failing.txt)" contains 'MgO .* 0 of 5 .*wanted at least 5' failing.txt
holds status_names_the_points "$("$KAIMEN" status failing.db)" \
    contains 'MgO V x 0.8 .*volume .*not converged' <("$KAIMEN" status failing.db)
exit $n_bad
