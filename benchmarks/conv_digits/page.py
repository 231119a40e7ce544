"""The page of penalties on networks with one convolutional layer."""

import numpy as np
from scipy.stats import rankdata

from benchmarks import pages
from benchmarks.conv_digits import pictures, protocol
from benchmarks.records import Records

LAYERS = {"filters": protocol.FILTERS, "hidden units": protocol.HIDDEN}
LACKING = (
    "The text of Ma et al. (2019) that we have lacks the numbers of its tables 1 to 3, so there is "
    "nothing to put beside these."
)


def compared(records, method="fits"):
    """Return the records of a method under the penalties that are compared."""
    runs = records.where(method=method)
    return Records(run for run in runs if run["penalty"] in protocol.PENALTIES)


def figures(runs):
    """Return accuracy, and parameters and multiply-adds left, in percent with their spread."""
    digits = {"test": 2, "parameters": 1, "multiply_adds": 1}
    return [pages.spread(pictures.shares(runs, key), n) for key, n in digits.items()]


def dense_scores(runs):
    """Return the test accuracies of the dense networks beside those of one penalty."""
    return runs.where(penalty=runs[0]["penalty"]).values("networks", "test", 0)


def rows(records):
    for name, of_data in records.by("data"):
        dense = dense_scores(of_data)
        yield [name, "dense", len(dense), pages.spread(dense, 2, 100), 100, 100]
        for penalty, found in of_data.by("penalty"):
            yield [name, penalty, len(found), *figures(found)]


def ranks(records):
    """Yield the mean rank over data sets of what each penalty chooses, 1 being the best."""
    penalties = [name for name in records.distinct("penalty") if name != protocol.RIDGE]
    columns = []
    for key in pictures.TEXTS:
        sign = -1 if key == "test" else 1
        table = [
            [sign * pictures.shares(found.where(penalty=one), key).mean() for one in penalties]
            for _, found in records.by("data")
            if all(found.where(penalty=one) for one in penalties)
        ]
        columns.append(rankdata(table, axis=1).mean(0))
    for penalty, *found in zip(penalties, *columns, strict=True):
        yield [penalty, *(f"{rank:.1f}" for rank in found)]


def removed(records):
    """Yield the filters and units that are gone, and the zeros of each layer."""
    for penalty, runs in records.by("penalty"):
        gone = np.array(list(LAYERS.values())) - runs.mean("chosen", "units")[:-1]
        yield [
            penalty,
            *(f"{n:.1f} of {size}" for n, size in zip(gone, LAYERS.values(), strict=True)),
            *(f"{100 * share:.1f}" for share in runs.mean("chosen", "zeros")),
        ]


def by_concavity(records):
    """Return pairs of `a` and the records of integrated transformed l1 with it, the same seeds."""
    runs = records.where(data="digits", method="fits")
    seeds = {run["seed"] for run in runs if run["penalty"] in protocol.VARIED}
    found = []
    for a in protocol.CONCAVITIES:
        name = protocol.INTEGRATED if a == 1 else f"{protocol.INTEGRATED}, a={a:g}"
        of_a = Records(run for run in runs.where(penalty=name) if run["seed"] in seeds)
        if of_a:
            found.append((a, of_a))
    return found


def report(records):
    fits, paths = compared(records), compared(records, "path")
    digits = fits.where(data="digits")
    header = ["penalty", "seeds", "test accuracy", "parameters", "multiply-adds"]
    parts = [
        LACKING,
        "All numbers are percentages, with the standard deviation over seeds.",
        "## Chosen on validation data, one fit for each strength",
        pictures.boxes(digits),
        pages.table(["data", *header], rows(fits)),
    ]
    if len(fits.distinct("data")) > 1:
        ranked = ["penalty", "accuracy", "parameters", "multiply-adds"]
        parts += ["Mean ranks over the data sets, 1 the best:", pages.table(ranked, ranks(fits))]
    if paths:
        parts += [
            "## Chosen on validation data, from a path with refit",
            "`sparse_module_path`; its networks are trained on without penalty, zeros being kept.",
            pages.table(["data", *header], rows(paths)),
        ]
    zeros = [f"zeros of {name}" for name in ("filters", "hidden layer", "output layer")]
    parts += [
        "## Over strengths",
        "Dotted: one fit for each strength, means over seeds. Solid: paths, of the first seed.",
        pictures.strengths(fits, paths),
        "## By epochs",
        "Digits, at the strength chosen; means over seeds.",
        pictures.epochs(digits),
        "## The first filters",
        "Digits, first seed, at the strength chosen; grey is zero.",
        pictures.filters(digits.where(seed=0), (3, 3)),
        "## What is removed",
        "Digits; means over seeds. Ma et al. write that transformed l1 removes no neurons.",
        pages.table(["penalty", *LAYERS, *zeros], removed(digits)),
    ]
    if len(groups := by_concavity(records)) > 1:
        parts += [
            f"## The concavity of {protocol.INTEGRATED}",
            "Digits, at the strength chosen for each `a`.",
            pictures.concavity(groups),
            pages.table(["a", *header[1:]], [[f"{a:g}", len(r), *figures(r)] for a, r in groups]),
        ]
    return parts


def summary(records):
    header = ["data", "penalty", "seeds", "test accuracy", "parameters", "multiply-adds"]
    parts = [
        f"One convolutional layer and two dense ones, as Ma et al. (2019) have it. {LACKING} "
        "One fit for each strength, chosen on validation data; in percent:",
        pages.table(header, rows(compared(records))),
    ]
    if paths := compared(records, "path"):
        parts += ["From a path with refit:", pages.table(header, rows(paths))]
    return parts


def headline(records):
    cells = []
    for penalty in (protocol.OURS, protocol.INTEGRATED):
        runs = compared(records).where(data="digits", penalty=penalty)
        accuracy, parameters, _ = figures(runs) if runs else ["-"] * 3
        cells.append(f"{penalty}: {accuracy} % with {parameters} % of the parameters")
    dense = pages.spread(dense_scores(compared(records).where(data="digits")), 2, 100)
    return [f"digits, {cells[0]}", f"{cells[1]}; the dense network: {dense} %"]
