#!/usr/bin/env bash
# Slabs that are relaxed: one structure, and a campaign that is stopped in the middle of a relaxation and resumed.
set -u
here=$PWD
cd "$SCRATCH" || exit 1
n_bad=0
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

ok() { echo "ok $1"; }
fail() { echo "FAIL $1: $2"; n_bad=1; }
# holds NAME WHY COMMAND...: ok where the command succeeds.
holds() { local name=$1 why=$2; shift 2; if "$@"; then ok "$name"; else fail "$name" "$why"; fi; }
contains() { grep -qE "$1" "$2"; }
# is EXPRESSION: arithmetic of Python.
is() { python3 -c "import sys; sys.exit(not ($1))"; }

# write_campaign NAME RELAX
write_campaign() {
    cat >"$1.yaml" <<YAML
campaign: {name: $1}
bulk: [{file: $here/inputs/crystals/MgO.cif}]
slab: {miller: [1, 0, 0], thickness: 6 Ang, vacuum: 8 Ang}
dft:
  quality: lite
  functional: PBE
  pseudo: {Mg: {entry: GTH-PBE-q2}, O: {entry: GTH-PBE-q6}}
  ecut: 12 Ha
  kpoints: {spacing: 0.6 1/bohr}
relax: $2
YAML
}

# field LEDGER COLUMN: of the surface.
field() { python3 - "$1" "$2" <<'PY'
import sqlite3, sys
print(*sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(
    f"SELECT {sys.argv[2]} FROM task JOIN result USING (id) WHERE kind = 'surface'").fetchone())
PY
}

write_campaign whole '{atoms: true, cell: false, force_tolerance: 0.0001 Ha/bohr}'
write_campaign parts '{atoms: true, cell: false, force_tolerance: 0.0001 Ha/bohr}'
"$KAIMEN" run whole.yaml >whole.txt 2>whole.log
code=$?
holds relaxed_campaign_ends_with_0 "exit status $code: $(tail -n 3 whole.log)" [ $code -eq 0 ]
holds relaxing_lowers_the_surface_energy "$(field whole.db 'gamma_j_m2, gamma_unrelaxed_j_m2')" \
    is "$(field whole.db gamma_j_m2) < $(field whole.db gamma_unrelaxed_j_m2) - 0.01"
holds largest_force_is_below_the_tolerance "$(field whole.db max_force_ha_bohr)" \
    is "0 < $(field whole.db max_force_ha_bohr) < 1e-4"
holds no_checkpoint_is_left "$(ls)" [ ! -e whole.db.checkpoints ]
"$KAIMEN" export whole.db --extxyz relaxed.extxyz >export.txt
holds relaxed_positions_are_exported "$(tail -n 3 relaxed.extxyz)" python3 -c '
heights = [abs(float(line.split()[3])) for line in open("relaxed.extxyz").read().splitlines()[-6:]]
import sys; sys.exit(not (max(heights) - sorted(heights)[-3] > 0.005))'

# Stopped as soon as there is a checkpoint; the same command goes on from there.
"$KAIMEN" run parts.yaml >parts.txt 2>parts.log &
job=$!
for _ in $(seq 600); do
    [ -n "$(ls parts.db.checkpoints 2>/dev/null)" ] && break
    sleep 0.05
done
kill -TERM $job
wait $job
code=$?
if [ $code -eq 0 ]; then
    echo "skip interrupted_relaxation_goes_on: it ended before the signal came"
else
    holds interrupted_relaxation_stops "exit status $code" [ $code -eq 3 ]
    holds checkpoint_is_kept "$(ls)" [ -n "$(ls parts.db.checkpoints)" ]
    "$KAIMEN" run parts.yaml >>parts.txt 2>>parts.log
    holds interrupted_relaxation_goes_on "$(tail -n 3 parts.txt)" \
        is "abs($(field whole.db energy_ha) - $(field parts.db energy_ha)) < 1e-5"
    holds resumed_moves_are_counted_together \
        "$(field whole.db n_relax_step), $(field parts.db n_relax_step)" \
        is "abs($(field whole.db n_relax_step) - $(field parts.db n_relax_step)) <= 1"
    holds resumed_checkpoint_is_removed "$(ls)" [ ! -e parts.db.checkpoints ]
fi

# One structure; with the planes in the middle held, they stay.
cat >slab.yaml <<YAML
structure: {file: slab.extxyz}
dft:
  quality: lite
  functional: PBE
  pseudo: {Mg: {entry: GTH-PBE-q2}, O: {entry: GTH-PBE-q6}}
  ecut: 12 Ha
  kpoints: {mesh: [1, 1, 1]}
relax: {atoms: true, max_steps: 40, frozen_layers: 1, force_tolerance: 0.002 Ha/bohr}
YAML
cat >slab.extxyz <<XYZ
6
Lattice="2.978 0 0 0 2.978 0 0 0 12.2" Properties=species:S:1:pos:R:3 pbc="T T T"
Mg 0 0 2.106
O 1.489 1.489 2.106
O 0 0 0.03
Mg 1.489 1.489 0
Mg 0 0 -2.106
O 1.489 1.489 -2.106
XYZ
"$KAIMEN" energy slab.yaml --json slab.json --extxyz out.extxyz --trajectory all.extxyz >slab.txt 2>slab.log
code=$?
holds one_slab_is_relaxed "exit status $code: $(tail -n 3 slab.log)" [ $code -eq 0 ]
holds every_move_is_a_line "$(cat slab.txt)" contains '^ +1 +-[0-9.]+ +[0-9.e-]+ +0\.[0-9]+ +[0-9]+ ' slab.txt
holds trajectory_has_every_computation "$(grep -c Lattice all.extxyz)" \
    [ "$(grep -c Lattice all.extxyz)" = "$(python3 -c 'import json; print(len(json.load(open("slab.json"))["relaxation"]["steps"]))')" ]
holds frozen_plane_stays "$(cat out.extxyz)" [ "$(sed -n 5p out.extxyz | awk '{print $4 + 0}')" = 0.03 ]
holds other_planes_move "$(cat out.extxyz)" [ "$(sed -n 3p out.extxyz | awk '{print $4 + 0}')" != 2.106 ]
exit $n_bad
