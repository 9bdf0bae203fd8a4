#!/usr/bin/env bash
# kill -9 of a campaign that relaxes its bulk crystals first, at 3 random moments: each bulk is relaxed once, everything is cut from what
# it has become, and every candidate ends exactly once.
set -u
name=bulk_crystals_relax_once_however_often_the_job_is_killed
if [ ! -x "$KAIMEN" ]; then
    echo "skip $name: there is no program $KAIMEN"
    exit 0
fi
. tests/campaign/kill.sh
driver="$(dirname "$KAIMEN")/tests/campaign/kill_driver"
seed=${KILL_SEED:-$$}
RANDOM=$seed
ledger="$SCRATCH/relaxed.db" database="$SCRATCH/relaxed.h5"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
command=(mpirun -n 2 "$KAIMEN" run "$SCRATCH/relaxed.yaml")

fail() {
    echo "FAIL $name: $1 (KILL_SEED=$seed)"
    tail -20 "$SCRATCH/output"
    exit 1
}

# Magnesia twice, once 5 % too small; a low cutoff and one k-point are wrong physics and right logistics.
cat >"$SCRATCH/small.extxyz" <<END
2
Lattice="0 2 2 2 0 2 2 2 0" Properties=species:S:1:pos:R:3 pbc="T T T"
Mg 0 0 0
O 2 2 2
END
cat >"$SCRATCH/relaxed.yaml" <<END
campaign: {name: relaxed, ledger: $ledger, database: $database, table: $SCRATCH/relaxed.csv}
bulk:
  - {file: $PWD/inputs/crystals/MgO.cif}
  - {file: $SCRATCH/small.extxyz}
slab: {miller: [1, 1, 0], thickness: 3 Ang, vacuum: 6 Ang}
dft:
  quality: lite
  functional: PBE
  pseudo: {Mg: {entry: GTH-PBE-q2}, O: {entry: GTH-PBE-q6}}
  ecut: 16 Ha
  kpoints: {spacing: 2 1/Ang}
relax: {cell: true, stress_tolerance: 0.02 GPa}
END

for n in 1 2 3; do
    # A job that is over before it can be killed leaves nothing to show.
    run_and_kill "$ledger" "started:1:$(random_between 0 0.6)" "${command[@]}" || fail "the campaign ended before kill $n"
done
# As a job leaves that is killed while it writes a checkpoint, or between a result and the removal of its checkpoint.
mkdir -p "$ledger.checkpoints"
echo half >"$ledger.checkpoints/some.h5.123.tmp"
echo whole >"$ledger.checkpoints/some.h5"
"${command[@]}" >>"$SCRATCH/output" 2>&1
status=$?
[ $status -eq 0 ] || fail "the last job ended with status $status"
"$driver" check "$ledger" "$database" >>"$SCRATCH/output" 2>&1 || fail "the history is wrong"
[ ! -e "$ledger.checkpoints" ] || fail "checkpoints are left"
/usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "skip $name: python3-h5py is not installed"; exit 0; }
/usr/bin/python3 - "$database" >>"$SCRATCH/output" 2>&1 <<'PY' || fail "the crystals are not those of the relaxed bulk"
import sys, h5py, numpy
with h5py.File(sys.argv[1]) as f:
    relaxed = {}
    for key, bulk in f["bulk"].items():
        assert len(bulk["trajectory/energy"]) > 2 and bulk["trajectory"].attrs.get("unit") is None
        assert bulk["trajectory/stress"].attrs["unit"] == "Ha/bohr^3"
        cell, start = bulk["structure_relaxed/cell"][:], bulk["structure/cell"][:]
        relaxed[key] = numpy.linalg.det(cell) / len(bulk["structure/z"])
        assert abs(numpy.linalg.det(cell) / numpy.linalg.det(start) - 1 - bulk["result/volume_change"][()]) < 1e-9
        assert abs(bulk["result/volume_change"][()]) > 1e-3
    for oriented in f["oriented_bulk"].values():
        volume = numpy.linalg.det(oriented["structure/cell"][:]) / len(oriented["structure/z"])
        assert abs(volume / relaxed[oriented["task/bulk_id"].asstr()[()]] - 1) < 1e-6
    for surface in f["surface"].values():
        cell = surface["structure/cell"][:]
        area = numpy.linalg.norm(numpy.cross(cell[0], cell[1]))
        assert abs(area / surface["task/area_bohr2"][()] - 1) < 1e-9
        oriented = f["oriented_bulk"][surface["task/oriented_id"].asstr()[()]]["structure/cell"][:]
        assert numpy.allclose(cell[:2], oriented[:2], atol=1e-9)
PY
echo "ok $name"
