#!/usr/bin/env python3
"""Make NAME.yaml and NAME.json of the cases below: pw.x on PseudoDojo's files, the input and answer of kaimen.

usage: make.py PSEUDOS [CASE...]

PSEUDOS holds the folders dojo_pbe and dojo_pbesol with one UPF file per element; pw.x stands in the path. NAME.extxyz
is the structure of each case; two cases may share one.
"""
import hashlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from dataclasses import dataclass

BOHR_ANG = 0.529177210903
GPA_PER_HA_BOHR3 = 29421.02648438959
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass
class Case:
    name: str
    ecut_ha: float
    mesh: tuple
    n_band: int
    functional: str = "PBE"
    structure: str = ""  # without one, the name
    conv_thr: float = 1e-13
    smearing_ha: float = 0
    total_moment: object = None  # a number fixes it

    @property
    def family(self):
        return "dojo_" + self.functional.lower()

    @property
    def file(self):
        return (self.structure or self.name) + ".extxyz"


# n_band are the occupied bands and some empty ones.
CASES = [
    Case("si_bulk", 20, (6, 6, 6), 8),
    Case("mgo_bulk", 25, (4, 4, 4), 12),
    Case("mgo_bulk_pbesol", 25, (4, 4, 4), 12, "PBEsol", "mgo_bulk"),
    Case("cao_bulk", 25, (4, 4, 4), 12),
    Case("mgo8_rattled", 20, (2, 2, 2), 36),
    Case("h2o_box", 25, (1, 1, 1), 8),
    Case("al2o3_corundum", 25, (2, 2, 2), 28),
    Case("tio2_rutile", 25, (3, 3, 4), 28),
    Case("tio2_rattled", 20, (2, 2, 2), 28),
    Case("mgo100_5L", 25, (4, 4, 1), 44, conv_thr=1e-11),
    Case("cao100_5L", 20, (4, 4, 1), 44, conv_thr=1e-11),
    Case("tio2110_3TL", 30, (4, 2, 1), 76, conv_thr=1e-11),
    # Cut off cores make waves in the vacuum, where the functional of a spin density has no convention: 40 Ha, no empty states there.
    Case("o2_box_spin", 40, (1, 1, 1), 7, conv_thr=1e-11, total_moment=2),
    Case("nio_afm", 20, (2, 2, 2), 30, conv_thr=1e-11, smearing_ha=0.002),
]


def read_structure(path):
    """Three vectors, Ang, and atoms as (symbol, [x, y, z], moment); no moments: None."""
    with open(path) as f:
        rows = f.read().splitlines()
    numbers = [float(x) for x in rows[1].split('"')[1].split()]
    has_moments = "initial_magmoms" in rows[1]
    atoms = []
    for row in rows[2:]:
        words = row.split()
        atoms.append((words[0], [float(x) for x in words[1:4]], float(words[4]) if has_moments else None))
    return [numbers[0:3], numbers[3:6], numbers[6:9]], atoms


def choose_grid(vectors, ecut_ha):
    """Even products of 2, 3, 5 that hold twice the largest G of a band."""
    sizes = []
    for vector in vectors:
        n = 2 * int(2 * math.sqrt(2 * ecut_ha) * math.hypot(*vector) / BOHR_ANG / (2 * math.pi)) + 2
        while any(n % p == 0 for p in range(7, n + 1) if all(p % q for q in range(2, p))):
            n += 2
        sizes.append(n)
    return sizes


def kinds_of(atoms):
    """Species of pw.x: one for each symbol and sign of the moment."""
    kinds = list(dict.fromkeys((s, m or 0) for s, _, m in atoms))
    names, count = {}, {}
    for symbol, moment in kinds:
        count[symbol] = count.get(symbol, 0) + 1
        names[symbol, moment] = symbol + (str(count[symbol]) if count[symbol] > 1 else "")
    return names


def write_pw(case, vectors, atoms, grid, pseudos, path):
    names = kinds_of(atoms)
    system = ["ibrav=0", f"nat={len(atoms)}", f"ntyp={len(names)}", f"ecutwfc={2 * case.ecut_ha}", f"nbnd={case.n_band}"]
    system += [f"nr{i + 1}={n}" for i, n in enumerate(grid)]
    if atoms[0][2] is not None:
        system.append("nspin=2")
        system += [f"starting_magnetization({i + 1})={m / 10}" for i, (_, m) in enumerate(names) if m]
    if case.total_moment is not None:
        system.append(f"tot_magnetization={case.total_moment}")
    if case.smearing_ha:
        system += ["occupations='smearing'", "smearing='gaussian'", f"degauss={2 * case.smearing_ha}"]
    else:
        system.append("occupations='fixed'")
    row = lambda v: " ".join(f"{x:.12f}" for x in v)
    with open(path, "w") as f:
        f.write("&control\ncalculation='scf', prefix='x', outdir='tmp', tprnfor=.true., tstress=.true.\n"
                f"pseudo_dir='{pseudos}/{case.family}', verbosity='high'\n/\n&system\n" + "\n".join(system) +
                f"\n/\n&electrons\nconv_thr={case.conv_thr}, diago_full_acc=.true., electron_maxstep=200\n/\n"
                "ATOMIC_SPECIES\n" + "".join(f"{names[s, m]} 1 {s}.upf\n" for s, m in names) +
                "CELL_PARAMETERS angstrom\n" + "\n".join(row(v) for v in vectors) + "\nATOMIC_POSITIONS angstrom\n" +
                "".join(f"{names[s, m or 0]} {row(p)}\n" for s, p, m in atoms) +
                f"K_POINTS automatic\n{case.mesh[0]} {case.mesh[1]} {case.mesh[2]} 0 0 0\n")


