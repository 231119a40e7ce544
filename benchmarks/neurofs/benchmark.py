"""50 features for a support vector machine, by the protocol of NeuroFS."""

import numpy as np
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import minmax_scale
from sklearn.svm import SVC

from benchmarks import data, pages
from benchmarks.feature_selection.benchmark import COUNT, extra_trees, selector
from benchmarks.peers import timed
from sgnn import SparseMLPSelector
from sgnn.estimators.defaults import default_estimator

TITLE = "50 features for a support vector machine"
#: Atashgahi et al. (2023): accuracy with all features, and with 50 of each method.
PUBLISHED = {
    "isolet": {
        "all features": 0.9603,
        "NeuroFS": 0.9262,
        "RFS": 0.9150,
        "STG": 0.8582,
        "LassoNet": 0.8490,
    },
    "mnist": {"all features": 0.9792, "NeuroFS": 0.9530, "LassoNet": 0.9446, "STG": 0.9320},
    "fashion_mnist": {"all features": 0.8830, "NeuroFS": 0.8378},
}


def load(name):
    """Return training and test parts, in the order of `train_test_split`, scaled over all rows."""
    X, y, X_test, y_test = data.load(name)
    rows = minmax_scale(X if X_test is None else np.vstack([X, X_test]))
    if "mnist" in name:
        return rows[: len(X)], rows[len(X) :], y, y_test
    classes = y if y_test is None else np.append(y, y_test)
    return train_test_split(rows, classes, test_size=0.2, random_state=42)


def sgnn(X, y, seed):
    network = default_estimator("classifier", X).set_params(random_state=seed)
    selector = SparseMLPSelector(network, n_features_to_select=COUNT)
    return selector.fit(X, y).get_support(indices=True)


METHODS = {
    "sgnn": sgnn,
    "ExtraTrees": selector(extra_trees),
    "f_classif": selector(lambda seed: SelectKBest(f_classif, k=COUNT)),
}


def n_seeds(name, method):
    if method == "f_classif":
        return 1
    if name == "isolet":
        return 5
    return 2 if method == "sgnn" else 1


def cases(toy=False):
    names, methods = (["digits"], ["sgnn", "f_classif"]) if toy else (PUBLISHED, METHODS)
    return [
        {"data": name, "method": method, "seed": seed}
        for name in names
        for method in methods
        for seed in range(1 if toy else n_seeds(name, method))
    ]


def is_long(case):
    return case["method"] != "sgnn" or case["data"] != "isolet"


def measure(case):
    X, X_test, y, y_test = load(case["data"])
    features, seconds = timed(METHODS[case["method"]], X, y, case["seed"])
    machine = SVC().fit(X[:, features], y)
    return {
        "accuracy": machine.score(X_test[:, features], y_test),
        "cpu_seconds": seconds,
        "features": features.tolist(),
    }


def rows(records):
    for name, runs_of_data in records.by("data"):
        for method, runs in runs_of_data.by("method"):
            accuracy, seconds = runs.mean("accuracy"), runs.median("cpu_seconds")
            yield [name, method, len(runs), f"{accuracy:.4f}", f"{seconds:.1f}"]
        for method, accuracy in PUBLISHED.get(name, {}).items():
            yield [name, f"{method}, as published", "", f"{accuracy:.4f}", ""]


def report(records):
    header = ["data", "method", "seeds", "accuracy", "CPU seconds of the choice"]
    return ["Means over seeds, on test data.", pages.table(header, rows(records))]


def summary(records):
    lines = []
    for name, published in PUBLISHED.items():
        printed = [f"{published[method]:.4f}" for method in ("all features", "NeuroFS")]
        runs = records.where(data=name, method="sgnn")
        found = f"{pages.spread(runs.values('accuracy'), 4)} ({len(runs)})" if runs else "not run"
        lines.append([name, *printed, found])
    header = ["data", "all features, printed", "NeuroFS, printed", "sgnn"]
    return [
        "Atashgahi et al. (2023), [NeuroFS](https://arxiv.org/abs/2303.07200): test accuracy of a "
        "support vector machine on 50 features. In brackets, seeds.",
        pages.table(header, lines),
    ]


def headline(records):
    ours, theirs = [], []
    for name, runs in records.where(method="sgnn").by("data"):
        ours.append(f"{name} {runs.mean('accuracy'):.3f}")
        theirs.append(f"{PUBLISHED[name]['NeuroFS']:.3f}")
    return [
        f"accuracy with 50 features: {', '.join(ours)}",
        f"NeuroFS, as published: {', '.join(theirs)}",
    ]
