#!/usr/bin/env python3
"""Equations of state of oxides beside those of all-electron codes: V0, B0 and their deviations as a Markdown table on stdout.

usage: nice benchmarks/acwf.py --folder DIR [--family dojo|gth] [--only Mg-XO ...] [--ranks N] [--no-run]

The crystals, the all-electron averages and the columns of other codes are those of E. Bosoni et al., Nat. Rev. Phys. 6, 45
(2024): the files acwf_oxides_PBE.csv and acwf_structures_central_volume.json in $KAIMEN_DATA/acwf. PseudoDojo's UPF files
are looked for in $KAIMEN_SHARED/pseudos/dojo_pbe or the folder of --dojo; GTH-PBE comes from Debian's package cp2k-data.

Each family is some campaigns of kind equation_of_state, one for each cutoff and mesh, with input, ledger and results in DIR; the
same command computes only what is missing. --scale-ecut, --mesh and --grid show how far the numbers are converged, --no-run what there is so
far. KAIMEN names the program (build/release/kaimen).
"""
import argparse
import csv
import datetime
import json
import math
import os
import platform
import subprocess
import sys
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KAIMEN = os.path.abspath(os.environ.get("KAIMEN", os.path.join(ROOT, "build/release/kaimen")))

# Oxides of closed-shell ions, the cheap ones first.
OXIDES = ["Mg-XO", "Ca-XO", "Sr-XO", "Ba-XO", "Be-XO", "Zn-XO", "Cd-XO", "Sn-XO", "Pb-XO",
          "Li-X2O", "Na-X2O", "K-X2O", "Rb-X2O",
          "Si-XO2", "Ge-XO2", "Sn-XO2", "Ti-XO2", "Zr-XO2", "Hf-XO2",
          "Al-X2O3", "Ga-X2O3", "Sc-X2O3", "In-X2O3", "Y-X2O3"]
# Divisions of the k-mesh, which is moved by half a step off Gamma.
MESH = {"XO": 4, "X2O": 4, "XO2": 4, "X2O3": 2}
# Of these a mesh of 3 has the same V0 and B0 as one of 4; it spares the harder pseudopotentials a third of the k-points.
WIDE_GAP = ["Mg-XO", "Ca-XO", "Sr-XO", "Ba-XO", "Be-XO", "Na-X2O", "K-X2O", "Rb-X2O", "Si-XO2", "Ti-XO2", "Zr-XO2", "Hf-XO2"]


@dataclass(frozen=True)
class Family:
    """Pseudopotentials, the column of another code with the same kind, and the cutoffs in Ha."""
    title: str
    column: str
    ecut: float
    ecut_of: dict  # of elements that need more
    mesh_of: dict  # other meshes than MESH, of crystals
    finer: dict  # (mesh, grid_factor) for crystals whose curve the others leave uncertain: computed in addition


FAMILIES = {
    "dojo": Family("PseudoDojo 0.4 PBE, standard", "abinit_PD04", 45, {"Cd": 55}, {},
                   {"Na-X2O": (4, 1.5), "Pb-XO": (6, 1), "Sn-XO": (8, 1), "Ge-XO2": (8, 1), "Al-X2O3": (3, 1)}),
    "gth": Family("GTH-PBE", "cp2k_GTH", 100,
                  {"Ti": 120, "Sc": 120, "Be": 120, "Zn": 140, "Ga": 140, "Na": 200, "Mg": 240},
                  dict.fromkeys(WIDE_GAP, 3), {}),
}


def parts(name):
    return name.split("-")


@dataclass(frozen=True)
class Settings:
    """One campaign of a family."""
    ecut: float
    mesh: int
    grid: float = 1  # grid_factor

    def name(self, family):
        return f"{family}-{self.ecut:g}Ha-{self.mesh}" + (f"-grid{self.grid:g}" if self.grid != 1 else "")


def cutoff(family, name, options):
    return FAMILIES[family].ecut_of.get(parts(name)[0], FAMILIES[family].ecut) * options.scale_ecut


def campaigns(family, options):
    """Settings and the crystals that are computed with them; cheap ones first, the finer ones last."""
    base, finer = {}, {}
    for name in options.only or OXIDES:
        mesh = options.mesh or FAMILIES[family].mesh_of.get(name, MESH[parts(name)[1]])
        base.setdefault(Settings(cutoff(family, name, options), mesh, options.grid), []).append(name)
        if name in FAMILIES[family].finer and not options.mesh and options.grid == 1:
            finer.setdefault(Settings(cutoff(family, name, options), *FAMILIES[family].finer[name]), []).append(name)
    groups = sorted(base.items(), key=lambda g: ("X2O3" in g[1][0], g[0].ecut))
    return groups + sorted(finer.items(), key=lambda g: g[0].ecut)