def floats(element, factor=1):
    return [factor * float(x) for x in element.text.split()]


def rows_of_three(numbers):
    return [[round(x, 10) + 0.0 for x in numbers[i:i + 3]] for i in range(0, len(numbers), 3)]


def read_pw(path, vectors):
    out = xml.parse(path).getroot().find("output")
    if out.find("convergence_info/scf_conv/convergence_achieved").text.strip() != "true":
        sys.exit(f"{path}: not converged")
    bands = out.find("band_structure")
    # pw.x gives k in units of 2 pi/alat: k . a / alat are the fractions.
    alat = float(out.find("atomic_structure").get("alat"))
    cell = [[x / BOHR_ANG / alat for x in v] for v in vectors]
    kpoints = []
    for point in bands.findall("ks_energies"):
        k = floats(point.find("k_point"))
        kpoints.append({"k_frac": [round(sum(x * y for x, y in zip(k, a)), 9) + 0.0 for a in cell],
                        "weight": float(point.find("k_point").get("weight")),
                        "eigenvalues_ha": [round(x, 9) for x in floats(point.find("eigenvalues"))]})
    # With spin each list holds both, and weights sum to 1.
    n_spin = 2 if bands.find("lsda").text.strip() == "true" else 1
    total = sum(k["weight"] for k in kpoints)
    for k in kpoints:
        k["weight"] = round(2 / n_spin * k["weight"] / total, 12)
    return {"energy_ha": float(out.find("total_energy/etot").text),
            "forces_ha_bohr": rows_of_three(floats(out.find("forces"))),
            "stress_gpa": rows_of_three(floats(out.find("stress"), -GPA_PER_HA_BOHR3)),
            "kpoints": kpoints} | read_moments(out, n_spin)


def read_moments(out, n_spin):
    if n_spin == 1:
        return {}
    return {"total_mag": round(float(out.find("magnetization/total").text), 9) + 0.0,
            "abs_mag": round(float(out.find("magnetization/absolute").text), 9)}


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def version_of(log):
    return next(line.split()[2] for line in log.splitlines() if "Program PWSCF" in line)


def write_yaml(case, atoms, grid):
    options = f"  bands: {case.n_band}\n"
    if case.smearing_ha:
        options += f"  smearing: {{kind: gaussian, width: {case.smearing_ha} Ha}}\n"
    if atoms[0][2] is not None:
        options += "  spin: collinear\n"
    if case.total_moment is not None:
        options += f"  total_moment: {case.total_moment}\n"
    with open(os.path.join(HERE, case.name + ".yaml"), "w") as f:
        f.write(f"""# {case.name} with PseudoDojo's files, which are looked for in $KAIMEN_PSEUDO_DIR; made by make.py.
structure: {{file: {case.file}}}
dft:
  functional: {case.functional}
  pseudo: {case.family}
  ecut: {case.ecut_ha} Ha
  grid: {grid}
  kpoints: {{mesh: {list(case.mesh)}}}
{options}  scf: {{energy_tolerance: 1e-10 Ha}}
forces: true
stress: true
""")


def write_json(result, path):
    """One line for each list of numbers."""
    text = json.dumps(result, indent=1)
    while True:
        flat = flatten(text)
        if flat == text:
            break
        text = flat
    with open(path, "w") as f:
        f.write(text + "\n")


def flatten(text):
    return re.sub(r"\[\s+((?:[-+.e\d]+,?\s+)+)\]", lambda m: "[" + " ".join(m.group(1).split()) + "]", text)


def make(case, pseudos):
    vectors, atoms = read_structure(os.path.join(HERE, case.file))
    grid = choose_grid(vectors, case.ecut_ha)
    with tempfile.TemporaryDirectory() as scratch:
        write_pw(case, vectors, atoms, grid, pseudos, os.path.join(scratch, "pw.in"))
        done = subprocess.run(["pw.x", "-in", "pw.in"], cwd=scratch, capture_output=True, text=True)
        if done.returncode != 0 or "JOB DONE" not in done.stdout:
            sys.exit(f"{case.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        result = read_pw(os.path.join(scratch, "tmp/x.save/data-file-schema.xml"), vectors)
    files = {s: sha256(f"{pseudos}/{case.family}/{s}.upf") for s in sorted({a[0] for a in atoms})}
    head = {"case": case.name, "reference": f"pw.x {version_of(done.stdout)}, {case.family}", "n_atom": len(atoms),
            "pseudo_sha256": files}
    write_yaml(case, atoms, grid)
    write_json(head | result, os.path.join(HERE, case.name + ".json"))
    print(f"{case.name} {result['energy_ha']:.9f} Ha", flush=True)


def main():
    pseudos = os.path.abspath(sys.argv[1])
    for case in CASES:
        if len(sys.argv) < 3 or case.name in sys.argv[2:]:
            make(case, pseudos)


if __name__ == "__main__":
    main()
