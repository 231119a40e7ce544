"""Learning rates: how soon the objective is low, and whether the support comes to rest."""

import numpy as np
from sklearn.preprocessing import scale

from benchmarks import data, pages, suite
from sgnn import SparseMLPClassifier, SparseMLPRegressor

TITLE = "Learning rates"
DATA = ["digits", "breast_cancer", "wine", "diabetes"]
RATES = ["constant", "adaptive", "cosine"]
MAX_ITER = 160
LAST = MAX_ITER // 10


def cases(toy=False):
    names, seeds = (["wine", "diabetes"], 1) if toy else (DATA, 5)
    return suite.grid(data=names, learning_rate=RATES, seed=range(seeds))


def measure(case):
    X, y, *_ = data.load(case["data"])
    is_regression = y.dtype.kind == "f"
    estimator = SparseMLPRegressor if is_regression else SparseMLPClassifier
    model = estimator(
        learning_rate=case["learning_rate"],
        max_iter=MAX_ITER,
        tol=0.0,
        n_iter_no_change=5 if case["learning_rate"] == "adaptive" else np.inf,
        random_state=case["seed"],
    )
    model.fit(scale(X.astype(float)), scale(y.astype(float)) if is_regression else y)
    units = [list(counts[:2]) for counts in model.n_neurons_curve_]
    return {"objective": list(model.objective_curve_), "units": units}


def targets(records):
    """Return 1.02 times the lowest last objective of each data set and seed."""
    return {
        (name, seed): 1.02 * runs.values("objective", -1).min()
        for name, seed, runs in records.by("data", "seed")
    }


def epochs_to(curve, target):
    """Return the first epoch whose objective is as low, or infinity."""
    return next((epoch for epoch, value in enumerate(curve, start=1) if value <= target), np.inf)


def rows(records):
    goals = targets(records)
    for name, rate, runs in records.by("data", "learning_rate"):
        pairs = [(run["objective"], goals[name, run["seed"]]) for run in runs]
        epochs = np.median([epochs_to(*pair) for pair in pairs])
        above = np.median([1.02 * curve[-1] / target - 1 for curve, target in pairs])
        changes = [np.abs(np.diff(run["units"][-LAST:], axis=0)).sum(axis=0) for run in runs]
        moved = [f"{count:.0f}" for count in np.median(changes, axis=0)]
        reached = f"{epochs:.0f}" if np.isfinite(epochs) else "not reached"
        yield [name, rate, reached, f"{100 * above:.1f} %", *moved]


def report(records):
    header = [
        "data",
        "`learning_rate`",
        "epochs to the target",
        "last objective above the best",
        "inputs that came or went in the last tenth",
        "hidden units",
    ]
    return [pages.table(header, rows(records))]
