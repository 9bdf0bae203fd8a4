"""Inputs of kaimen, pw.x and abinit for one slab on equal terms, and what they say about it.

In every code: the same pseudopotential parameters, cutoff, FFT grid, mesh, bands and functional; forces and no stress;
symmetry as each finds it; the threshold of the energy TOLERANCE_HA. A setting is a choice that a code's user has.

H applications of pw.x: it counts the FFTs of bands, one way (fftw). Two are an application of H; one for each band, k-point
and iteration makes the density. Those of the start are in both codes' counts.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field

from structures import write_extxyz

BOHR_ANG = 0.529177210903
TOLERANCE_HA = 1e-7
ATOMIC_NUMBER = {"O": 8, "Be": 4, "Mg": 12, "Al": 13, "Si": 14, "Ca": 20, "Ti": 22, "Zn": 30, "Sr": 38, "Zr": 40, "Sn": 50, "Ba": 56}
GTH_FOLDERS = [os.environ.get("CP2K_DATA_DIR", ""), "/usr/share/cp2k"]


@dataclass
class Result:
    """Of one run; None is what a code does not say."""
    wall_s: float
    user_s: float
    memory_mb: float  # of its largest process
    energy_ha: float = None
    is_converged: bool = False
    n_scf: int = None
    n_apply: float = None
    n_fft: float = None
    n_k: int = None
    n_pw: int = None
    text: str = field(default="", repr=False)


def execute(command, folder, n_process, limit_s):
    """Output and cost of a command on so many processes; what runs longer than limit_s is ended."""
    if n_process > 1: command = ["mpirun", "--oversubscribe", "-np", str(n_process), *command]
    out = os.path.join(folder, "out.txt")
    start = time.monotonic()
    with open(out, "wb") as file:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        usage = wait(process, start + limit_s)
    wall_s = time.monotonic() - start
    with open(out, errors="replace") as file:
        return Result(wall_s, usage.ru_utime, usage.ru_maxrss / 1024, text=file.read())


def wait(process, end):
    """Use of the process and of what it waited for."""
    while True:
        pid, _, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = 0
            return usage
        if time.monotonic() > end:
            os.killpg(process.pid, signal.SIGKILL)
            end = float("inf")
        time.sleep(0.005)


def floats(row):
    return " ".join(f"{x:.10f}" for x in row)


class Kaimen:
    name = "kaimen"
    settings = ({},)
    settings_two = ({},)

    def __init__(self, program, is_lite=False):
        self.program = program
        self.is_lite = is_lite
        if is_lite: self.name = "kaimen lite"

    def prepare(self, slab, folder, setting):
        pseudo = ", ".join(f"{s}: {{file: {f}, entry: {e}}}" for s, (f, e) in slab.pseudo.items())
        own = ("quality: lite" if self.is_lite else
               f"ecut: {slab.ecut_ha} Ha\n  grid: {slab.grid}\n  kpoints: {{mesh: {slab.mesh}}}\n  bands: {slab.n_band}\n"
               f"  scf: {{energy_tolerance: {TOLERANCE_HA} Ha}}")
        write_extxyz(os.path.join(folder, "slab.extxyz"), slab.cell, slab.atoms)
        with open(os.path.join(folder, "case.yaml"), "w") as file:
            file.write(f"structure: {{file: slab.extxyz, vacuum_axis: {'c' if slab.is_slab else 'none'}}}\n"
                       f"dft:\n  functional: PBE\n  pseudo: {{{pseudo}}}\n  {own}\nforces: true\nedges: false\n")

    def run(self, slab, folder, setting, n_process, limit_s):
        path = os.path.join(folder, "out.json")
        result = execute([self.program, "energy", "case.yaml", "--timings", "--json", path], folder, n_process, limit_s)
        if not os.path.exists(path): return result
        with open(path) as file:
            data = json.load(file)
        # At the full settings a retry is not the same calculation; at the cutoff of lite a gap may close and be smeared.
        is_same = self.is_lite or not data["retries"]
        result.energy_ha, result.is_converged = data["energy_ha"], data["outcome"] == "converged" and is_same
        result.n_scf, result.n_apply = data["scf_iterations"], data["h_applications"]
        result.n_k, result.n_pw = len(data["kpoints"]), data["n_plane_wave"]
        # Two real bands share an FFT: two ways for H, one for the density.
        n_density = data["scf_iterations"] * result.n_k * data["n_electron"] / 2
        result.n_fft = (2 * data["h_applications"] + n_density) / (2 if data["is_real"] else 1)
        return result


class Pw:
    name = "pw.x"
    settings = ({"diagonalization": "david"}, {"diagonalization": "david", "mixing_mode": "local-TF"}, {"diagonalization": "cg"},
                {"diagonalization": "ppcg"}, {"diagonalization": "paro"})
    # One choice more of two processes: plane waves or k-points are shared.
    settings_two = ({"nk": 2}, {"nk": 1})

    def __init__(self, kaimen, folder):
        self.kaimen = kaimen
        self.folder = folder  # of UPF files

    def write_pseudo(self, symbol, file, entry):
        """The GTH parameters with the density and the orbitals of kaimen's pseudo-atom."""
        path = os.path.join(self.folder, f"{symbol}-{file}-{entry}.upf")
        if not os.path.exists(path):
            subprocess.run([self.kaimen, "pseudo", symbol, "--file", file, "--entry", entry, "--upf", path], check=True,
                           stdout=subprocess.DEVNULL)
        return os.path.basename(path)

    def prepare(self, slab, folder, setting):
        electrons = ", ".join(f"{key}='{value}'" for key, value in setting.items() if key != "nk")
        grid = ", ".join(f"nr{i + 1}={n}" for i, n in enumerate(slab.grid))
        kpoints = "gamma" if slab.mesh == [1, 1, 1] else "automatic\n" + " ".join(map(str, slab.mesh)) + " 0 0 0"
        species = "".join(f"{s} 1 {self.write_pseudo(s, *slab.pseudo[s])}\n" for s in slab.species)
        with open(os.path.join(folder, "pw.in"), "w") as file:
            file.write(f"&control\ncalculation='scf', pseudo_dir='{self.folder}', outdir='{folder}', disk_io='none', tprnfor=.true.\n"
                       "verbosity='high'\n/\n"
                       f"&system\nibrav=0, nat={len(slab.atoms)}, ntyp={len(slab.species)}, ecutwfc={2 * slab.ecut_ha}, nbnd={slab.n_band}\n"
                       f"{grid}\n/\n"
                       f"&electrons\nconv_thr={2 * TOLERANCE_HA}, {electrons}\n/\nATOMIC_SPECIES\n{species}CELL_PARAMETERS angstrom\n"
                       + "".join(floats(row) + "\n" for row in slab.cell) + "ATOMIC_POSITIONS angstrom\n"
                       + "".join(f"{s} {floats(place)}\n" for s, *place in slab.atoms) + f"K_POINTS {kpoints}\n")

    def run(self, slab, folder, setting, n_process, limit_s):
        command = ["pw.x", "-in", "pw.in", "-nk", str(setting.get("nk", 1))]
        result = execute(command, folder, n_process, limit_s)
        energy = re.findall(r"^!\s+total energy\s+=\s+(\S+)", result.text, re.M)
        if not energy or "JOB DONE" not in result.text: return result  # the limit may end it after the energy
        result.energy_ha, result.is_converged = float(energy[-1]) / 2, True
        result.n_scf = len(re.findall("iteration #", result.text))
        result.n_k = int(re.search(r"number of k points=\s+(\d+)", result.text).group(1))
        # Of one process and of one pool: only a run on one process counts them all.
        if n_process == 1:
            result.n_fft = int(re.search(r"fftw +:.*\( *(\d+) calls\)", result.text).group(1))
            result.n_apply = (result.n_fft - result.n_scf * result.n_k * slab.n_band) / 2
        return result