def write_poscar(path, name, crystal):
    symbols = sorted({atom[0] for atom in crystal["atoms"]})
    lines = [name, "1.0"] + ["%.12f %.12f %.12f" % tuple(v) for v in crystal["cell"]]
    lines += [" ".join(symbols), " ".join(str(sum(a[0] == s for a in crystal["atoms"])) for s in symbols), "Cartesian"]
    lines += ["%.12f %.12f %.12f" % tuple(a[1:]) for s in symbols for a in crystal["atoms"] if a[0] == s]
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")


def write_campaign(path, family, settings, names, options):
    pseudo = options.dojo if family == "dojo" else "GTH-PBE"
    with open(path, "w") as f:
        f.write(f"campaign: {{name: {os.path.basename(path)[:-5]}, kind: equation_of_state}}\n")
        f.write("bulk:\n" + "".join(f"  - {{file: structures/{n}.vasp}}\n" for n in names))
        f.write(f"dft:\n  functional: PBE\n  pseudo: {os.path.abspath(pseudo) if '/' in pseudo else pseudo}\n  ecut: {settings.ecut:g} Ha\n"
                f"  kpoints: {{mesh: {[settings.mesh] * 3}, shift: [1, 1, 1]}}\n  grid_factor: {settings.grid:g}\n"
                "  smearing: {kind: fermi-dirac, width: 0.0045 Ry}\n  scf: {energy_tolerance: 1e-6 Ha}\n")


def run(family, data, options):
    """Compute what is missing. Returns the rows of all equations of state with their settings, by the crystal's name."""
    rows = {}
    os.makedirs(os.path.join(options.folder, "structures"), exist_ok=True)
    for settings, names in campaigns(family, options):
        name = settings.name(family)
        ledger, table = (os.path.join(options.folder, name + e) for e in (".db", ".csv"))
        for crystal in names:
            write_poscar(os.path.join(options.folder, "structures", crystal + ".vasp"), crystal, data[crystal])
        write_campaign(os.path.join(options.folder, name + ".yaml"), family, settings, names, options)
        if not options.no_run:
            print(f"{name}: {len(names)} crystals", file=sys.stderr, flush=True)
            command = [KAIMEN, "run", name + ".yaml"]
            if options.ranks > 1:
                command = ["mpirun", "--oversubscribe", "-n", str(options.ranks)] + command
            done = subprocess.run(command, cwd=options.folder, stdout=subprocess.PIPE, env=dict(os.environ, OMP_NUM_THREADS="1"))
            if done.returncode not in (0, 2):
                sys.exit(f"{name}: kaimen ended with {done.returncode}")
        if os.path.exists(ledger):
            subprocess.run([KAIMEN, "export", ledger, "--csv", table], check=True, stdout=subprocess.DEVNULL)
            with open(table, newline="") as f:
                for row in csv.DictReader(f):
                    rows.setdefault(row["crystal"], []).append(dict(row, settings=settings))
    return rows


def read_references(folder):
    with open(os.path.join(folder, "acwf_structures_central_volume.json")) as f:
        crystals = json.load(f)["oxides"]["PBE"]
    with open(os.path.join(folder, "acwf_oxides_PBE.csv"), newline="") as f:
        references = {f"{r['element']}-{r['config']}": r for r in csv.DictReader(f)}
    return crystals, references


def reference(row, column):
    """V0 of the reference's cell in Ang^3, B0 in GPa, B1; None where a code has none."""
    values = [row[key] for key in (f"V0_{column}_A3percell", f"B0_{column}_GPa", f"B1_{column}")]
    return [float(v) for v in values] if all(values) else None


def nu(a, b):
    """Distance of two equations of state (V0, B0, B1): Bosoni et al., eq. 3, with their weights 1, 1/20, 1/400."""
    return 100 * math.sqrt(sum((w * 2 * (x - y) / (x + y))**2 for w, x, y in zip((1, 1 / 20, 1 / 400), a, b)))


