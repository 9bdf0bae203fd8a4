"""The tables of vs_peers.py, from its raw data."""
import statistics

ENERGY_HA_ATOM = 1e-5
# Least median of a group: full settings, and lite beside the other's full settings.
AIM = {True: 5, False: 2}
LITE = 1.5


def median(values):
    return statistics.median(values) if values else float("nan")


def converged(row, n_process, name):
    runs = row["runs"].get(n_process, {}).get(name, [])
    return [r for r in runs if r["is_converged"]]


def ratios(data, row, n_process, peer, mine):
    """Of each round in which both converge."""
    key = data["clock"] + "_s"
    pairs = zip(row["runs"][n_process][peer], row["runs"][n_process][mine])
    return [a[key] / b[key] for a, b in pairs if a["is_converged"] and b["is_converged"]]


def spread(values):
    return " / ".join(f"{x:.2f}" for x in (min(values), median(values), max(values))) if values else "-"


def seconds(data, row, n_process, name):
    times = [r[data["clock"] + "_s"] for r in converged(row, n_process, name)]
    return f"{median(times):.2f}" if times else "-"


def table(columns, rows):
    print("| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(x) for x in row) + " |")
    print()


def first(row, name, key, form="{}"):
    runs = converged(row, "1", name)
    return form.format(runs[0][key]) if runs and runs[0][key] is not None else "-"


def print_times(data, peers, n_process):
    word = "one process" if n_process == "1" else f"{n_process} processes"
    print(f"### Seconds ({data['clock']}, median of the rounds) on {word}, and ratios min / median / max\n")
    columns = ["slab", "atoms", "inversion", "Ha", "k-points", "bands", "plane waves", *(f"{p}, s" for p in peers), "kaimen, s", "lite, s",
               *(f"{p} / kaimen" for p in peers), *(f"{p} / lite" for p in peers)]
    rows = []
    for row in data["slabs"]:
        rows.append([row["name"], row["n_atom"], "yes" if row["inversion"] else "no", row["ecut_ha"], first(row, "kaimen", "n_k"), row["n_band"],
                     first(row, "kaimen", "n_pw"), *(seconds(data, row, n_process, n) for n in (*peers, "kaimen", "kaimen lite")),
                     *(spread(ratios(data, row, n_process, p, "kaimen")) for p in peers),
                     *(spread(ratios(data, row, n_process, p, "kaimen lite")) for p in peers)])
    table(columns, rows)


def difference(row):
    """Largest difference of any two final energies with full settings, Ha per atom."""
    energies = [r["energy_ha"] for runs in row["runs"].values() for name, results in runs.items() if name != "kaimen lite"
                for r in results if r["is_converged"]]
    return (max(energies) - min(energies)) / row["n_atom"] if energies else float("nan")


def per_band(row, name):
    """H applications for each band of a k-point, over the whole SCF."""
    runs = converged(row, "1", name)
    return f"{runs[0]['n_apply'] / (runs[0]['n_k'] * row['n_band']):.1f}" if runs else "-"


def memory(row, name):
    runs = converged(row, "1", name)
    return f"{max(r['memory_mb'] for r in runs):.0f}" if runs else "-"


def print_work(data, peers):
    print("### Work on one process\n\nAn application of H is to one band. pw.x counts its FFTs of bands, one way; less one for each band, k-point\n"
          "and iteration, for the density, half of them are applications. kaimen counts applications; the FFTs follow, where two real\n"
          "bands share one. abinit counts neither. MB: the most that the process held.\n")
    columns = ["slab", *(f"SCF iterations, {n}" for n in (*peers, "kaimen")), "H per band and k, pw.x", "kaimen", "FFTs, pw.x", "kaimen",
               "MB, pw.x", "kaimen", "largest difference of energies, Ha per atom"]
    rows = []
    for row in data["slabs"]:
        rows.append([row["name"], *(first(row, n, "n_scf") for n in (*peers, "kaimen")), per_band(row, "pw.x"), per_band(row, "kaimen"),
                     first(row, "pw.x", "n_fft", "{:.0f}"), first(row, "kaimen", "n_fft", "{:.0f}"), memory(row, "pw.x"), memory(row, "kaimen"),
                     f"{difference(row):.1e}"])
    table(columns, rows)


def print_settings(data, peers):
    print("### Settings that were the fastest\n")
    counts = sorted({n for row in data["slabs"] for n in row["setting"]})
    table(["slab", *(f"{p}, {n} process{'es' if n != '1' else ''}" for n in counts for p in peers)],
          [[row["name"], *(row["setting"][n][p] for n in counts for p in peers)] for row in data["slabs"]])


def group_medians(data, n_process, peer, mine, inversion):
    return [median(ratios(data, row, n_process, peer, mine)) for row in data["slabs"]
            if row["inversion"] == inversion and ratios(data, row, n_process, peer, mine)]


def print_summary(data, peers, n_process):
    """The aims are those of one process."""
    print(f"### Median over slabs of the median ratio, {n_process} process{'es' if n_process != '1' else ''}\n")
    rows = []
    for inversion in (True, False):
        for peer in peers:
            for mine, aim in (("kaimen", AIM[inversion]), ("kaimen lite", LITE * AIM[inversion])):
                values = group_medians(data, n_process, peer, mine, inversion)
                if not values: continue
                verdict = [f"{aim:g}", "met" if median(values) >= aim else "not met"] if n_process == "1" else []
                rows.append([f"{'with' if inversion else 'without'} inversion centre", len(values), f"{peer} / {mine}", spread(values), *verdict])
    table(["slabs", "number", "ratio", "min / median / max", *(["aim", ""] if n_process == "1" else [])], rows)


def falls_short(data, row, peers):
    found = {p: ratios(data, row, "1", p, "kaimen") for p in peers} if "1" in row["runs"] else {}
    return [f"{p} / kaimen {median(r):.2f}" for p, r in found.items() if r and median(r) < AIM[row["inversion"]]]


def print_trees(data, peers):
    for row in data["slabs"]:
        short = falls_short(data, row, peers)
        if short: print(f"### {row['name']}: {', '.join(short)}, aim {AIM[row['inversion']]}\n\n```\n{row['tree']}\n```\n")


def print_report(data, peers):
    """Exit status: 1 where a run failed or energies differ."""
    counts = sorted({n for row in data["slabs"] for n in row["runs"]})
    for n in counts:
        print_times(data, peers, n)
        print_summary(data, peers, n)
    print_work(data, peers)
    print_settings(data, peers)
    print_trees(data, peers)
    problems = []
    for row in data["slabs"]:
        for n, runs in row["runs"].items():
            problems += [f"{row['name']}: {name} failed on {n}" for name, results in runs.items() if not all(r["is_converged"] for r in results)]
        if not difference(row) <= ENERGY_HA_ATOM: problems.append(f"{row['name']}: energies differ by {difference(row):.1e} Ha per atom")
    worst = max(difference(row) for row in data["slabs"])
    print(f"Largest difference of final energies: {worst:.1e} Ha per atom; at most {ENERGY_HA_ATOM:.0e} is wanted.")
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0
