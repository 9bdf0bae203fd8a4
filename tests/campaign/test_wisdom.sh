#!/usr/bin/env bash
# FFT sizes that a job measured are in its ledger for the next one; what is not wisdom there hurts nobody.
set -u
name=a_ledger_keeps_what_was_measured_of_ffts
if [ ! -x "$KAIMEN" ]; then
    echo "skip $name: there is no program $KAIMEN"
    exit 0
fi
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
ledger="$SCRATCH/wisdom.db"

fail() {
    echo "FAIL $name: $1"
    tail -20 "$SCRATCH/output"
    exit 1
}

# A relaxation of one k-point at a low cutoff: a second of work, many FFTs of one size.
run() {
    cat >"$SCRATCH/wisdom.yaml" <<END
campaign: {name: wisdom, ledger: $ledger, database: $SCRATCH/wisdom.h5, table: $SCRATCH/wisdom.csv}
bulk:
  - {file: $PWD/inputs/crystals/MgO.cif}
slab: {miller: [1, $1, 0], thickness: 3 Ang, vacuum: 6 Ang}
dft:
  quality: lite
  functional: PBE
  pseudo: {Mg: {entry: GTH-PBE-q2}, O: {entry: GTH-PBE-q6}}
  ecut: 16 Ha
  kpoints: {spacing: 2 1/Ang}
relax: {cell: true, stress_tolerance: 0.02 GPa}
END
    mpirun --oversubscribe -n 2 "$KAIMEN" run "$SCRATCH/wisdom.yaml" >"$SCRATCH/output" 2>&1
}

query() {
    python3 -c "import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
for row in base.execute(sys.argv[2]): print(row[0])
base.commit()" "$ledger" "$1"
}

run 1 || fail "the campaign failed"
query "SELECT value FROM meta WHERE key = 'fft_wisdom'" | grep -q "^(fftw-.*wisdom" || fail "the ledger has no wisdom"
query "UPDATE meta SET value = '(no wisdom)' WHERE key = 'fft_wisdom'"
run 0 || fail "a ledger without wisdom in its place is not resumed"
[ "$(query "SELECT count(*) FROM task WHERE state = 'done'")" -ge 4 ] || fail "the second job added nothing"
echo "ok $name"
