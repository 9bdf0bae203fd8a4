#!/usr/bin/env python3
"""Surface energy, IP and gap against cutoff, vacuum, k-mesh, thickness and grid: Markdown tables on stdout.

usage: nice benchmarks/convergence.py [--quick] [--folder DIR] [mgo] [tio2]

Each row is a campaign of one surface, `kaimen run` with one process. KAIMEN names the program (build/release/kaimen).
With --folder the campaigns stay, and the same command computes only what is missing.
"""
import argparse
import csv
import datetime
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KAIMEN = os.path.abspath(os.environ.get("KAIMEN", os.path.join(ROOT, "build/release/kaimen")))


@dataclass(frozen=True)
class System:
    title: str
    crystal: str
    miller: str
    pseudo: str
    layer_ang: float  # bulk thickness of one layer
    mesh_spacing: dict  # spacing in 1/bohr that gives a mesh
    base: dict
    series: dict


MGO = System(
    title="MgO(100)", crystal="MgO.cif", miller="[1, 0, 0]", layer_ang=2.1065,
    pseudo="{Mg: {file: GTH_POTENTIALS, entry: GTH-PBE-q2}, O: {file: GTH_POTENTIALS, entry: GTH-PBE-q6}}",
    mesh_spacing={"2x2": 0.57, "3x3": 0.38, "4x4": 0.285, "6x6": 0.19},
    base={"ecut": 35, "vacuum": 12, "k": "4x4", "layers": 3, "grid": 1},
    series={
        "cutoff": [{"ecut": e} for e in (15, 20, 25, 30, 35, 40, 50, 60)],
        "vacuum": [{"vacuum": v} for v in (4, 6, 8, 10, 12, 15)],
        "k-mesh": [{"k": k} for k in ("2x2", "3x3", "4x4", "6x6")],
        "layers": [{"layers": n} for n in (3, 5, 7, 9)],
        "grid": [{"ecut": e, "grid": g} for e in (20, 25, 30, 35) for g in (1, 0.75)],
    })
TIO2 = System(
    title="TiO2(110), rutile", crystal="TiO2-rutile.cif", miller="[1, 1, 0]", layer_ang=3.2482,
    pseudo="{Ti: {file: POTENTIAL_UZH, entry: GTH-PBE-q4}, O: {file: GTH_POTENTIALS, entry: GTH-PBE-q6}}",
    mesh_spacing={"3x2": 0.39, "4x2": 0.29, "5x3": 0.23},
    base={"ecut": 20, "vacuum": 8, "k": "4x2", "layers": 2, "grid": 1},
    series={
        "cutoff": [{"ecut": e} for e in (15, 20, 25, 30)],
        "vacuum": [{"vacuum": v} for v in (6, 8, 12)],
        "k-mesh": [{"k": k} for k in ("3x2", "4x2", "5x3")],
        "layers": [{"layers": n} for n in (2, 3, 4)],
        "grid": [{"grid": g} for g in (1, 0.75)],
    })
SYSTEMS = {"mgo": MGO, "tio2": TIO2}
QUICK = {"cutoff": [{"ecut": e} for e in (15, 20)], "layers": [{"layers": n, "ecut": 20} for n in (2, 3)]}
SETTINGS = {"ecut": "ecut, Ha", "vacuum": "vacuum, Ang", "k": "k-mesh", "layers": "layers", "grid": "grid_factor"}
RESULTS = {"gamma_j_m2": ("gamma, J/m2", "{:.3f}"), "ip_ev": ("IP, eV", "{:.3f}"),
           "ip_direct_ev": ("IP direct, eV", "{:.3f}"), "gap_bulk_ev": ("gap bulk, eV", "{:.3f}"),
           "gap_direct_ev": ("gap slab, eV", "{:.3f}"), "flatness_ha": ("flatness, meV", "{:.1f}"),
           "n_iteration": ("iterations", "{:.0f}"), "time_s": ("slab, s", "{:.1f}")}
MEV_PER_HA = 27211.386
CAMPAIGN = """\
campaign: {{name: one, kind: surface}}
bulk:
  - {{file: {crystal}}}
slab: {{miller: {miller}, thickness: {thickness:.3f} Ang, vacuum: {vacuum} Ang}}
dft:
  quality: standard
  functional: PBE
  ecut: {ecut} Ha
  grid_factor: {grid}
  kpoints: {{spacing: {spacing} 1/bohr}}
  scf: {{energy_tolerance: 1e-8 Ha}}
  pseudo: {pseudo}
"""


def run_campaign(system, settings, folder):
    """One surface with these settings: its row of the table."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "one.yaml"), "w") as file:
        file.write(CAMPAIGN.format(
            crystal=os.path.join(ROOT, "inputs/crystals", system.crystal), miller=system.miller, pseudo=system.pseudo,
            thickness=(settings["layers"] - 0.5) * system.layer_ang, vacuum=settings["vacuum"], ecut=settings["ecut"],
            grid=settings["grid"], spacing=system.mesh_spacing[settings["k"]]))
    done = subprocess.run([KAIMEN, "run", "one.yaml"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{folder}/one.yaml: exit status {done.returncode}\n{done.stderr}")
    with open(os.path.join(folder, "one.csv")) as file:
        rows = list(csv.DictReader(file))
    if len(rows) != 1:
        sys.exit(f"{folder}/one.csv: {len(rows)} surfaces, wanted 1")
    return rows[0]


def cell_text(row, key, form):
    """Levels that do not exist, as without a vacuum plateau, are empty."""
    if not row[key]:
        return "-"
    return form.format(float(row[key]) * (MEV_PER_HA if key == "flatness_ha" else 1))


def print_table(name, system, variants, folder):
    varied = list(dict.fromkeys(key for v in variants for key in v))
    fixed = ", ".join(f"{SETTINGS[k]} {v}" for k, v in system.base.items() if k not in varied)
    heads = [SETTINGS[k] for k in varied] + [head for head, _ in RESULTS.values()]
    print(f"{system.title}, {name}: {fixed}\n\n| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    for variant in variants:
        settings = {**system.base, **variant}
        place = "_".join(str(settings[k]) for k in SETTINGS)
        row = run_campaign(system, settings, os.path.join(folder, system.crystal.split(".")[0], place))
        cells = [str(settings[k]) for k in varied]
        cells += [cell_text(row, key, form) for key, (_, form) in RESULTS.items()]
        if row["outcome"] != "converged":
            cells[-1] += ", " + row["outcome"]
        print("| " + " | ".join(cells) + " |", flush=True)
    print()


def machine():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", nargs="*", choices=[[], *SYSTEMS], help="mgo, tio2; without it, both")
    parser.add_argument("--quick", action="store_true", help="a few cheap rows of MgO")
    parser.add_argument("--folder", help="keep the campaigns here, and continue them")
    options = parser.parse_args()
    version = subprocess.run([KAIMEN, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{version}; {machine()}, 1 process; {datetime.date.today()}\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in ["mgo"] if options.quick else options.system or SYSTEMS:
            system = SYSTEMS[name]
            for series, variants in (QUICK if options.quick else system.series).items():
                print_table(series, system, variants, options.folder or scratch)


if __name__ == "__main__":
    main()
