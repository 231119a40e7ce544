"""The page of combined sparsity: tables, pictures and what they say."""

from benchmarks import pages
from benchmarks.combined_sparsity import concavity, pictures
from benchmarks.combined_sparsity.protocol import LABELS, PRINTED, PROXES, PRUNING, TARGETS, VALUES
from benchmarks.combined_sparsity.tables import (
    at_size,
    compared,
    dense_scores,
    figures,
    overlaps,
    proxes,
    ranks,
    removed,
    rows,
    sizes,
)
from benchmarks.records import Records


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
            pictures.epochs(fits_alone, "combined_sparsity_epochs"),
        ]
        parts += layer_parts(fits_alone)
    parts += concavity.parts(records)
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


def layer_parts(fits_alone):
    """Return the part of the page on layers by epochs, if they were followed."""
    followed = Records(run for run in fits_alone if "sparsity" in run["chosen"]["curves"])
    if not followed:
        return []
    return [
        "Zeros of each matrix of weights, W1 that of the inputs, as Yoon & Hwang draw them:",
        pictures.layers(followed),
    ]


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
