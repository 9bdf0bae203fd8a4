#!/usr/bin/env python3
"""Equations of state of oxides beside those of all-electron codes: V0, B0 and their deviations as a Markdown table on stdout.

usage: nice benchmarks/acwf.py --folder DIR [--family dojo|gth] [--only Mg-XO ...] [--ranks N] [--no-run]

The crystals, the all-electron averages and the columns of other codes are those of E. Bosoni et al., Nat. Rev. Phys. 6, 45
(2024): the files acwf_oxides_PBE.csv and acwf_structures_central_volume.json in $KAIMEN_DATA/acwf. PseudoDojo's UPF files
are looked for in $KAIMEN_SHARED/pseudos/dojo_pbe or the folder of --dojo; GTH-PBE comes from Debian's package cp2k-data.

Each family is some campaigns of kind equation_of_state, one for each cutoff and mesh, with input, ledger and results in DIR; the
same command computes only what is missing. --scale-ecut, --mesh and --no-run show how far the numbers are converged and what
there is so far. KAIMEN names the program (build/release/kaimen).
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


FAMILIES = {
    "dojo": Family("PseudoDojo 0.4 PBE, standard", "abinit_PD04", 45, {"Cd": 55}, {}),
    "gth": Family("GTH-PBE", "cp2k_GTH", 100,
                  {"Ti": 120, "Sc": 120, "Be": 120, "Zn": 140, "Ga": 140, "Na": 200, "Mg": 240},
                  dict.fromkeys(WIDE_GAP, 3)),
}


def parts(name):
    return name.split("-")


def settings(family, name, options):
    """Cutoff and mesh of a crystal."""
    element, kind = parts(name)
    ecut = FAMILIES[family].ecut_of.get(element, FAMILIES[family].ecut) * options.scale_ecut
    return ecut, options.mesh or FAMILIES[family].mesh_of.get(name, MESH[kind])


def campaigns(family, options):
    """(cutoff, mesh) and the crystals that are computed with them; cheap ones first."""
    groups = {}
    for name in options.only or OXIDES:
        groups.setdefault(settings(family, name, options), []).append(name)
    return sorted(groups.items(), key=lambda g: ("X2O3" in g[1][0], g[0][0]))


def campaign_name(family, ecut, mesh, options):
    return f"{family}-{ecut:g}Ha-{mesh}" + "".join("-" + name for name in options.only or [])


def write_poscar(path, name, crystal):
    symbols = sorted({atom[0] for atom in crystal["atoms"]})
    lines = [name, "1.0"] + ["%.12f %.12f %.12f" % tuple(v) for v in crystal["cell"]]
    lines += [" ".join(symbols), " ".join(str(sum(a[0] == s for a in crystal["atoms"])) for s in symbols), "Cartesian"]
    lines += ["%.12f %.12f %.12f" % tuple(a[1:]) for s in symbols for a in crystal["atoms"] if a[0] == s]
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")


def write_campaign(path, family, ecut, mesh, names, options):
    pseudo = options.dojo if family == "dojo" else "GTH-PBE"
    with open(path, "w") as f:
        f.write(f"campaign: {{name: {os.path.basename(path)[:-5]}, kind: equation_of_state}}\n")
        f.write("bulk:\n" + "".join(f"  - {{file: structures/{n}.vasp}}\n" for n in names))
        f.write(f"dft:\n  functional: PBE\n  pseudo: {os.path.abspath(pseudo) if '/' in pseudo else pseudo}\n  ecut: {ecut:g} Ha\n"
                f"  kpoints: {{mesh: [{mesh}, {mesh}, {mesh}], shift: [1, 1, 1]}}\n"
                "  smearing: {kind: fermi-dirac, width: 0.0045 Ry}\n  scf: {energy_tolerance: 1e-6 Ha}\n")


def run(family, data, options):
    """Compute what is missing. Returns the rows of all equations of state by the crystal's name, with cutoff and mesh."""
    rows = {}
    os.makedirs(os.path.join(options.folder, "structures"), exist_ok=True)
    for (ecut, mesh), names in campaigns(family, options):
        name = campaign_name(family, ecut, mesh, options)
        ledger, table = (os.path.join(options.folder, name + e) for e in (".db", ".csv"))
        for crystal in names:
            write_poscar(os.path.join(options.folder, "structures", crystal + ".vasp"), crystal, data[crystal])
        write_campaign(os.path.join(options.folder, name + ".yaml"), family, ecut, mesh, names, options)
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
                rows.update((r["crystal"], dict(r, ecut=ecut, mesh=mesh)) for r in csv.DictReader(f))
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


def deviation(a, b, i):
    return 100 * (a[i] / b[i] - 1)


def print_header(title):
    version = subprocess.run([KAIMEN, "info"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    facts = dict(line.split(None, 1) for line in version if len(line.split(None, 1)) == 2)
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), platform.machine())
    print(f"### {title}\n\nkaimen {facts.get('kaimen')}, commit {facts.get('commit')}, {model}, {datetime.date.today()}.\n")


def print_table(family, rows, references, options):
    """Returns the two medians of |dV0|: of kaimen and of the other code."""
    column = FAMILIES[family].column
    own, other, own_nu, other_nu, own_b, other_b = [], [], [], [], [], []
    print_header(FAMILIES[family].title)
    print(f"| crystal | ecut/Ha | mesh | V0/Ang^3 | B0/GPa | B1 | residual/meV | dV0 % | dV0 % {column} | dB0 % | dB0 % {column} | nu | nu {column} |")
    print("| --- |" + " --- |" * 12)
    for name in options.only or OXIDES:
        row, ae = rows.get(name), reference(references[name], "AE")
        if not row or not row["v0_ang3"]:
            print(f"| {name} | {row['reason'] if row else 'not computed'} |" + " |" * 11)
            continue
        cells = int(references[name]["natoms_cell"]) / int(row["n_atom"])
        found, code = [float(row[k]) for k in ("v0_ang3", "b0_gpa", "b1")], reference(references[name], column)
        found[0] *= cells
        own.append(abs(deviation(found, ae, 0)))
        own_b.append(abs(deviation(found, ae, 1)))
        own_nu.append(nu(found, ae))
        line = [name, f"{row['ecut']:g}", f"{row['mesh']}", f"{found[0]:.3f}", f"{found[1]:.1f}", f"{found[2]:.2f}",
                f"{float(row['residual_mev']):.3f}", f"{deviation(found, ae, 0):+.2f}", "-", f"{deviation(found, ae, 1):+.1f}", "-",
                f"{own_nu[-1]:.2f}", "-"]
        if code:
            other.append(abs(deviation(code, ae, 0)))
            other_b.append(abs(deviation(code, ae, 1)))
            other_nu.append(nu(code, ae))
            line[8], line[10], line[12] = f"{deviation(code, ae, 0):+.2f}", f"{deviation(code, ae, 1):+.1f}", f"{other_nu[-1]:.2f}"
        print("| " + " | ".join(line) + " |")
    print(f"| median of the magnitudes |" + " |" * 6 + f" {median(own):.2f} | {median(other):.2f} | {median(own_b):.1f} | {median(other_b):.1f} |"
          f" {median(own_nu):.2f} | {median(other_nu):.2f} |\n")
    return median(own), median(other), len(own)


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
        own, other, n = print_table(family, rows, references, options)
        print(f"{n} crystals: median |dV0| {own:.3f} %, {FAMILIES[family].column} {other:.3f} %\n", flush=True)
        is_good = is_good and own <= other + 0.1
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