class Abinit:
    name = "abinit"
    settings = ({}, {"wfoptalg": 114})
    settings_two = ({}, {"paral_kgb": 1, "npband": 2, "npkpt": 1, "npfft": 1})

    def __init__(self, folder):
        self.folder = folder  # of pseudopotentials

    def write_pseudo(self, symbol, file, entry):
        path = os.path.join(self.folder, f"{symbol}-{file}-{entry}.hgh")
        if not os.path.exists(path):
            with open(path, "w") as out:
                out.write(psp10(symbol, read_gth(symbol, file, entry)))
        return path

    def prepare(self, slab, folder, setting):
        pseudos = ", ".join(self.write_pseudo(s, *slab.pseudo[s]) for s in slab.species)
        options = "".join(f"{key} {value}\n" for key, value in setting.items())
        kind = {s: i + 1 for i, s in enumerate(slab.species)}
        for name in os.listdir(folder):
            if name.startswith("run"): os.remove(os.path.join(folder, name))
        with open(os.path.join(folder, "run.abi"), "w") as file:
            file.write("acell 3*1.0\nrprim\n" + "".join(floats(x / BOHR_ANG for x in row) + "\n" for row in slab.cell)
                       + f"ntypat {len(kind)}\nznucl {' '.join(str(ATOMIC_NUMBER[s]) for s in kind)}\nnatom {len(slab.atoms)}\n"
                       f"typat {' '.join(str(kind[a[0]]) for a in slab.atoms)}\nxcart\n"
                       + "".join(floats(x / BOHR_ANG for x in place) + "\n" for _, *place in slab.atoms)
                       + f'pp_dirpath ""\npseudos "{pseudos}"\necut {slab.ecut_ha}\nboxcutmin 2.0\nixc 11\nnband {slab.n_band}\n'
                       f"ngfft {' '.join(map(str, slab.grid))}\nkptopt 1\nngkpt {' '.join(map(str, slab.mesh))}\nnshiftk 1\nshiftk 0 0 0\n"
                       f"nstep 200\ntoldfe {TOLERANCE_HA}\noptstress 0\nprtwf 0\nprtden 0\nprteig 0\nprtgsr 0\nprtebands 0\nchksymbreak 0\n"
                       f"chksymtnons 0\noccopt 1\ndiemac 4.0\n{options}")

    def run(self, slab, folder, setting, n_process, limit_s):
        result = execute(["abinit", "run.abi"], folder, n_process, limit_s)
        energy = re.findall(r"^\s*etotal\s+(\S+)$", result.text, re.M)
        if not energy or not re.search(r"At SCF step +\d+, etot is converged", result.text): return result
        result.energy_ha, result.is_converged = float(energy[-1].replace("D", "E")), True
        result.n_scf = len(set(re.findall(r"^ ETOT +(\d+) ", result.text, re.M)))
        return result


