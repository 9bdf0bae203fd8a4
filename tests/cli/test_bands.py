#!/usr/bin/env python3
"""kaimen energy --bands: bands along a path, density of states and their drawing, of Si and MgO."""
import csv
import json
import math
import os
import subprocess
import sys
import xml.dom.minidom

HA_EV = 27.211386245988
EIGENVALUE_EV = 1e-4
scratch = os.environ["SCRATCH"]
n_failed = 0

# Lattice constant in Ang, atoms, pseudopotentials, cutoff in Ha, mesh. Oxygen below 30 Ha has bands that jump by 0.1 eV
# along a path, where plane waves enter the sphere.
CASES = {
    "si": (5.431, [("Si", 0), ("Si", 0.25)], "GTH-PADE", 8, 6),
    "mgo": (4.212, [("Mg", 0), ("O", 0.5)], "{Mg: {entry: GTH-PADE-q2}, O: {entry: GTH-PADE-q6}}", 32, 2),
}


def check(name, why):
    global n_failed
    n_failed += bool(why)
    print(f"FAIL {name}: {why}" if why else f"ok {name}", flush=True)


def write_case(name):
    a, atoms, pseudo, ecut, mesh = CASES[name]
    h = a / 2
    with open(os.path.join(scratch, name + ".extxyz"), "w") as file:
        file.write(f'2\nLattice="0 {h} {h} {h} 0 {h} {h} {h} 0" Properties=species:S:1:pos:R:3\n')
        for symbol, x in atoms:
            file.write(f"{symbol} {a * x} {a * x} {a * x}\n")
    with open(os.path.join(scratch, name + ".yaml"), "w") as file:
        file.write(f"structure: {{file: {name}.extxyz}}\nforces: false\ndos_width: 0.3 eV\n"
                   f"dft:\n  functional: LDA\n  pseudo: {pseudo}\n  ecut: {ecut} Ha\n"
                   f"  kpoints: {{mesh: [{mesh}, {mesh}, {mesh}]}}\n")


def run(name):
    write_case(name)
    prefix = os.path.join(scratch, name)
    done = subprocess.run([os.environ["KAIMEN"], "energy", prefix + ".yaml", "--json", prefix + ".json", "--bands",
                           prefix], capture_output=True, text=True)
    check(f"{name}_runs", done.stderr[-300:] if done.returncode != 0 else "")
    with open(prefix + ".json") as file:
        result = json.load(file)
    with open(prefix + ".bands.csv") as file:
        bands = list(csv.DictReader(file))
    with open(prefix + ".dos.csv") as file:
        dos = list(csv.DictReader(file))
    return result, bands, dos, prefix + ".bands.svg"


def levels_at(bands, point):
    """Energies of all bands where the path first meets a point, and its k."""
    place = next(r["path_1_bohr"] for r in bands if r["point"] == point)
    rows = [r for r in bands if r["point"] == point and r["path_1_bohr"] == place]
    return [float(r["energy_ev"]) for r in rows], [float(rows[0][f"k_{a}_frac"]) for a in "abc"]


def star(k):
    """Of fcc: k times the primitive vectors, up to a reciprocal vector; Gamma and X are known by it."""
    x = sorted(abs(round(2 * c)) % 2 for c in k)
    return x if all(abs(2 * c - round(2 * c)) < 1e-6 for c in k) else None


def check_mesh(name, result, bands):
    for point in "GX":
        levels, k = levels_at(bands, point)
        same = [p for p in result["kpoints"] if star(p["k_frac"]) == star(k)]
        error = min((max(abs(e - HA_EV * m) for e, m in zip(levels, p["eigenvalues_ha"])) for p in same),
                    default=math.inf)
        check(f"{name}_at_{point}_is_the_mesh", f"{error} eV off" if not error < EIGENVALUE_EV else "")


