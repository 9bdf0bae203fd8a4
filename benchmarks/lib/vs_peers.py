"""kaimen beside pw.x and abinit on oxide slabs, on equal terms: Markdown tables on stdout, progress on stderr.

usage: nice benchmarks/vs_peers.sh [--quick] [--long] [--runs N] [--slabs NAME...] [--json FILE] ...

Same pseudopotentials, cutoff, FFT grid, k-points, bands and threshold of the energy (1e-7 Ha); forces in all codes, stress
in none. pw.x has the GTH parameters as UPF with the density and orbitals of kaimen's pseudo-atom. First each code runs each
slab once with every choice of its settings (diagonaliser, mixing, pools), a choice being ended when it is slower than the
best one so far; the fastest that converges is timed, in rounds of one run of each code, and ratios are those of a round.
Then two processes. "lite" is kaimen with quality: lite and nothing else set, beside the others' full settings. What
`kaimen` is slower at than the aim comes with its timing tree. KAIMEN names the program, KAIMEN_SHARED the folder of the
reference cases. Ends with 1 where a run fails or final energies differ by more than 1e-5 Ha per atom.
"""
import argparse
import dataclasses
import glob
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time

import peer_codes
import peer_report
import peer_slabs

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KAIMEN = os.path.abspath(os.environ.get("KAIMEN", os.path.join(ROOT, "build/release/kaimen")))
LEAST_LIMIT_S = 10  # of a choice of settings, whatever the best one takes
# A choice may take so many times the best one's seconds by the wall; CPU time is less than that on a machine that is shared.
PATIENCE = {"wall": 1.05, "user": 4}


def note(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def version_of(name):
    """pw.x tells it only at the head of its output."""
    words = [name] if name == "pw.x" else [name, "--version"]
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder).stdout
    return re.search(r"PWSCF v\.(\S+)", text).group(1) if name == "pw.x" else text.strip()


def header(names):
    info = subprocess.run([KAIMEN, "info"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    facts = dict(line.split(None, 1) for line in info if len(line.split(None, 1)) == 2)
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "")
    blas = " ".join(os.path.realpath(p) for p in glob.glob("/etc/alternatives/libblas.so.3*"))
    peers = ", ".join(f"{name} {version_of(name)}" for name in names)
    return f"kaimen {facts['kaimen']}, commit {facts['commit']}; {peers} with {blas}; {model}, {os.cpu_count()} cores"


def choose(slab, code, folder, n_process, settings, options):
    """The fastest of the settings that converges, and seconds of each; the first one where there is no choice."""
    best, best_s, tried = None, options.limit, []
    if len(settings) == 1: return settings[0], tried
    for setting in settings:
        code.prepare(slab, folder, setting)
        result = code.run(slab, folder, setting, n_process, min(options.limit, max(PATIENCE[options.clock] * best_s, LEAST_LIMIT_S)))
        seconds = cost(result, options)
        tried.append({"setting": setting, "seconds": seconds, "is_converged": result.is_converged})
        note(f"  {code.name} {label(setting)}: {f'{seconds:.1f} s' if result.is_converged else 'slower or not converged'}")
        if result.is_converged and seconds < best_s: best, best_s = setting, seconds
    return best if best is not None else settings[0], tried


def label(setting):
    return ", ".join(f"{key} {value}" for key, value in setting.items()) or "default"


def cost(result, options):
    return result.user_s if options.clock == "user" else result.wall_s


def settings_of(slab, code, folder, n_process, options, single):
    """What is timed on so many processes; on two the choice of one process goes with each choice more, without it the first one."""
    if n_process == 1: choices = list(code.settings)
    else: choices = [{**one, **more} for one in ([single] if single else code.settings[:1]) for more in code.settings_two]
    if not options.tune: return choices[0], []
    return choose(slab, code, folder, n_process, choices, options)


def time_slab(slab, codes, options, scratch):
    """Everything about one slab, as plain values."""
    row = {"name": slab.name, "n_atom": len(slab.atoms), "inversion": slab.inversion, "ecut_ha": slab.ecut_ha, "grid": slab.grid,
           "n_band": slab.n_band, "setting": {}, "tried": {}, "runs": {}, "tree": ""}
    folders = {code.name: os.path.join(scratch, re.sub(r"\W", "_", f"{slab.name} {code.name}")) for code in codes}
    for folder in folders.values():
        os.makedirs(folder, exist_ok=True)
    single = {}
    for n_process in options.processes:
        found = {c.name: settings_of(slab, c, folders[c.name], n_process, options, single.get(c.name)) for c in codes}
        chosen = {name: setting for name, (setting, _) in found.items()}
        if n_process == 1: single = chosen
        row["setting"][str(n_process)] = {name: label(setting) for name, setting in chosen.items()}
        row["tried"][str(n_process)] = {name: tried for name, (_, tried) in found.items()}
        row["runs"][str(n_process)] = run_rounds(slab, codes, folders, chosen, n_process, options, row)
    return row


def run_rounds(slab, codes, folders, chosen, n_process, options, row):
    runs = {code.name: [] for code in codes}
    for i in range(options.runs):
        for code in codes:
            folder, setting = folders[code.name], chosen[code.name]
            code.prepare(slab, folder, setting)
            result = code.run(slab, folder, setting, n_process, options.limit)
            if not result.is_converged: note(f"  {code.name}: no convergence; the end of its output:\n{result.text[-1000:]}")
            if code.name == "kaimen" and n_process == 1: row["tree"] = result.text[result.text.find("\ntimer "):].strip()
            values = dataclasses.asdict(result)
            del values["text"]
            runs[code.name].append(values)
        seconds = ", ".join(f"{name} {cost(results_of(runs, name), options):.2f}" for name in runs)
        note(f"  {slab.name}, {n_process} process{'es' if n_process > 1 else ''}, round {i + 1}: {seconds} s")
    return runs


def results_of(runs, name):
    return argparse.Namespace(**runs[name][-1])


def select(options):
    slabs = peer_slabs.own_slabs()
    references, why = peer_slabs.reference_slabs(options.long)
    if why: note(why)
    if options.quick: return slabs[:2], why
    slabs += references
    if options.slabs: slabs = [s for s in slabs if any(n in s.name for n in options.slabs)]
    return slabs, why


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the two smallest slabs, one round, no choice of settings: a minute")
    parser.add_argument("--long", action="store_true", help="TiO2(110) of the reference cases with Ti q12 too")
    parser.add_argument("--runs", type=int, default=5, help="rounds (5)")
    parser.add_argument("--slabs", nargs="+", metavar="NAME", help="only slabs whose name holds one of these")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2], choices=[1, 2], help="1 2")
    parser.add_argument("--no-tune", dest="tune", action="store_false", help="each code's first choice of settings")
    parser.add_argument("--no-abinit", action="store_true", help="only pw.x")
    parser.add_argument("--clock", choices=["wall", "user"], default="wall", help="user: CPU time, for a machine that does something else as well")
    parser.add_argument("--limit", type=float, default=3600, help="seconds that one run may take (3600)")
    parser.add_argument("--json", metavar="FILE", help="raw data, written after each slab; slabs that it holds are not run again")
    parser.add_argument("--keep", metavar="FOLDER", help="where inputs and outputs stay")
    options = parser.parse_args()
    if options.quick: options.runs, options.tune = 1, False
    return options


