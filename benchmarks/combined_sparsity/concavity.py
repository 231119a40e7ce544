"""What the concavity of transformed l1 does: its part of the page of combined sparsity."""

import numpy as np

from benchmarks import pages
from benchmarks.combined_sparsity import pictures
from benchmarks.combined_sparsity.protocol import CONCAVE, INTEGRATED, epochs_between
from benchmarks.combined_sparsity.tables import figures, rows
from benchmarks.records import Records

NEAR = 0.01


def parts(records):
    """Return the parts of the page on `a`."""
    header = ["data", "training", "penalty", "seeds", "test accuracy", "weights", "multiply-adds"]
    found = []
    for kind, picture in CONCAVE.items():
        if concave := by_concavity(records, kind, "path"):
            found += [
                f"## The concavity of {kind}",
                "Paths on digits.",
                pictures.curves(concave, picture),
                pages.table(header, rows(concave)),
            ]
    fits = by_concavity(records, INTEGRATED, "fits")
    return [*found, *(convergence_parts(fits) if fits else [])]


def by_concavity(records, kind, method):
    """Return the paths, or fits, of a kind of transformed l1 on digits, with `a` for a penalty."""
    runs = [
        {**run, "penalty": f"a = {run['penalty'].partition('=')[2] or 1}"}
        for run in records.where(data="digits", method=method)
        if run["penalty"].partition(",")[0] == kind
    ]
    return Records(sorted(runs, key=lambda run: float(run["penalty"][4:])))


def convergence_parts(runs):
    """Return the part of the page on how fast integrated transformed l1 converges for which a."""
    header = ["penalty", "seeds", "test accuracy", "weights", "multiply-adds"]
    header += ["epochs to near the best"]
    lines = [
        [penalty, len(found), *figures(found), pages.spread([*map(epochs_to, found)], 1)]
        for penalty, found in runs.by("penalty")
    ]
    return [
        f"One fit for each strength, of {runs[0]['epochs']} epochs, at the strength chosen on "
        "validation data for each `a`, as Ma et al. tune the other parameters for each. The last "
        "column is the first epoch whose validation accuracy is within a point of the best.",
        pictures.epochs(runs, "combined_sparsity_a_epochs"),
        pages.table(header, lines),
    ]


def epochs_to(run):
    """Return the first epoch with a validation accuracy near the best."""
    curve = np.array(run["chosen"]["curves"]["score"])
    return 1 + epochs_between(run["epochs"]) * int((curve >= curve.max() - NEAR).argmax())
