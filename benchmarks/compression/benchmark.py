"""How few weights and multiply-adds LeNet-300-100 needs on MNIST."""

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import data, pages
from benchmarks.compression import every_penalty, hoyer, one_path, structured
from benchmarks.compression.lenet import ELEMENTS, GROUPS
from benchmarks.compression.published import (
    STRUCTURED,
    UNSTRUCTURED,
    multiply_adds,
    published_tables,
)

TITLE = "The compression frontier"
#: What measures on training, held-out and test data.
OF_ALL_PARTS = {
    "one path": one_path,
    structured.OF_PART: structured,
    structured.OF_ALL: structured,
}


def cases(toy=False):
    parts = every_penalty, hoyer, one_path, structured
    return [case for part in parts for case in part.cases(toy)]


def is_long(case):
    is_single = case["of"] in ("Hoyer-Square", *OF_ALL_PARTS)
    return is_single or case["penalty"] not in every_penalty.IN_BRIEF


def measure(case):
    X, X_test, y, y_test = scaled_split(case["data"])
    if case["of"] == "Hoyer-Square":
        n_train = len(X) * 11 // 12
        return hoyer.measure(
            case, (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:]), (X_test, y_test)
        )
    n_train = len(X) * 5 // 6
    train, held_out = (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:])
    of = OF_ALL_PARTS.get(case["of"], every_penalty)
    return of.measure(case, train, held_out, (X_test, y_test))


def scaled_split(name):
    """Return inputs between 0 and 1 and labels: the published split, or a random one."""
    X, X_test, y, y_test = data.split(data.load(name), seed=0)
    largest = X.max()
    return X / largest, X_test / largest, y, y_test


def report(records):
    parts = [picture(records), "## As published", *published_tables()]
    if runs := records.where(of="one path"):
        parts += ["## All sizes by one path", *one_path.report(runs)]
    if records.where(of=structured.OF_PART):
        parts += ["## Few multiply-adds by single fits", *structured.report(records)]
    if tables := every_penalty.report(records):
        parts += ["## Every penalty along a path", *tables]
    if runs := records.where(of="Hoyer-Square"):
        parts += ["## Hoyer-Square, one fit for each strength", *hoyer.report(runs)]
    return parts


def picture(records):
    fig, axes = plt.subplots(1, 2, figsize=(14, 6.5), layout="constrained")
    others = (
        [(n, accuracy) for _, n, accuracy, _ in UNSTRUCTURED],
        [(multiply_adds(units), accuracy) for _, units, accuracy, _ in STRUCTURED],
    )
    for ax, kind, size, published in zip(
        axes, (ELEMENTS, GROUPS), ("weights", "multiply_adds"), others, strict=True
    ):
        for number, run in enumerate(records.where(of=kind)):
            points = np.array([(point[size], 100 * point["test"]) for point in run["points"]])
            line = f"C{number}-" if number < 10 else f"C{number}--"
            ax.plot(*points.T, line, linewidth=1, label=f"path, {run['penalty']}")
        if runs := records.where(of="one path", on=kind):
            points = [(one[size], 100 * one["test"]) for run in runs for one in run["points"]]
            ax.plot(*np.transpose(points), "k.", markersize=3, label="one path, all sizes")
        if kind == GROUPS and (runs := records.where(of=structured.OF_ALL)):
            ax.plot(runs.values(size), 100 * runs.values("test"), "k^", label="single fits")
        for number, point in enumerate(published, start=1):
            ax.plot(*point, "kx", markersize=6, zorder=3)
            ax.annotate(str(number), point, xytext=(4, 3), textcoords="offset points")
        ax.set(xscale="log", xlabel=size.replace("_", "-"), ylim=(96, 98.8))
        ax.set(xlim=(1500, 3e5) if size == "weights" else (6000, 3e5))
        ax.grid(alpha=0.3)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=7, loc="lower right")
    axes[0].set_ylabel("test accuracy (%)")
    return pages.save(fig, "compression")


def summary(records):
    parts = ["LeNet-300-100 on MNIST, as published:", *published_tables()]
    if runs := records.where(of="one path"):
        parts += ["Ours, networks of all sizes by one path:", *one_path.report(runs)]
    if records.where(of=structured.OF_PART):
        parts.append(f"Ours, few multiply-adds by single fits. {structured.verdict(records)}")
    if runs := records.where(of="Hoyer-Square"):
        parts.append(hoyer.verdict(runs))
    return parts


def headline(records):
    runs, limit = records.where(of="one path", on=ELEMENTS), max(one_path.AIMS[ELEMENTS])
    found = one_path.within(runs, ELEMENTS, limit)
    weights, accuracy = (np.mean([point[key] for point in found]) for key in ("weights", "test"))
    return [
        f"MNIST with {weights:,.0f} of 266,200 weights, by one path: {100 * accuracy:.2f} %",
        "GSM, as published: 4,400 weights, 98.18 %",
    ]