def stored(options, made_by):
    """The rows of an earlier run with the same programs and options."""
    if not options.json or not os.path.exists(options.json): return {}
    with open(options.json) as file:
        data = json.load(file)
    if data["made_by"] != made_by: sys.exit(f"{options.json} was made by another program or with other options; name another file")
    return {row["name"]: row for row in data["slabs"]}


def store(options, data):
    if not options.json: return
    with open(options.json + ".new", "w") as file:
        json.dump(data, file, indent=1)
    os.replace(options.json + ".new", options.json)


def weight(slab):
    return math.prod(slab.grid) * slab.n_band * math.prod(slab.mesh)


def time_all(slabs, codes, options, made_by, scratch):
    old, data, start = stored(options, made_by), {"made_by": made_by, "clock": options.clock, "slabs": []}, time.monotonic()
    left = done = sum(weight(s) for s in slabs if s.name not in old)
    for i, slab in enumerate(slabs):
        note(f"{i + 1}/{len(slabs)} {slab.name}, {len(slab.atoms)} atoms")
        if slab.name not in old:
            old[slab.name] = time_slab(slab, codes, options, scratch)
            left -= weight(slab)
            note(f"  about {(time.monotonic() - start) / (done - left) * left / 60:.0f} min left")
        data["slabs"].append(old[slab.name])
        store(options, data)
    return data


def main():
    options = read_options()
    peers = ["pw.x"] + ([] if options.no_abinit else ["abinit"])
    missing = [name for name in peers if not peer_codes.has_peer(name)]
    if missing: sys.exit(f"{' and '.join(missing)} not found: benchmarks/vs_peers.sh installs it")
    slabs, why = select(options)
    if not slabs: sys.exit("no slab has such a name")
    with tempfile.TemporaryDirectory() as temporary:
        scratch = os.path.abspath(options.keep) if options.keep else temporary
        pseudo = os.path.join(scratch, "pseudo")
        os.makedirs(pseudo, exist_ok=True)
        codes = [peer_codes.Pw(KAIMEN, pseudo)] + ([] if options.no_abinit else [peer_codes.Abinit(pseudo)])
        codes += [peer_codes.Kaimen(KAIMEN), peer_codes.Kaimen(KAIMEN, is_lite=True)]
        title = header(peers)
        made_by = f"{title}; {options.runs} rounds, {options.clock} seconds, tuned: {options.tune}, processes {options.processes}"
        data = time_all(slabs, codes, options, made_by, scratch)
    print(f"{title}; {time.strftime('%Y-%m-%d')}\n")
    if why: print(why + "\n")
    sys.exit(peer_report.print_report(data, peers))


if __name__ == "__main__":
    main()
