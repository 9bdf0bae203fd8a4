#!/usr/bin/env python3
"""The subspace problem with LAPACK on each rank and with ScaLAPACK on all ranks: a Markdown table on stdout.

usage: nice benchmarks/subspace.py [--quick] [RANKS...]

Times of eigenvalues and eigenvectors, as every rank of a k-point needs them, and of a Cholesky factor and the inverse that
it gives, as every rank of a learner does: the least of several runs. `dft.scalapack_above` and KM_GP_SCALAPACK_ABOVE are
set from the order at which the columns cross. More ranks than cores measure
nothing. BUILD names the folder of the build (build/release).
"""
import argparse
import os
import platform
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build/release")))
ORDERS = [100, 200, 400, 600, 800, 1200, 1600, 2400]


def mpirun(n_rank, orders):
    script = '. tests/mpi.sh; exec mpirun --oversubscribe -n "$@"'
    program = os.path.join(BUILD, "benchmarks/subspace")
    command = ["bash", "-c", script, "mpirun", str(n_rank), program, *map(str, orders)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="orders up to 400 only")
    parser.add_argument("ranks", nargs="*", type=int, help="numbers of ranks (1 and all cores)")
    arguments = parser.parse_args()
    ranks = arguments.ranks or sorted({1, os.cpu_count()})
    orders = [n for n in ORDERS if n <= 400] if arguments.quick else ORDERS
    version = subprocess.run([os.path.join(BUILD, "kaimen"), "--version"], capture_output=True, text=True).stdout
    print(f"{version.strip()}; {platform.processor() or platform.machine()}, {os.cpu_count()} cores; "
          f"{time.strftime('%Y-%m-%d')}\n")
    print("| ranks | coefficients | order | eigen LAPACK, s | eigen ScaLAPACK, s | Cholesky LAPACK, s | Cholesky ScaLAPACK, s "
          "| inverse LAPACK, s | inverse ScaLAPACK, s |")
    print("|" + " --- |" * 9)
    for n_rank in ranks:
        job = mpirun(n_rank, orders)
        for line in job.stdout:
            kind, order, *times = line.split()
            cells = [f"{float(t):.4f}" for t in times] + [""] * (6 - len(times))
            print(f"| {n_rank} | {kind} | {order} | " + " | ".join(cells) + " |", flush=True)
        if job.wait() != 0:
            sys.exit(f"subspace: exit status {job.returncode}")


if __name__ == "__main__":
    main()
