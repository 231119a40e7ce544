"""Tables of the page of combined sparsity."""

import numpy as np

from benchmarks import pages
from benchmarks.combined_sparsity import pictures
from benchmarks.combined_sparsity.protocol import COMPARED, LABELS, PROXES, TARGETS, VALUES
from benchmarks.records import Records


def compared(records):
    """Return the paths and the separate fits that are compared, and the pruned networks."""
    return Records(run for run in records if run["method"] in LABELS and run["penalty"] in COMPARED)


def dense_scores(runs):
    """Return the test accuracies of the dense networks that the runs of one penalty start from."""
    return runs.where(penalty=runs[0]["penalty"]).values("networks", "test", 0)


def figures(runs):
    """Return accuracy, and weights and multiply-adds left, in percent with their spread."""
    full = pictures.n_weights(runs[0])
    return [
        pages.spread(runs.values("chosen", "test"), 2, 100),
        pages.spread(runs.values("chosen", "weights") / full, 1, 100),
        pages.spread(runs.values("chosen", "multiply_adds") / full, 1, 100),
    ]


def rows(records):
    for name, method, runs in records.by("data", "method"):
        text, dense = LABELS[method], dense_scores(runs)
        yield [name, text, "dense", len(dense), pages.spread(dense, 2, 100), 100, 100]
        for penalty, found in runs.by("penalty"):
            yield [name, text, penalty, len(found), *figures(found)]


def at_size(runs, key, percent):
    """Return the accuracy where so much is left, as text; "-" if a path ends before."""
    scores = scores_at_size(runs, key, percent)
    return pages.spread(scores) if scores else "-"


def scores_at_size(runs, key, percent):
    """Return the accuracies where so much is left, interpolated; none if a path ends before."""
    parts = [pictures.curve(run, key) for run in runs]
    if not parts or max(logs[0] for logs, _ in parts) > np.log(percent):
        return []
    return [np.interp(np.log(percent), *part) for part in parts]


def sizes(records):
    for name, penalty, runs in records.where(method="path").by("data", "penalty"):
        yield [name, penalty, *[at_size(runs, *target) for target in TARGETS]]


def ranks(records):
    """Yield the mean rank of each penalty over data sets at each size, 1 being the best.

    A data set counts where all penalties that are compared reach the size.
    """
    paths = records.where(method="path")
    penalties = paths.distinct("penalty")
    table, counts = [], []
    for target in TARGETS:
        means = [
            [scores_at_size(group.where(penalty=one), *target) for one in penalties]
            for _, group in paths.by("data")
        ]
        means = np.array([[np.mean(one) for one in row] for row in means if all(row)])
        counts.append(len(means))
        table.append((-means).argsort(1).argsort(1).mean(0) + 1 if len(means) else None)
    yield ["data sets", *counts]
    for number, penalty in enumerate(penalties):
        yield [penalty, *("-" if row is None else f"{row[number]:.1f}" for row in table)]


def removed(records):
    """Yield units removed from each layer, and the sparsity of each matrix of weights."""
    for name, penalty, runs in records.where(method="path").by("data", "penalty"):
        full = np.array(runs[0]["sizes"][:-1])
        gone = full - runs.mean("chosen", "units")[:-1]
        yield [
            name,
            penalty,
            pages.spread(runs.values("chosen", "test"), 2, 100),
            *[f"{n:.1f} of {size}" for n, size in zip(gone, full, strict=True)],
            *[f"{100 * share:.1f}" for share in runs.mean("chosen", "sparsity")],
        ]


def overlaps(records):
    """Yield the overlap of what enters units, in each layer, where it was measured."""
    measured = Records(run for run in records.where(method="path") if "overlap" in run["chosen"])
    for name, penalty, runs in measured.by("data", "penalty"):
        if all(None not in run["chosen"]["overlap"] for run in runs):
            shares = 100 * runs.values("chosen", "overlap").astype(float).mean(0)
            left = 100 * runs.values("chosen", "weights") / pictures.n_weights(runs[0])
            yield [
                name,
                penalty,
                len(runs),
                pages.spread(left, 1),
                *[f"{share:.1f}" for share in shares],
            ]


def proxes(records):
    """Yield what penalties reach on digits at each strength."""
    for penalty in VALUES:
        runs = records.where(data="digits", penalty=penalty)
        methods = {method: runs.where(method=method) for method in PROXES}
        methods["sgnn, Adam"] = runs.where(method="fits")
        methods = {method: runs for method, runs in methods.items() if runs}
        strengths = [runs[0]["networks"]["alpha"] for runs in methods.values()]
        for index, alpha in enumerate(strengths[0] if strengths else []):
            for method, runs in methods.items():
                yield [
                    penalty,
                    f"{alpha:g}",
                    method,
                    len(runs),
                    pages.spread(runs.values("networks", "objective", index), 4),
                    pages.spread(runs.values("networks", "test", index), 2, 100),
                    pages.spread(runs.values("networks", "weights", index), 0),
                ]
