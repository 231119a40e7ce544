"""The page of combined sparsity: tables, pictures and what they say."""

import numpy as np

from benchmarks import pages
from benchmarks.combined_sparsity import pictures
from benchmarks.combined_sparsity.protocol import (
    COMPARED,
    CONCAVE,
    LABELS,
    PRINTED,
    PROXES,
    PRUNING,
    TARGETS,
    VALUES,
)
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
    for name, penalty, runs in records.where(method="path").by("data", "penalty"):
        if all("overlap" in run["chosen"] for run in runs):
            shares = 100 * runs.values("chosen", "overlap").astype(float).mean(0)
            left = 100 * runs.values("chosen", "weights") / pictures.n_weights(runs[0])
            yield [
                name,
                penalty,
                len(runs),
                pages.spread(left, 1),
                *[f"{share:.1f}" for share in shares],
            ]


def neurons_sentence(records):
    """Say whether transformed l1 alone removes units, which Ma et al. deny."""
    runs = records.where(method="path")
    found = [
        f"{name} {counts[0]:.1f} ({counts[1]:.1f}) of {of_data[0]['sizes'][1]}"
        for name, of_data in runs.by("data")
        if len(
            counts := [
                of_data[0]["sizes"][1] - group.mean("chosen", "units")[1]
                for penalty in ("transformed l1", "group lasso")
                if (group := of_data.where(penalty=penalty))
            ]
        )
        == 2
    ]
    return (
        "Ma et al. write that transformed l1 alone cannot remove neurons, of the last layer of a "
        "convolutional network on DIGITS. Here it does, as soon as all weights of a unit are zero. "
        "From the first hidden layer transformed l1 (the group lasso) removes: "
        f"{', '.join(found)}."
    )


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


def by_concavity(records, kind):
    """Return the paths of a kind of transformed l1 on digits, with `a` for a penalty."""
    runs = [
        {**run, "penalty": f"a = {run['penalty'].partition('=')[2] or 1}"}
        for run in records.where(data="digits", method="path")
        if run["penalty"].partition(",")[0] == kind
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
    for kind, picture in CONCAVE.items():
        if concave := by_concavity(records, kind):
            parts += [
                f"## The concavity of {kind}",
                "Paths on digits.",
                pictures.curves(concave, picture),
                pages.table(header, rows(concave)),
            ]
    if any(run["method"] in PROXES for run in records):
        parts += [
            "## Two proxes in turn, and their joint prox",
            "Digits in plain stochastic gradient descent, and beside it the separate fits of sgnn, "
            "of as many epochs. The objective is log loss plus penalty on the training data. "
            "Without penalty, too, plain descent is behind: it is not at its end yet.",
            pages.table(
                ["penalty", "alpha", "training", "seeds", "objective", "test accuracy", "weights"],
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
        f"*{PRUNING}* is magnitude pruning with retraining: filled, one dense network pruned step "
        "by step; hollow, at once to each size. "
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
        "Mean ranks over the data sets, 1 the best, where all reach the size:",
        pages.table(["penalty", *targets], ranks(runs)),
        "## What is removed",
        "Paths; means over seeds. W1 is the matrix of the inputs, W3 that of the outputs.",
        pages.table(["data", "penalty", "test accuracy", *units, *layers], removed(runs)),
        neurons_sentence(runs),
        *overlap_parts(runs),
    ]


def overlap_parts(runs):
    """Return the part of the page on overlap, if it was measured."""
    if not (found := list(overlaps(runs))):
        return []
    header = ["data", "penalty", "seeds", "weights", "W1", "W2", "W3"]
    return [
        "## What units have in common",
        "Of the same networks: what two units have in common of the units that enter them, as a "
        "share of those that enter one of them, mean over pairs. With a share p of random ones it "
        "is near p / (2 - p). Yoon & Hwang want exclusive sparsity to make it small.",
        pages.table(header, found),
    ]


def summary(records):
    penalties = ["l1", "CGES", "transformed l1", "integrated transformed l1", PRUNING]
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
        neurons_sentence(compared(records)),
        prox_sentence(records),
    ]


def prox_sentence(records):
    """Return what two proxes in turn cost in the objective."""
    parts = []
    for penalty in VALUES:
        runs = records.where(penalty=penalty)
        pairs = [
            (turn["networks"]["objective"], joint["networks"]["objective"])
            for turn in runs.where(method="prox in turn")
            for joint in runs.where(method="joint prox", seed=turn["seed"])
        ]
        gaps = [one - two for pair in pairs for one, two in zip(*pair, strict=True)]
        if gaps:
            parts.append(f"{penalty} {min(gaps):+.4f} to {max(gaps):+.4f}")
    if not parts:
        return ""
    return (
        "With two proxes in turn, as in the published code of CGES and by Ma et al., in place of "
        "the joint one, the objective reached on digits differs, over strengths and seeds, by: "
        f"{'; '.join(parts)}."
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
