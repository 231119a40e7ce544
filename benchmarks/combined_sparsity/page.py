"""The page of combined sparsity: tables, pictures and what they say."""

import numpy as np

from benchmarks import pages
from benchmarks.combined_sparsity import pictures
from benchmarks.combined_sparsity.protocol import LABELS, PENALTIES, PRINTED, PROXES, TARGETS
from benchmarks.records import Records


def compared(records):
    """Return the paths and the separate fits of the penalties that are compared."""
    return Records(
        run for run in records if run["method"] in LABELS and run["penalty"] in PENALTIES
    )


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
    """Return the accuracy where so much is left, interpolated along each path; "-" if one ends."""
    parts = [pictures.curve(run, key) for run in runs]
    if not parts or max(logs[0] for logs, _ in parts) > np.log(percent):
        return "-"
    return pages.spread([np.interp(np.log(percent), *part) for part in parts])


def sizes(records):
    for name, penalty, runs in records.where(method="path").by("data", "penalty"):
        yield [name, penalty, *[at_size(runs, *target) for target in TARGETS]]


def removed(records):
    """Yield units removed from each layer, and the sparsity of each matrix of weights."""
    for name, penalty, runs in records.where(method="path").by("data", "penalty"):
        if penalty in ("group lasso", "transformed l1", "integrated transformed l1"):
            full = np.array(runs[0]["sizes"][:-1])
            gone = full - runs.mean("chosen", "units")[:-1]
            yield [
                name,
                penalty,
                pages.spread(runs.values("chosen", "test"), 2, 100),
                *[f"{n:.1f} of {size}" for n, size in zip(gone, full, strict=True)],
                *[f"{100 * share:.1f}" for share in runs.mean("chosen", "sparsity")],
            ]


def proxes(records):
    """Yield what CGES reaches on digits at each strength."""
    methods = {method: records.where(method=method) for method in PROXES}
    methods["sgnn, Adam"] = records.where(data="digits", method="fits", penalty="CGES")
    methods = {method: runs for method, runs in methods.items() if runs}
    for index, alpha in enumerate(next(iter(methods.values()))[0]["networks"]["alpha"]):
        for method, runs in methods.items():
            yield [
                f"{alpha:g}",
                method,
                len(runs),
                pages.spread(runs.values("networks", "objective", index), 4),
                pages.spread(runs.values("networks", "test", index), 2, 100),
                pages.spread(runs.values("networks", "weights", index), 0),
            ]


def by_concavity(records):
    """Return the paths of transformed l1 on digits, with `a` for a penalty."""
    runs = [
        {**run, "penalty": f"a = {run['penalty'].partition('=')[2] or 1}"}
        for run in records.where(data="digits", method="path")
        if run["penalty"].startswith("transformed l1")
    ]
    return Records(sorted(runs, key=lambda run: float(run["penalty"][4:])))


def report(records):
    runs = compared(records)
    parts = [
        "All numbers but units, weights and the objective are percentages, with the standard "
        "deviation over seeds."
    ]
    header = ["data", "training", "penalty", "seeds", "test accuracy", "weights", "multiply-adds"]
    if runs:
        parts += of_runs(runs, header)
    fits_alone = runs.where(method="fits")
    if fits_alone:
        parts += [
            "## By epochs",
            "The separate fits at the strength chosen, means over seeds.",
            pictures.epochs(fits_alone),
        ]
    concave = by_concavity(records)
    if concave:
        parts += [
            "## The concavity of transformed l1",
            "Paths on digits.",
            pictures.curves(concave, "combined_sparsity_a"),
            pages.table(header, rows(concave)),
        ]
    if any(run["method"] in PROXES for run in records):
        parts += [
            "## Two proxes in turn, and their joint prox",
            "CGES on digits in plain stochastic gradient descent, and beside it the separate fits "
            "of sgnn, of as many epochs. The objective is log loss plus penalty on the training "
            "data. Without penalty, too, plain descent is behind: it is not at its end yet.",
            pages.table(
                ["alpha", "training", "seeds", "objective", "test accuracy", "weights"],
                proxes(records),
            ),
        ]
    return parts


