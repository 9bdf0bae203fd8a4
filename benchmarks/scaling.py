#!/usr/bin/env python3
"""How one SCF scales with the ranks of a team: counted, measured, and predicted for 8, 64 and 512: Markdown on stdout.

usage: nice benchmarks/scaling.py [--quick] [--latency US --bandwidth GB/S]

1. Bytes and calls per SCF iteration that kaimen counted, beside those of the model, for 2 to 8 ranks.
2. Seconds per iteration on 1 and 2 ranks, the least of several runs in turns, beside those of the model.
3. The model for 1, 8, 64 and 512 ranks, with the latency and bandwidth of this machine's memory, found with
   benchmarks/wire.c, and with those of a network: by default 2 us and 1 GB/s for each rank, which is assumed.

The model is described in docs/performance.md. BUILD names the folder of the build (build/release); `make bench` builds it.
"""
import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
import time

import thickness

ROOT = thickness.ROOT
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build/release")))
KAIMEN = os.path.join(BUILD, "kaimen")
SHARING_COST = 0.1  # src/dft/groups.c
SCALAPACK_ABOVE = 600  # dft.scalapack_above
CASE = """structure: {{file: {structure}}}
dft: {{functional: PBE, pseudo: {pseudo}, ecut: 20 Ha, kpoints: {{mesh: {mesh}}},
  precision: {precision}, scf: {{energy_tolerance: 1e-8 Ha}}}}
forces: false
"""
N_TURN = 5
KINDS = ["allreduce", "broadcast", "alltoall", "allgather"]