def check_path(name, bands):
    n_band = max(int(r["band"]) for r in bands)
    places = [float(r["path_1_bohr"]) for r in bands[::n_band]]
    steps = [b - a for a, b in zip(places, places[1:])]
    n_break = sum(s == 0 for s in steps)
    check(f"{name}_path_is_continuous", "" if len(bands) == n_band * len(places) and n_break == 1 and min(steps) == 0
          and max(steps) < 0.03 * places[-1] else f"{n_break} breaks, steps {min(steps)} to {max(steps)}")


def check_edges(name, result, bands):
    zero = HA_EV * result["vbm_ha"]
    off = max(abs(float(r["energy_ev"]) - float(r["above_vbm_ev"]) - zero) for r in bands)
    check(f"{name}_energies_are_above_the_vbm", f"{off} eV off" if off > 1e-8 else "")
    levels = [float(r["above_vbm_ev"]) for r in bands]
    full = sum(1 for e in levels_at(bands, "G")[0] if e - zero < 1e-3)
    inside = [e for e in levels if 1e-6 < e < result["gap_ev"] - 1e-6]
    check(f"{name}_has_four_full_bands_and_nothing_in_the_gap", "" if full == 4 and not inside else f"{full} {inside[:3]}")
    check(f"{name}_direct_gap_is_no_smaller", "" if result["gap_direct_ev"] >= result["gap_ev"] - 1e-9 else "smaller")


def check_dos(name, result, dos):
    energy = [float(r["energy_ev"]) for r in dos]
    total = sum(float(r["dos_1_ev"]) for r in dos) * (energy[-1] - energy[0]) / (len(energy) - 1)
    wanted = 2 * result["n_band"]
    check(f"{name}_states_are_two_per_band", f"{total}, wanted {wanted}" if abs(total - wanted) > 1e-3 else "")


def check_drawing(name, result, path):
    svg = xml.dom.minidom.parse(path)
    texts = ["".join(n.data for n in t.childNodes if n.nodeType == n.TEXT_NODE) for t in svg.getElementsByTagName("text")]
    bands = [p for p in svg.getElementsByTagName("path") if p.getAttribute("class").startswith("band")]
    wanted = {"\u0393", "X", "W", "K|U", "states / eV / cell"}
    check(f"{name}_drawing_has_names_and_bands", "" if wanted <= set(texts) and len(bands) == result["n_band"]
          else f"{texts}, {len(bands)} bands")
    check(f"{name}_drawing_has_its_gap", "" if any(f"gap {result['gap_ev']:.2f} eV" in t for t in texts) else f"{texts}")


def main():
    for name in CASES:
        result, bands, dos, svg = run(name)
        check_mesh(name, result, bands)
        check_path(name, bands)
        check_edges(name, result, bands)
        check_dos(name, result, dos)
        check_drawing(name, result, svg)
        x = levels_at(bands, "X")[1]
        at_gamma = max(abs(c) for c in result["vbm_k_frac"]) < 1e-9
        check(f"{name}_vbm_is_at_gamma", "" if at_gamma else f"{result['vbm_k_frac']}")
        if name == "mgo":
            check("mgo_gap_is_direct", "" if abs(result["gap_direct_ev"] - result["gap_ev"]) < 1e-6 else "not")
            continue
        # On the line to X, 80 to 90 % of the way, in some of its six directions.
        share = max(abs(c) for c in result["cbm_k_frac"]) / max(abs(c) for c in x)
        off_line = sorted(abs(c) for c in result["cbm_k_frac"])
        check("si_cbm_is_between_gamma_and_x", "" if 0.78 < share < 0.92 and off_line[0] < 1e-9
              and abs(off_line[1] - off_line[2]) < 1e-9 else f"{result['cbm_k_frac']}")
        check("si_gap_is_indirect", "" if 0.4 < result["gap_ev"] < 0.7 and 2.3 < result["gap_direct_ev"] < 2.8
              else f"{result['gap_ev']} {result['gap_direct_ev']}")
    return n_failed > 0


if __name__ == "__main__":
    sys.exit(main())
