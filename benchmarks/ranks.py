#!/usr/bin/env python3
"""One slab on 1 to 8 ranks, with fewer k-points than ranks and with more: two Markdown tables on stdout.

usage: nice benchmarks/ranks.py [--quick]

What the busiest rank does, which does not depend on the machine: bands times applications of H (on a rank's own plane
waves), FFTs, megabytes handed to MPI. Then seconds on 1 and 2 ranks in turns, the median, since these do. BUILD names the
folder of the build (build/release); `make bench` builds the program, benchmarks/ranks.c.
"""
import argparse
import os
import platform
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build/release")))
MESHES = {(1, 1): 1, (2, 1): 2, (5, 5): 6}  # numbers of k-points that are left by symmetry
N_TURN = 5


def run(n_rank, mesh):
    """Groups, iterations, energy, applications, FFTs, megabytes, seconds."""
    script = '. tests/mpi.sh; export OMPI_MCA_mpi_yield_when_idle=1; exec mpirun --oversubscribe -n "$@"'
    command = ["bash", "-c", script, "mpirun", str(n_rank), os.path.join(BUILD, "benchmarks/ranks"), *map(str, mesh)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0: sys.exit(done.stderr)
    return [float(x) for x in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="up to 3 ranks, one k-point")
    quick = parser.parse_args().quick
    version = subprocess.run([os.path.join(BUILD, "kaimen"), "--version"], capture_output=True, text=True).stdout
    print(f"{version.strip()}; {platform.machine()}, {os.cpu_count()} cores; {time.strftime('%Y-%m-%d')}\n")
    print("| k-points | ranks | groups | iterations | energy - that of one rank, Ha | H per rank | FFTs per rank | MB per rank |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for mesh, n_k in MESHES.items():
        if quick and n_k > 1: continue
        alone = None
        for n_rank in range(1, 4 if quick else 9):
            groups, iterations, energy, n_apply, n_fft, megabytes, _ = run(n_rank, mesh)
            alone = energy if alone is None else alone
            print(f"| {n_k} | {n_rank} | {groups:.0f} | {iterations:.0f} | {energy - alone:.0e} | {n_apply:.0f} | "
                  f"{n_fft:.0f} | {megabytes:.1f} |", flush=True)
    print("\n| k-points | seconds, 1 rank | seconds, 2 ranks | ratio |\n| --- | --- | --- | --- |")
    for mesh, n_k in MESHES.items():
        if quick and n_k > 1: continue
        times = [[run(n_rank, mesh)[-1] for n_rank in (1, 2)] for _ in range(N_TURN)]
        one, two = (statistics.median(column) for column in zip(*times))
        print(f"| {n_k} | {one:.2f} | {two:.2f} | {one / two:.2f} |", flush=True)


if __name__ == "__main__":
    main()