def start(n_rank, *words):
    script = ('. tests/mpi.sh; export OMPI_MCA_mpi_yield_when_idle=1; exec mpirun --oversubscribe -n "$@"')
    done = subprocess.run(["bash", "-c", script, "mpirun", str(n_rank), *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0: sys.exit(done.stderr)
    return done.stdout


def cut(folder, crystal, miller, spacing, n_layer):
    """Path of a slab's extended XYZ file."""
    plan, slabs = os.path.join(folder, "plan.yaml"), os.path.join(folder, f"{crystal}-{n_layer}")
    with open(plan, "w") as file:
        file.write(thickness.PLAN.format(root=ROOT, crystal=crystal, miller=miller, pseudo=thickness.PSEUDO,
                                         thickness=(n_layer - 0.5) * spacing))
    thickness.run("plan", plan, "--write", slabs)
    return os.path.join(slabs, crystal + "_" + "".join(map(str, miller)) + "a.extxyz")


def times_of(text):
    """Seconds by path of timer, the largest over ranks."""
    times, path = {}, []
    for line in text.splitlines():
        found = re.match(r"( *)(\S+(?: \S+)*) +\d+ +[\d.]+ +[\d.]+ +([\d.]+)$", line)
        if not found: continue
        path = path[:len(found[1]) // 2] + [found[2]]
        times["/".join(path)] = float(found[3])
    return times


class Case:
    """A slab, and what one run of it tells of the work and of what is sent."""

    def __init__(self, folder, name, structure, mesh, precision="mixed"):
        self.folder, self.name = folder, name
        self.case = os.path.join(folder, "case-" + re.sub(r"\W", "-", name) + precision + ".yaml")
        with open(self.case, "w") as file:
            file.write(CASE.format(structure=structure, pseudo=thickness.PSEUDO, mesh=mesh, precision=precision))
        with open(structure) as file:
            self.cell = [float(x) for x in re.search(r'Lattice="([^"]*)"', file.read())[1].split()]

    def run(self, n_rank):
        out = os.path.join(self.folder, "out.json")
        text = start(n_rank, KAIMEN, "energy", self.case, "--json", out, "--timings")
        with open(out) as file:
            return json.load(file), times_of(text)


class Size:
    """What the model needs to know of a calculation: numbers, and the seconds of its parts per iteration on one rank."""

    def __init__(self, result, times):
        comm = result["communication"]
        n = self.n_iteration = comm["scf_iterations"]
        self.n_k, self.n_band = len(result["kpoints"]), result["n_band"]
        self.n_wave = result["n_plane_wave"]
        self.width = 1 if result["is_real"] else 2
        self.n_density_wave, self.n_xc_point = comm["n_density_wave"], comm["n_xc_point"]
        self.n_apply = comm["h_applications"] / n  # bands, over all k-points
        get = lambda path: times.get("scf/" + path, 0) / n
        self.fft = get("bands/H/potential") + get("density")
        self.diagonalise = get("bands/diagonalise")
        self.matrix = get("bands") - get("bands/H/potential") - self.diagonalise
        self.functional = get("xc/functional")
        self.gradient = get("xc") - self.functional
        whole = (times["scf"] - times["scf/start"]) / n
        self.rest = whole - self.fft - self.diagonalise - self.matrix - self.functional - self.gradient
        self.overlap_doubles = self.overlap_calls = self.exchange_calls = 0
        self.number_bytes = 8  # of what is exchanged, on the average

    def learn_calls(self, result, is_mixed):
        """From a run in which ranks share k-points: what is summed and how often, of one k-point."""
        comm = result["communication"]
        n_group, p = comm["groups"], comm["ranks"] // comm["groups"]
        n = comm["scf_iterations"] * -(-self.n_k // n_group)
        for count in comm["counts"]:
            if count["purpose"] == "overlap":
                self.overlap_calls = count["calls"] / n
                self.overlap_doubles = count["bytes_all"] / 8 / comm["scf_iterations"] / self.n_k / p
            if count["purpose"] == "exchange":
                self.exchange_calls = count["calls"] / n
                expected = sent(self, comm["ranks"])["exchange", "alltoall"][2] * comm["scf_iterations"]
                if is_mixed: self.number_bytes *= count["bytes_all"] / expected

    def scaled(self, volume, electrons, n_k):
        """A system with so many times the volume and the electrons, and n_k k-points."""
        large = Size.__new__(Size)
        large.__dict__.update(self.__dict__)
        k = n_k / self.n_k
        large.n_k, large.n_band = n_k, round(self.n_band * electrons)
        for name in ("n_wave", "n_xc_point", "n_density_wave"): setattr(large, name, round(getattr(self, name) * volume))
        large.n_apply *= k * electrons
        large.overlap_doubles *= electrons**2
        large.exchange_calls *= max(1, electrons / 2)
        large.fft *= k * electrons * volume
        large.matrix *= k * electrons**2 * volume
        large.diagonalise *= k * electrons**3
        large.functional *= volume
        large.gradient *= volume
        large.rest *= volume
        return large


def choose_groups(n_rank, n_k):
    """As km_groups_choose()."""
    best, least = 1, math.inf
    for n_group in range(1, min(n_rank, n_k) + 1):
        if n_rank % n_group: continue
        n_shared = n_rank // n_group
        cost = -(-n_k // n_group) * (1 + SHARING_COST * (n_shared - 1)) / n_shared
        if cost <= least: best, least = n_group, cost
    return best


def sent(size, n_rank, n_iteration=None):
    """(purpose, kind) -> calls and bytes of the busiest rank, bytes of all, per iteration; exact but for slices, whose
    lengths differ by one plane wave, and k-points, whose spheres differ by some."""
    if n_rank == 1: return {}
    n_group = choose_groups(n_rank, size.n_k)
    p, n_local = n_rank // n_group, -(-size.n_k // n_group)
    mixes = (n_iteration - 1) / n_iteration if n_iteration else 1
    control = 12 + 20 * mixes + 4 * (n_group > 1)
    density = 16 * ((size.n_density_wave + 1) // 2)  # G = 0 and one of each pair of opposite vectors
    own = [size.n_xc_point * (rank + 1) // n_rank - size.n_xc_point * rank // n_rank for rank in range(n_rank)]
    slopes = [8 * (size.n_xc_point - own[axis % n_rank]) for axis in range(3)]
    table = {("density", "allreduce"): (1, density, density * n_rank),
             ("density", "broadcast"): (mixes, density * mixes, density * mixes),
             # PBE: energy and its derivatives by density and gradient.
             ("potential", "allgather"): (2 * mixes, 16 * -(-size.n_xc_point // n_rank) * mixes, 16 * size.n_xc_point * mixes),
             # Gradients along each axis, from the rank that has it; their part of the potential.
             ("potential", "alltoall"): (mixes, sum(slopes[::n_rank]) * mixes, sum(slopes) * mixes),
             ("potential", "allreduce"): (mixes, density * mixes, density * n_rank * mixes),
             ("control", "allreduce"): (2 + 2 * mixes + (n_group > 1), control, control * n_rank),
             ("control", "broadcast"): (4, 68, 68)}
    levels = (1, 8) if n_group == 1 else (4, 56)
    table["levels", "allreduce"] = (*levels, levels[1] * n_rank)
    if p > 1:
        band = size.number_bytes * size.width * size.n_wave * (1 - 1 / p)
        bands = 2 * size.n_apply + size.n_k * size.n_band
        table["overlap", "allreduce"] = (size.overlap_calls * n_local, 8 * size.overlap_doubles * n_local,
                                         8 * size.overlap_doubles * size.n_k * p)
        table["exchange", "alltoall"] = (size.exchange_calls * n_local, band * bands * n_local / size.n_k / p, band * bands)
    return table


def call_seconds(wires, kind, n_rank, calls, n_byte):
    """n_byte: what a rank hands over; of a gather what all ranks do."""
    latency, rate = wires[kind]
    steps = n_rank - 1 if kind == "alltoall" else math.ceil(math.log2(n_rank))
    share = 2 * (n_rank - 1) / n_rank if kind == "allreduce" else 1
    return calls * latency * steps + share * n_byte / rate


def predict(size, n_rank, wires):
    """Seconds per iteration: k-points, slices or whole bands divided; then what all ranks do; then what they send."""
    n_group = choose_groups(n_rank, size.n_k)
    p, n_local = n_rank // n_group, -(-size.n_k // n_group)
    pairs = max(1, size.n_apply / size.n_k / max(1, size.exchange_calls / 2) / 2) if p > 1 else 1
    dealt = math.ceil(pairs / p - 1e-9) / pairs if p > 1 else 1
    diagonalise = size.diagonalise / (math.sqrt(p) if 2 * size.n_band > SCALAPACK_ABOVE else 1)
    compute = n_local / size.n_k * (size.fft * dealt + size.matrix / p + diagonalise)
    compute += size.functional / n_rank + size.gradient * math.ceil(3 / n_rank) / 3 + size.rest
    send = 0
    for (purpose, kind), (calls, one, all_ranks) in sent(size, n_rank).items():
        shared = p if purpose in ("overlap", "exchange") else n_rank
        send += call_seconds(wires, kind, shared, calls, all_ranks if kind == "allgather" else one)
    return compute, send


def measure_wires():
    """kind -> seconds of a call's step, bytes per second, with 2 ranks."""
    lines = [line.split() for line in start(2, os.path.join(BUILD, "benchmarks/wire")).splitlines()]
    wires = {}
    for kind in KINDS:
        found = [(int(n), 1e-6 * float(t)) for name, n, t in lines if name == kind]
        latency = found[0][1]
        wires[kind] = (latency, found[-1][0] / (found[-1][1] - latency))
    return wires


def print_counts(case, ranks):
    print(f"\n{case.name}:\n")
    print("| ranks | groups | purpose | by | calls | kB by all, counted | kB by all, model | difference |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    size = None
    for n_rank in ranks:
        result, times = case.run(n_rank)
        comm = result["communication"]
        # What the eigensolver takes is learned from the first run in which ranks share k-points; the rest is predicted.
        if size is None: size = Size(result, times)
        if comm["groups"] < n_rank and size.overlap_calls == 0: size.learn_calls(result, False)
        n = comm["scf_iterations"]
        model = sent(size, n_rank, n)
        for count in comm["counts"]:
            kilobytes = count["bytes_all"] / n / 1e3
            expected = model[count["purpose"], count["kind"]][2] / 1e3
            difference = expected / kilobytes - 1
            print(f"| {n_rank} | {comm['groups']} | {count['purpose']} | {count['kind']} | {count['calls'] / n:.1f} | "
                  f"{kilobytes:.3f} | {expected:.3f} | {f'{difference:.0e}' if abs(difference) > 1e-9 else 0} |", flush=True)


def measure(case, n_turn):
    """The size of a case, and its least seconds per iteration on 1 and 2 ranks."""
    best, sizes = {}, {}
    for _ in range(n_turn):
        for n_rank in (1, 2):
            result, times = case.run(n_rank)
            size = Size(result, times)
            seconds = (times["scf"] - times["scf/start"]) / size.n_iteration
            if seconds < best.get(n_rank, math.inf): best[n_rank], sizes[n_rank] = seconds, size
    return sizes[1], best


def print_predictions(sizes, wires, title):
    print(f"\n{title}\n\n| slab | ranks | groups x ranks | compute, s | send, s | speed-up | MB sent by a rank | calls |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, size in sizes:
        alone = sum(predict(size, 1, wires))
        for n_rank in (1, 2, 8, 64, 512):
            compute, send = predict(size, n_rank, wires)
            n_group, table = choose_groups(n_rank, size.n_k), sent(size, n_rank).values()
            print(f"| {name} | {n_rank} | {n_group} x {n_rank // n_group} | {compute:.4f} | {send:.4f} | "
                  f"{alone / (compute + send):.1f} | {sum(row[1] for row in table) / 1e6:.1f} | "
                  f"{sum(row[0] for row in table):.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the small slab only, one turn, 2 and 3 ranks")
    parser.add_argument("--latency", type=float, default=2, help="of a network, microseconds")
    parser.add_argument("--bandwidth", type=float, default=1, help="of a network, GB/s for each rank")
    parser.add_argument("--turns", type=int, default=N_TURN, help="runs of which the fastest counts")
    arguments = parser.parse_args()
    version = subprocess.run([KAIMEN, "--version"], capture_output=True, text=True).stdout
    print(f"{version.strip()}; {platform.machine()}, {os.cpu_count()} cores; {time.strftime('%Y-%m-%d')}")
    wires = measure_wires()
    print("\n| call, 2 ranks | latency, us | GB/s |\n| --- | --- | --- |")
    for kind in KINDS: print(f"| {kind} | {1e6 * wires[kind][0]:.1f} | {1e-9 * wires[kind][1]:.1f} |")
    with tempfile.TemporaryDirectory() as folder:
        mgo = cut(folder, "MgO", [1, 0, 0], 2.1065, 3)
        print_counts(Case(folder, "MgO(100), 3 layers, one k-point", mgo, [1, 1, 1], "double"),
                     [2, 3] if arguments.quick else [2, 4, 8])
        if not arguments.quick:
            print_counts(Case(folder, "MgO(100), 3 layers, 6 k-points", mgo, [4, 4, 1], "double"), [2, 4, 8])
        cases = [Case(folder, "MgO(100), 5 layers", cut(folder, "MgO", [1, 0, 0], 2.1065, 5), [4, 4, 1])]
        if not arguments.quick:
            cases.append(Case(folder, "TiO2(110), 3 trilayers", cut(folder, "TiO2-rutile", [1, 1, 0], 3.2484, 3), [4, 2, 1]))
        sizes = []
        print("\n| slab | k-points | bands | plane waves | s per iteration, 1 rank | 2 ranks | speed-up | model, 2 ranks | speed-up |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for case in cases:
            size, best = measure(case, 1 if arguments.quick else arguments.turns)
            # Ranks that share k-points: more than there are, so that they must.
            size.learn_calls(case.run(2 * size.n_k if size.n_k < 5 else 4)[0], True)
            compute, send = predict(size, 2, wires)
            print(f"| {case.name} | {size.n_k} | {size.n_band} | {size.n_wave} | {best[1]:.4f} | {best[2]:.4f} | "
                  f"{best[1] / best[2]:.2f} | {compute + send:.4f} | {best[1] / (compute + send):.2f} |", flush=True)
            sizes.append((case.name, size))
        # Vacuum as before: volume grows a little slower than the slab.
        if not arguments.quick: sizes.append(("TiO2(110), 6 trilayers, 2x2", sizes[-1][1].scaled(4 * 1.5, 8, 2)))
    print_predictions(sizes, wires, "Memory of this machine between all ranks:")
    network = {kind: (1e-6 * arguments.latency, 1e9 * arguments.bandwidth) for kind in KINDS}
    print_predictions(sizes, network, f"A network of {arguments.latency:g} us and {arguments.bandwidth:g} GB/s for each rank:")


if __name__ == "__main__":
    main()