def median(values):
    values = sorted(values)
    n = len(values)
    return math.nan if n == 0 else (values[(n - 1) // 2] + values[n // 2]) / 2


def print_header(title):
    version = subprocess.run([KAIMEN, "info"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    facts = dict(line.split(None, 1) for line in version if len(line.split(None, 1)) == 2)
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), platform.machine())
    print(f"### {title}\n\nkaimen {facts.get('kaimen')}, commit {facts.get('commit')}, {model}, {datetime.date.today()}.\n")


def equation(row, n_atom):
    """V0 of a cell of n_atom, B0, B1."""
    values = [float(row[key]) for key in ("v0_ang3", "b0_gpa", "b1")]
    return [values[0] * n_atom / int(row["n_atom"])] + values[1:]


def compare(found, other, ae):
    """Deviations of two codes from the all-electron values: of V0 and B0 in per cent, nu; NaN where a code has none."""
    return [f(code) if code else math.nan for f in (lambda e: 100 * (e[0] / ae[0] - 1), lambda e: 100 * (e[1] / ae[1] - 1), lambda e: nu(e, ae))
            for code in (found, other)]


def cell(value, text):
    return "-" if math.isnan(value) else text % value


def print_table(family, rows, references, options):
    """Every equation of state; the last of a crystal counts. Returns the medians of |dV0| of kaimen and of the other code."""
    column = FAMILIES[family].column
    counted = []
    formats = ("%+.2f", "%+.2f", "%+.1f", "%+.1f", "%.2f", "%.2f")
    print_header(FAMILIES[family].title)
    print(f"| crystal | ecut/Ha | mesh | grid | V0/Ang^3 | B0/GPa | B1 | residual/meV | dV0/% | {column} | dB0/% | {column} | nu | {column} |")
    print("| --- |" + " --- |" * 13)
    for name in options.only or OXIDES:
        for row in rows.get(name, []):
            s = row["settings"]
            start = f"| {name} | {s.ecut:g} | {s.mesh} | {s.grid:g} |"
            if not row["v0_ang3"]:
                print(start, "|" * 9, row["reason"], "|")
                continue
            found = equation(row, int(references[name]["natoms_cell"]))
            values = compare(found, reference(references[name], column), reference(references[name], "AE"))
            print(start, f"{found[0]:.3f} | {found[1]:.1f} | {found[2]:.2f} | {float(row['residual_mev']):.3f} |",
                  " | ".join(cell(v, f) for v, f in zip(values, formats)), "|")
        if rows.get(name) and rows[name][-1]["v0_ang3"]:
            counted.append([abs(v) for v in values])
    medians = [median([c[i] for c in counted if not math.isnan(c[i])]) for i in range(6)]
    print("| median of the magnitudes |" + " |" * 7, " | ".join("%.3f" % m if i < 2 else "%.2f" % m for i, m in enumerate(medians)), "|")
    print(f"\n{len(counted)} crystals: median |dV0| {medians[0]:.3f} %, {column} {medians[1]:.3f} %\n", flush=True)
    return medians[0], medians[1]


def main():
    shared = os.environ.get("KAIMEN_SHARED", os.path.join(ROOT, "../shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", required=True, help="of inputs, ledgers and results; made where it does not exist")
    parser.add_argument("--data", default=os.path.join(os.environ.get("KAIMEN_DATA", os.path.join(ROOT, "../shared/data")), "acwf"))
    parser.add_argument("--dojo", default=os.path.join(shared, "pseudos/dojo_pbe"), help="folder of PseudoDojo's UPF files for PBE")
    parser.add_argument("--family", action="append", choices=sorted(FAMILIES), help="without it, both")
    parser.add_argument("--only", nargs="+", metavar="CRYSTAL", help=f"of {' '.join(OXIDES)}")
    parser.add_argument("--ranks", type=int, default=1, help="of mpirun; 1: without it")
    parser.add_argument("--scale-ecut", type=float, default=1, metavar="FACTOR", help="of every cutoff")
    parser.add_argument("--mesh", type=int, help="divisions of the k-mesh of all crystals")
    parser.add_argument("--grid", type=float, default=1, help="grid_factor of all crystals")
    parser.add_argument("--no-run", action="store_true", help="only the table of what there is")
    options = parser.parse_args()
    if not os.path.isdir(options.data):
        sys.exit(f"{options.data}: no such folder; wanted the ACWF data (KAIMEN_DATA or --data)")
    crystals, references = read_references(options.data)
    unknown = [name for name in options.only or [] if name not in crystals]
    if unknown:
        sys.exit(f"no such crystal in the data: {' '.join(unknown)}")
    is_good = True
    for family in options.family or sorted(FAMILIES):
        if family == "dojo" and not os.path.isdir(options.dojo):
            sys.exit(f"{options.dojo}: no such folder; wanted PseudoDojo's UPF files (KAIMEN_SHARED or --dojo)")
        rows = run(family, crystals, options)
        own, other = print_table(family, rows, references, options)
        is_good = is_good and own <= other + 0.1
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
