"""What the runs of the suite come to: medians, ratios, and the table of them."""
import math
import statistics
from typing import NamedTuple

BOOT = "boot"


class Ratio(NamedTuple):
    """How much longer `slow` takes than `fast`, by program."""
    slow: str
    fast: str
    of: dict

    def geometric_mean(self):
        return math.exp(statistics.fmean(math.log(ratio) for ratio in self.of.values()))


def medians_of(runs, key="host_s"):
    """variant -> program -> median, of those that have the key."""
    values = {}
    for run in runs:
        for program, figures in run["programs"].items():
            if key in figures:
                values.setdefault(run["variant"], {}).setdefault(program, []).append(figures[key])
    return {variant: {program: statistics.median(all_of) for program, all_of in programs.items()}
            for variant, programs in values.items()}


def ratio(medians, slow, fast):
    return Ratio(slow, fast, {p: medians[slow][p] / medians[fast][p] for p in medians[fast]})


def ratios_of(medians):
    """QEMU by the first of ours, and that by our others. The order of medians is that of the variants."""
    ours = [name for name in medians if name.startswith("recount")]
    theirs = [name for name in medians if not name.startswith("recount")]
    if not ours:
        return []
    return [ratio(medians, slow, ours[0]) for slow in theirs] + [ratio(medians, ours[0], fast) for fast in ours[1:]]


def table(medians, ratios):
    columns = [(name, 2, values) for name, values in medians.items()]
    columns += [(f"{r.slow} / {r.fast}", 3, r.of) for r in ratios]
    lines = [f"{letter}: {name}" + (", median host seconds" if name in medians else "")
             for letter, (name, _, _) in zip("abcdefghijklmnop", columns)]
    lines += ["", f"{'':12}" + "".join(f"{letter:>9}" for letter, _ in zip("abcdefghijklmnop", columns))]
    for program in next(iter(medians.values())):
        lines.append(f"{program:12}" + "".join(f"{values[program]:9.{digits}f}" for _, digits, values in columns))
    blank = " " * 9 * len(medians)
    if ratios:
        lines += ["", f"{'geom. mean':12}{blank}" + "".join(f"{r.geometric_mean():9.3f}" for r in ratios),
                  f"{'least':12}{blank}" + "".join(f"{min(r.of.values()):9.3f}" for r in ratios),
                  f"{'most':12}{blank}" + "".join(f"{max(r.of.values()):9.3f}" for r in ratios)]
    return "\n".join(lines)


def costs_table(runs):
    """Journal, lag and CPU time of the variants that have a journal: medians."""
    journal, lag, cpu = (medians_of(runs, key) for key in ("journal_bytes", "lag_s", "cpu_s"))
    lines = []
    for variant, bytes_of in journal.items():
        lines += ["", variant, f"{'':12}{'journal B':>12}{'lag s':>9}{'CPU s':>9}"]
        for program, size in bytes_of.items():
            behind = f"{lag[variant][program]:9.2f}" if variant in lag else f"{'':9}"
            lines.append(f"{program:12}{size:12.0f}{behind}{cpu[variant][program]:9.2f}")
    return "\n".join(lines)