def read_gth(symbol, file, entry):
    """The lines of numbers of an entry."""
    path = next(p for p in (os.path.join(f, file) for f in GTH_FOLDERS if f) if os.path.exists(p))
    with open(path) as text:
        lines = text.read().splitlines()
    start = next(i for i, line in enumerate(lines) if line.split()[:1] == [symbol] and entry in line.split()[1:])
    end = next(i for i in range(start + 1, len(lines)) if lines[i].startswith("#") or lines[i].strip()[:1].isalpha())
    return [line.split() for line in lines[start + 1:end] if line.strip()]


def psp10(symbol, rows):
    """
    An entry as abinit's format 10; the spin-orbit coefficients that it wants behind each p, d and f channel are zero. It wants
    at least one channel: an entry that is all local has one of strength zero.
    """
    charge = sum(int(x) for x in rows[0])
    n_channel, rest = (int(rows[2][0]), rows[3:]) if rows[2][0] != "0" else (1, [["0.3", "1", "0.0"]])
    text = [f"{symbol}, GTH parameters of CP2K", f"{ATOMIC_NUMBER[symbol]} {charge} 260101 zatom zion pspdat",
            f"10 11 {n_channel - 1} 0 2001 0 pspcod pspxc lmax lloc mmax r2well", " ".join(rows[1]), str(n_channel)]
    for l in range(n_channel):
        n = int(rest[0][1])
        text += [" ".join(row) for row in rest[:max(n, 1)]]
        if l > 0: text += [" ".join(["0.0"] * (n - i)) for i in range(n)]
        rest = rest[max(n, 1):]
    return "\n".join(text) + "\n"


def has_peer(name):
    return shutil.which(name) is not None
