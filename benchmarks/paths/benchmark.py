"""A whole path beside LassoNet's: seconds, and scores at equal numbers of features."""

from functools import partial

import numpy as np

from benchmarks import data, pages
from benchmarks.peers import lassonet_path, timed
from sgnn import sparse_mlp_path
from sgnn.estimators.defaults import default_estimator

TITLE = "A whole path beside LassoNet's"
ALONE = True
SIZES = {"digits": [50, 40, 30, 20, 10], "mnist": [300, 200, 100, 50, 25]}
HELD_OUT = {"digits": 0.25, "mnist": 0.5}
SPLITS = {"digits": 3, "mnist": 1}


def load(name, seed):
    """Return inputs in [0, 1] and targets, to train and to score on."""
    whole = data.load(name)
    X, y = whole[:2] if whole.X_test is None else whole[2:]
    return data.split(data.Data(X / X.max(), y), seed, HELD_OUT[name])


def ours(X, X_test, y, y_test, sizes, seed, dtype=None, **parameters):
    estimator = default_estimator("classifier", X).set_params(random_state=seed, dtype=dtype)
    path, seconds = timed(sparse_mlp_path, estimator, X, y, **parameters)
    models = [path.at(n_features=size) for size in sizes]
    return {
        "cpu_seconds": seconds,
        "points": len(path),
        "dense": path.estimator(0).score(X_test, y_test),
        "features": [int(model.n_neurons_[0]) for model in models],
        "scores": [model.score(X_test, y_test) for model in models],
    }


def lassonet(X, X_test, y, y_test, sizes, seed):
    (model, points), seconds = timed(lassonet_path, "classifier", X, y, seed, state_dicts=True)
    counts = np.array([int(point.selected.sum()) for point in points])
    places = [np.flatnonzero(counts <= size)[0] for size in sizes]
    return {
        "cpu_seconds": seconds,
        "points": len(points),
        "dense": model.load(points[0]).score(X_test, y_test),
        "features": counts[places].tolist(),
        "scores": [model.load(points[place]).score(X_test, y_test) for place in places],
    }


SINGLE, SHORT = "sgnn, float32", "sgnn, max_iter=4"
METHODS = {
    "sgnn": ours,
    SINGLE: partial(ours, dtype="float32"),
    SHORT: partial(ours, max_iter=4),
    "LassoNet": lassonet,
}


def cases(toy=False):
    names, methods = (["digits"], [SHORT]) if toy else (SIZES, METHODS)
    return [
        {"data": name, "method": method, "seed": seed}
        for name in names
        for method in methods
        for seed in range(1 if toy else SPLITS[name])
    ]


def measure(case):
    name, seed = case["data"], case["seed"]
    return METHODS[case["method"]](*load(name, seed), SIZES[name], seed)


def ratio(records, name, method):
    """Return how many times as fast as LassoNet a method is."""
    theirs, ours = (
        records.where(data=name, method=one).median("cpu_seconds") for one in ("LassoNet", method)
    )
    return theirs / ours


def row(method, runs):
    scores = [f"{score:.3f}" for score in (runs.mean("dense"), *runs.mean("scores"))]
    seconds, n_networks = runs.median("cpu_seconds"), int(runs.median("points"))
    return [method, len(runs), f"{seconds:.1f}", n_networks, *scores]


def report(records):
    parts = ["Scores of the networks with at most so many features."]
    for name, runs in records.by("data"):
        header = [name, "splits", "CPU seconds", "networks", "all features", *SIZES[name]]
        parts.append(pages.table(header, [row(*group) for group in runs.by("method")]))
        if all(runs.where(method=method) for method in METHODS):
            ratios = [f"{ratio(runs, name, one):.0f}x" for one in ("sgnn", SINGLE, SHORT)]
            parts.append(
                f"sgnn is {ratios[0]} as fast, in single precision as LassoNet computes {ratios[1]}"
                f", with fewer epochs {ratios[2]}."
            )
    return parts


def headline(records):
    """Compare at the middle of the sizes, where both have been run."""
    ours, theirs = [], []
    for name, sizes in SIZES.items():
        runs = [records.where(data=name, method=method) for method in ("sgnn", "LassoNet")]
        if all(runs):
            middle = len(sizes) // 2
            scores = [some.mean("scores", middle) for some in runs]
            faster = ratio(records, name, "sgnn")
            ours.append(f"{name}: {faster:.0f}x as fast, {scores[0]:.3f} with {sizes[middle]}")
            theirs.append(f"{scores[1]:.3f}")
    return ["; ".join(ours), f"LassoNet: {', '.join(theirs)}"]
