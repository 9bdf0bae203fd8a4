#!/usr/bin/env python3
"""What one core can do, and how near one SCF of a slab comes to it: Markdown on stdout.

usage: nice benchmarks/kernels.py [--case FILE...] [--quick]

1. benchmarks/kernels.c: bandwidth of the memory, matrix products, FFTs of bands, lines of them in the first cache,
   eigenproblems.
2. The roofline of each case (documents of `kaimen energy`; without any: MgO(100), TiO2(110) and ZnO(10-10)). A kernel's
   attainable time is that of its arithmetic at the rate of a large matrix product, or of an FFT's line in the first
   cache, or that of its operands at the bandwidth of the third cache, whichever is longer. Work is what --timings counts.

BUILD names the folder of the build (build/release); `make bench` builds it.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build/release")))
KAIMEN = os.path.join(BUILD, "kaimen")
sys.path.insert(0, os.path.join(ROOT, "benchmarks", "lib"))
import structures  # noqa: E402

# File and entry of CP2K.
GTH = {"Mg": ("GTH_POTENTIALS", "q2"), "O": ("GTH_POTENTIALS", "q6"), "Zn": ("GTH_POTENTIALS", "q12"), "Ti": ("POTENTIAL_UZH", "q4")}
SLABS = {"MgO(100) 5L": (structures.rocksalt_100("Mg", 4.212, 5), 30, (4, 4, 1)),
         "TiO2(110) 2TL": (structures.rutile_110("Ti", 4.594, 2.959, 0.305, 2, False), 30, (4, 2, 1)),
         "ZnO(10-10) 2L": (structures.wurtzite_1010("Zn", 3.25, 5.207, 2), 40, (2, 2, 1))}
VACUUM_ANG = 10
# Rows of --timings that count work, and what bounds their arithmetic.
BOUND = {"overlap": "product double", "rotate": "product double", "orthonormalise": "product single", "overlap single": "product single",
         "rotate single": "product single", "potential": "line double", "potential single": "line single"}


def measure():
    """Lines of the program as lists of words."""
    text = subprocess.run([os.path.join(BUILD, "benchmarks", "kernels")], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [line.split() for line in text.splitlines()]


def print_kernels(lines):
    print("| kernel | what | GB/s, GFlop/s or us for a band or problem |\n| --- | --- | --- |")
    for words in lines:
        unit = words.pop() if words[-1] == "us" else "GB/s" if words[0] == "memory" else "GFlop/s"
        print(f"| {words[0]} | {' '.join(words[1:-1])} | {float(words[-1]):.0f} {unit} |")


def find_peaks(lines):
    """Rates of large products and of lines in the first cache, GFlop/s, and of copies in the third one, GB/s."""
    def best(head, *words):
        return max(float(w[-1]) for w in lines if w[0] == head and all(x in w for x in words))
    peaks = {f"product {p}": best("rotate", p, "1024x1024x1024") for p in ("double", "single")}
    peaks |= {f"line {p}": best("line", p) for p in ("double", "single")}
    return peaks, best("memory", "copy", "8")


def write_case(folder, name):
    plane, ecut_ha, mesh = SLABS[name]
    cell, atoms = structures.in_vacuum(*plane, VACUUM_ANG)
    lattice = " ".join(f"{x:.10f}" for row in cell for x in row)
    path = os.path.join(folder, "slab.extxyz")
    with open(path, "w") as file:
        file.write(f'{len(atoms)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
        for symbol, *place in atoms:
            file.write(symbol + "".join(f" {x:.10f}" for x in place) + "\n")
    pseudo = ", ".join(f"{s}: {{file: {GTH[s][0]}, entry: GTH-PBE-{GTH[s][1]}}}" for s in sorted({a[0] for a in atoms}))
    case = os.path.join(folder, "case.yaml")
    with open(case, "w") as file:
        file.write(f"structure: {{file: {path}}}\ndft: {{functional: PBE, pseudo: {{{pseudo}}}, ecut: {ecut_ha} Ha, "
                   f"kpoints: {{mesh: {list(mesh)}}}}}\nforces: false\nedges: false\n")
    return case


def read_timers(case):
    """Rows of the table of --timings: depth, name, seconds, GFlop, GB."""
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run([KAIMEN, "energy", os.path.abspath(case), "--timings", "--json", os.path.join(folder, "out.json")],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        with open(os.path.join(folder, "out.json")) as file:
            result = json.load(file)
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("timer "))
    rows = []
    for line in lines[start + 1:]:
        name, values = line[:36], line[36:].split()
        if len(values) < 4 or not values[0].isdigit(): break
        work = [float(x) for x in values[4:6]] or [0, 0]
        rows.append(((len(name) - len(name.lstrip())) // 2, name.strip(), float(values[1]), *work))
    return result, rows


def print_roofline(name, case, peaks, bandwidth):
    result, rows = read_timers(case)
    total_s = next(s for depth, n, s, *_ in rows if n == "scf")
    sums = {}
    for _, kernel, seconds, gflop, gb in rows:
        if gflop > 0: sums[kernel] = [a + b for a, b in zip(sums.get(kernel, [0, 0, 0]), (seconds, gflop, gb))]
    print(f"\n{name}: {result['n_atom']} atoms, {result['n_band']} bands, {result['n_plane_wave']} plane waves, "
          f"{result['scf_iterations']} SCF iterations\n")
    print("| kernel | GFlop | GB | bound by | attainable, s | achieved, s | achieved / attainable | to be gained, s |\n| --- |" + " --- |" * 7)
    attainable_s = achieved_s = 0
    for kernel, (seconds, gflop, gb) in sorted(sums.items(), key=lambda item: -item[1][0]):
        least = {BOUND[kernel]: gflop / peaks[BOUND[kernel]], "memory": gb / bandwidth}
        bound = max(least, key=least.get)
        attainable_s += least[bound]
        achieved_s += seconds
        print(f"| {kernel} | {gflop:.1f} | {gb:.1f} | {bound} | {least[bound]:.2f} | {seconds:.2f} | {100 * least[bound] / max(seconds, 1e-9):.0f} % | "
              f"{seconds - least[bound]:.2f} |")
    rest_s = total_s - achieved_s
    print(f"| all others | | | | | {rest_s:.2f} | | |\n"
          f"| one SCF | | | | {attainable_s:.2f} | {total_s:.2f} | {100 * attainable_s / total_s:.0f} % | {total_s - attainable_s:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs="+", default=[], help="documents of kaimen energy")
    parser.add_argument("--quick", action="store_true", help="the smallest slab only")
    options = parser.parse_args()
    commit = subprocess.run([KAIMEN, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    print(f"{commit}; {model}, one core; {time.strftime('%Y-%m-%d')}\n")
    lines = measure()
    print_kernels([list(words) for words in lines])
    peaks, bandwidth = find_peaks(lines)
    for case in options.case: print_roofline(case, case, peaks, bandwidth)
    if options.case: return
    for name in list(SLABS)[:1 if options.quick else None]:
        with tempfile.TemporaryDirectory() as folder:
            print_roofline(name, write_case(folder, name), peaks, bandwidth)


if __name__ == "__main__":
    main()
