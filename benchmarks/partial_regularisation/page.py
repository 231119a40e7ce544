"""The page of partial regularisation: tables, a picture, and what they say."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from benchmarks import pages
from benchmarks.partial_regularisation import effects, variations
from benchmarks.partial_regularisation.tasks import (
    IMAGES,
    METHODS,
    PENALTIES,
    PUBLISHED,
    SAME_PENALTY,
    TASKS,
    fits,
    is_error,
)
from benchmarks.records import Records

LEGEND = (
    "Test and train are accuracies in per cent, or mean squared errors in hundredths; units are "
    "means over the seeds, inputs first, and sparsity is the share of zeros of each matrix. What "
    "E & Gao print as sparsity is the share below a threshold that they do not print, and their "
    "seconds are those of their machine. Of a path the CPU seconds are those of all its networks."
)
CLAIM = (
    "E & Gao (2019), [arXiv:1912.05078](https://arxiv.org/abs/1912.05078), leave a share of the "
    "units without penalty. The aim: for each of their cells "
    "a network that is more accurate on the test set and has no more units in any layer. It is "
    "chosen on validation data, from paths of group log-sum penalties with a refit. A cell is "
    "beaten if every seed does it."
)


def runs(records):
    """Return a record for each network: the chosen ones of a path are runs of their own."""
    return Records(
        {**record, **found, "penalty": penalty}
        for record in records
        if record["method"] in METHODS
        for penalty, found in record.get("chosen", {record["penalty"]: record}).items()
    )


def beats(run):
    """Whether a network is better than the cell of the paper, and nowhere larger."""
    cell = PUBLISHED[run["data"]][run["penalty"]]
    better = run["test"] < cell.test if is_error(run["data"]) else run["test"] > cell.test
    return better and fits(run["units"], cell)


def scored(found):
    """Yield (data, penalty, runs) for the cells that ours are to beat."""
    for name, penalty, group in found.where(method="path").by("data", "penalty"):
        if name in ("mnist", "fashion_mnist"):
            yield name, penalty, group


def value(name, values):
    """Return errors in hundredths, and accuracies in per cent."""
    return pages.spread(values, 3 if is_error(name) else 2, 100)


def figures(name, runs):
    """Return the test score and the units, inputs first."""
    return value(name, runs.values("test")), pages.dashed(runs.mean("units")[:-1])


def rows(found, name):
    for penalty in PENALTIES:
        cell = PUBLISHED.get(name, {}).get(penalty)
        if cell:
            yield [
                penalty,
                "E & Gao, printed",
                "",
                *(value(name, [score]) for score in (cell.train, cell.test)),
                pages.dashed(cell.units),
                " ".join(f"{share:.3f}" for share in cell.sparsity),
                f"{cell.seconds:.1f}",
            ]
        for method, group in found.where(data=name, penalty=penalty).by("method"):
            yield [
                penalty,
                METHODS[method],
                len(group),
                value(name, group.values("train")),
                *figures(name, group),
                " ".join(f"{share:.3f}" for share in group.mean("sparsity")),
                f"{group.median('cpu_seconds'):.1f}",
            ]


def picture(found):
    """Draw test accuracy over the size of the compact network, one panel per set of images."""
    names = [name for name in IMAGES if found.where(data=name)]
    fig, axes = plt.subplots(1, len(names), figsize=(12, 4.6), layout="constrained", squeeze=False)
    colours = {penalty: f"C{number}" for number, penalty in enumerate(PENALTIES)}
    markers = dict(zip(METHODS, "<v^o", strict=True))
    for ax, name in zip(axes[0], names, strict=True):
        for run in found.where(data=name):
            style = {"color": colours[run["penalty"]], "marker": markers[run["method"]]}
            ax.scatter(run["multiply_adds"], 100 * run["test"], s=45, alpha=0.8, **style)
        for penalty, cell in PUBLISHED.get(name, {}).items():
            size = effects.multiply_adds(name, cell)
            ax.scatter(size, 100 * cell.test, s=160, color=colours[penalty], marker="*", ec="k")
        ax.set(title=TASKS[name].title, xlabel="multiply-adds", ylabel="test accuracy, %")
        ax.set_xscale("log")
    handles = [Line2D([], [], color=c, lw=5, label=penalty) for penalty, c in colours.items()]
    for method, marker in markers.items():
        handles.append(Line2D([], [], color="0.4", marker=marker, ls="", label=METHODS[method]))
    handles.append(Line2D([], [], color="0.4", marker="*", ms=12, ls="", label="E & Gao, printed"))
    fig.legend(handles=handles, loc="outside right upper")
    return pages.save(fig, "partial_regularisation")


def verdict(found):
    """Say where partial regularisation helps, and where it does not."""
    pairs = list(effects.measured(found))
    growths = [one.multiply_adds for one in pairs]
    counts = [
        f"{TASKS[name].title} {sum(effects.is_clear(one.test) for one in group)} of {len(group)}"
        for name in TASKS
        if (group := [one for one in pairs if one.data == name])
    ]
    beside = [
        better_than(name, path, freed)
        for name in TASKS
        for penalty in ("iGL", "iSGL")
        for method in SAME_PENALTY
        if (path := found.where(data=name, method="path", penalty=penalty))
        and (freed := found.where(data=name, method=method, penalty=penalty))
    ]
    return (
        "At the strength of the paper, freeing a share of the units makes the test score better in "
        f"{sum(effects.is_clear(one.test) for one in pairs)} of {len(pairs)} pairs (GL and iGL, "
        "SGL and iSGL, all three ways to train; with several seeds, by more than two standard "
        f"errors): {'; '.join(counts)}. The network then has {min(growths):.1f} to "
        f"{max(growths):.1f} times the multiply-adds, in the median {np.median(growths):.1f} "
        "times. It is not needed for that: a path without free units has, within the sizes printed "
        "for iGL and iSGL, a better mean test score than iGL and iSGL at the strength of the paper "
        f"in {sum(beside)} of {len(beside)} comparisons."
    )


def reproduction(found):
    """Say how far their protocol, as far as it is printed, gets to what they print."""
    cells = [
        (PUBLISHED[name][penalty], group)
        for name, penalty, group in found.where(method="normalised").by("data", "penalty")
        if name in PUBLISHED
    ]
    small = sum(fits(group.mean("units"), cell) for cell, group in cells)
    return (
        "Epochs and threshold are not printed. With ours, their protocol ends with no more units "
        f"in any layer than they print in {small} of {len(cells)} cells (means over seeds)."
    )


def better_than(name, group, other):
    """Whether the mean test score of some networks is better than that of others."""
    one, two = group.mean("test"), other.mean("test")
    return one < two if is_error(name) else one > two


def report(records):
    found = runs(records)
    parts = [picture(found), LEGEND, reproduction(found), verdict(found)]
    header = ["penalty", "trained by", "seeds", "train", "test", "units", "sparsity", "CPU s"]
    for name, task in TASKS.items():
        if found.where(data=name):
            parts += [f"## {task.title}", pages.table(header, rows(found, name))]
    return [
        *parts,
        *effects.report(found, value),
        *variations.report(records, value),
    ]


def summary(records):
    found = runs(records)
    header = ["data", "penalty", "printed", "units", "their protocol", "units"]
    header += ["sgnn, best that fits", "units", "seeds", "beaten"]
    lines = []
    for name, penalty, group in scored(found):
        cell = PUBLISHED[name][penalty]
        theirs = found.where(data=name, method="normalised", penalty=penalty)
        lines.append(
            [
                TASKS[name].title,
                penalty,
                value(name, [cell.test]),
                pages.dashed(cell.units),
                *(figures(name, theirs) if theirs else ("", "")),
                *figures(name, group),
                len(group),
                "yes" if all(map(beats, group)) else "no",
            ]
        )
    parts = [CLAIM, pages.table(header, lines), reproduction(found), verdict(found)]
    return [*parts, *([variations.verdict(records)] if records.where(method="trained on") else [])]


def headline(records):
    cells = list(scored(runs(records)))
    beaten = sum(all(map(beats, group)) for *_, group in cells)
    return [
        f"{beaten} of {len(cells)} cells (MNIST, Fashion-MNIST) beaten by every seed: more "
        "accurate, and no more units in any layer",
        "E & Gao, as printed",
    ]
