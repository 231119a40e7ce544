"""The page of LeNet-5: tables, a picture, and what they say."""

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import pages
from benchmarks.lenet5.methods import LOSS, OF, SIZE, UNITS, WEIGHTS
from benchmarks.lenet5.published import STRUCTURED, UNSTRUCTURED
from benchmarks.records import Records

PUBLISHED = {WEIGHTS: UNSTRUCTURED, UNITS: STRUCTURED}
TABLED = {WEIGHTS: (10_000, 4_500, 3_300, 1_540), UNITS: (400_000, 250_000, 200_000, 150_000)}
AIMS = {WEIGHTS: [(3_300, 0.993), (1_540, 0.992)], UNITS: [(150_000, 0.99)]}
OURS = {WEIGHTS: "log-sum", UNITS: "group log-sum"}
TEXTS = {WEIGHTS: "weights", UNITS: "multiply-adds"}
HOYER = "log-sum", "l1", "Hoyer-Square, prox", LOSS


def of_kind(records, kind):
    """Return the records of methods on single weights, or on units."""
    return Records(run for run in records if OF[run["method"]] == kind)


def best_within(run, limit):
    """Return the point of at most some size that is best on validation data, or None."""
    size = SIZE[OF[run["method"]]]
    within = [point for point in run["points"] if point[size] <= limit]
    return max(within, key=lambda point: point["validation"]) if within else None


def rows(records, kind):
    """Yield for each method what it reaches within each limit of size."""
    for method, runs in of_kind(records, kind).by("method"):
        cells = []
        for limit in TABLED[kind]:
            found = [point for run in runs if (point := best_within(run, limit))]
            cells.append(cell(found, kind) if len(found) == len(runs) else "-")
        yield [method, len(runs), *cells, f"{runs.median('seconds'):.0f}"]


def cell(points, kind):
    accuracy = pages.spread([point["test"] for point in points], 2, 100)
    return f"{accuracy} ({np.mean([point[SIZE[kind]] for point in points]):,.0f})"


def verdicts(records):
    """Return a line for each aim, about our method and about all."""
    lines = []
    for kind, aims in AIMS.items():
        for limit, aim in aims:
            parts = [outcome(records, kind, method, limit, aim) for method in methods(kind)]
            found = "; ".join(filter(None, parts))
            lines.append(f"- At most {limit:,} {TEXTS[kind]}, aim {100 * aim:.1f} %: {found}.")
    return "\n".join(lines)


def methods(kind):
    return [method for method, of in OF.items() if of == kind]


def outcome(records, kind, method, limit, aim):
    """Return what a method reaches within a limit, the mean over seeds, and whether it will do."""
    runs = records.where(method=method)
    found = [point for run in runs if (point := best_within(run, limit))]
    if not runs:
        return ""
    if len(found) < len(runs):
        return f"{method} has none so small"
    said = pages.against(np.mean([point["test"] for point in found]), aim)
    return f"{method} {cell(found, kind)}, {said}"


def hoyer(records):
    """Say what Hoyer-Square gains or loses beside log-sum and l1, at the sizes all reach."""
    runs = [records.where(method=method, seed=0) for method in HOYER]
    sentences = []
    for limit in TABLED[WEIGHTS]:
        found = [best_within(one[0], limit) if one else None for one in runs]
        if sum(point is not None for point in found) > 1:
            pairs = zip(HOYER, found, strict=True)
            parts = [f"{name} {100 * p['test']:.2f} %" for name, p in pairs if p is not None]
            sentences.append(f"at most {limit:,} weights: {', '.join(parts)}")
    return f"Of seed 0, with {'; with '.join(sentences)}." if sentences else ""


def picture(records):
    fig, axes = plt.subplots(1, 2, figsize=(14, 6), layout="constrained")
    for ax, kind in zip(axes, (WEIGHTS, UNITS), strict=True):
        for number, (method, runs) in enumerate(of_kind(records, kind).by("method")):
            for run in runs:
                points = [(point[SIZE[kind]], 100 * point["test"]) for point in run["points"]]
                label = method if run["seed"] == 0 else None
                ax.plot(*np.transpose(points), "o-", color=f"C{number}", label=label, markersize=4)
        for number, (_, size, accuracy, _) in enumerate(PUBLISHED[kind], start=1):
            ax.plot(size, accuracy, "kx", markersize=6)
            ax.annotate(str(number), (size, accuracy), xytext=(4, 3), textcoords="offset points")
        ax.set(xscale="log", xlabel=TEXTS[kind], ylim=(97.5, 99.6))
        ax.grid(alpha=0.3)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=8, loc="lower right")
    axes[0].set_ylabel("test accuracy (%)")
    return pages.save(fig, "lenet5")


def published_table(kind):
    rows = [
        [number, method, f"{size:,}", accuracy, source]
        for number, (method, size, accuracy, source) in enumerate(PUBLISHED[kind], start=1)
    ]
    return pages.table(["in the picture", "method", TEXTS[kind], "test accuracy", "source"], rows)


def measured_table(records, kind):
    header = [f"on {kind}", "seeds"]
    header += [f"at most {limit:,}" for limit in TABLED[kind]]
    return pages.table([*header, "CPU s"], rows(records, kind))


def report(records):
    dense = records.values("points", 0, "test")
    parts = [
        picture(records),
        f"The dense network is at {pages.spread(sorted(set(dense)), 2, 100)} %. In brackets: the "
        "size. In the picture the seeds of a method have one colour, and numbers are those of the "
        "tables of published figures.",
        verdicts(records),
        "## Single weights",
        measured_table(records, WEIGHTS),
        hoyer(records),
        "## Filters and units",
        measured_table(records, UNITS),
        "The units that are left of the two convolutions and of the hidden layer, seed 0:",
        pages.table(["method", "multiply-adds", "units", "validation", "test"], unit_rows(records)),
        "## As published",
        published_table(WEIGHTS),
        published_table(UNITS),
    ]
    return [part for part in parts if part]


def unit_rows(records):
    for method, runs in of_kind(records, UNITS).where(seed=0).by("method"):
        for point in runs[0]["points"][1:]:
            scores = [f"{100 * point[key]:.2f}" for key in ("validation", "test")]
            units = pages.dashed(point["units"][:-1])
            yield [method, f"{point['multiply_adds']:,}", units, *scores]


def summary(records):
    return [
        "LeNet-5 on MNIST, 430,500 weights and 2,293,000 multiply-adds. As published:",
        published_table(WEIGHTS),
        published_table(UNITS),
        "Ours, with the size in brackets:",
        measured_table(records, WEIGHTS),
        measured_table(records, UNITS),
        verdicts(records),
        hoyer(records),
    ]


def headline(records):
    cells = []
    for kind, limit in ((WEIGHTS, 4_500), (UNITS, 150_000)):
        runs = records.where(method=OURS[kind])
        found = [point for run in runs if (point := best_within(run, limit))]
        if found:
            size = np.mean([point[SIZE[kind]] for point in found])
            accuracy = pages.spread([point["test"] for point in found], 2, 100)
            cells.append(f"{accuracy} % with {size:,.0f} {TEXTS[kind]}")
    return [
        f"MNIST, LeNet-5: {'; '.join(cells)}",
        "as published: 99.09 % with 4,000 (DNS), 99.0 % with 158,000 (BC-GHS)",
    ]