def of_runs(runs, header):
    layers = [f"sparsity of W{number}" for number in (1, 2, 3)]
    targets = [f"{percent} % {key.replace('_', '-')}" for key, percent in TARGETS]
    units = ["inputs removed", "hidden 1 removed", "hidden 2 removed"]
    return [
        "## The networks chosen on validation data",
        "Filled: from a path, with refit. Hollow: one fit from a random start for each strength. "
        "The dashed line is the dense network, which is chosen where no penalised one is within "
        "half a point of the best on validation data.",
        pictures.boxes(runs),
        pages.table(header, rows(runs)),
        "## Accuracy against what is left, over all strengths",
        "Solid: paths. Dotted: one fit for each strength. Means over seeds, interpolated.",
        pictures.curves(runs, "combined_sparsity_curves"),
        "## Accuracy at a given size",
        "Test accuracy where so much is left, interpolated along each path as in the picture; "
        "a dash where the path of a seed ends before.",
        pages.table(["data", "penalty", *targets], sizes(runs)),
        "## What is removed: groups, transformed l1, and both",
        "Paths; means over seeds. W1 is the matrix of the inputs, W3 that of the outputs.",
        pages.table(["data", "penalty", "test accuracy", *units, *layers], removed(runs)),
    ]


def summary(records):
    penalties = ["l1", "CGES", "transformed l1", "integrated transformed l1"]
    lines, paths = [], []
    for name, method, runs in compared(records).by("data", "method"):
        dense, groups = dense_scores(runs), [runs.where(penalty=penalty) for penalty in penalties]
        cells = ["{} ({})".format(*figures(group)) if group else "" for group in groups]
        lines.append([name, LABELS[method], len(dense), pages.spread(dense, 2, 100), *cells])
        if method == "path":
            targets = ("weights", 10), ("multiply_adds", 25)
            cells = [" / ".join(at_size(group, *target) for target in targets) for group in groups]
            paths.append([name, *cells])
    return [
        "Yoon & Hwang (2017) and Ma et al. (2019) draw accuracy against parameters and FLOPs, "
        "of convolutional networks on MNIST; their tables are not reproduced here. The public "
        f"code of the former says of its dense network on MNIST: {PRINTED['dense_mnist']} % "
        "accuracy. Ours are fully connected. Test accuracy, with the share of the weights that "
        "is left in brackets, in percent:",
        pages.table(["data", "training", "seeds", "dense", *penalties], lines),
        "On the paths, interpolated, test accuracy with 10 % of the weights and, behind the "
        "stroke, with 25 % of the multiply-adds:",
        pages.table(["data", *penalties], paths),
        prox_sentence(records),
    ]


def prox_sentence(records):
    """Return what the published prox costs in the objective."""
    pairs = [
        (turn["networks"], joint["networks"])
        for turn in records.where(method="prox in turn")
        for joint in records.where(method="joint prox", seed=turn["seed"])
    ]
    if not pairs:
        return ""
    gaps = [
        a - b for one, two in pairs for a, b in zip(one["objective"], two["objective"], strict=True)
    ]
    return (
        "With the prox of the published code of CGES, in place of the exact one, the objective "
        f"reached on digits differs by {min(gaps):+.4f} to {max(gaps):+.4f} over strengths and "
        "seeds."
    )


def headline(records):
    ours, dense = [], []
    shown = records.where(method="path", penalty="integrated transformed l1")
    for name, runs in shown.by("data"):
        ours.append(f"{name} {at_size(runs, 'weights', 10)} %")
        dense.append(f"{name} {pages.spread(dense_scores(runs), 2, 100)} %")
    return [
        f"integrated transformed l1, 10 % of the weights: {', '.join(ours)}",
        f"dense: {', '.join(dense)}",
    ]
