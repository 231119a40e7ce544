"""The best 50 features of ISOLET, MNIST and Fashion-MNIST, beside other ways to choose them."""

from functools import partial

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, f_classif
from sklearn.feature_selection import mutual_info_classif as mutual_info
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler

from benchmarks import data, pages
from benchmarks.peers import first_places, lassonet_path, timed
from sgnn import sparse_mlp_path
from sgnn.estimators.defaults import default_estimator

TITLE = "The best 50 features"
COUNT = 50
DATA = ["isolet", "mnist", "fashion_mnist"]
#: Table 1 of Lemhadri et al. (2021): accuracy of a network and of ExtraTrees.
PUBLISHED = {"isolet": (0.885, 0.891), "mnist": (0.873, 0.892), "fashion_mnist": (0.800, 0.794)}


def load(name):
    """Return all rows; of images the published test part alone, in [0, 1]."""
    X, y, X_test, y_test = data.load(name)
    if "mnist" in name:
        return X_test / 255, y_test
    return (X, y) if X_test is None else (np.vstack([X, X_test]), np.append(y, y_test))


def sgnn(X, y, seed):
    path = sparse_mlp_path(default_estimator("classifier", X).set_params(random_state=seed), X, y)
    return np.flatnonzero(path.ranking <= COUNT)


def lassonet(X, y, seed):
    model, _ = lassonet_path("classifier", X, y, seed, path_multiplier=1.05)
    return first_places(model.feature_importances_, COUNT)


def selector(make):
    """Return a way to choose from a function that makes a selector of a seed."""
    return lambda X, y, seed: make(seed).fit(X, y).get_support(indices=True)


def extra_trees(seed):
    forest = ExtraTreesClassifier(random_state=seed)
    return SelectFromModel(forest, max_features=COUNT, threshold=-np.inf)


METHODS = {
    "sgnn": sgnn,
    "LassoNet": lassonet,
    "ExtraTrees": selector(extra_trees),
    "f_classif": selector(lambda seed: SelectKBest(f_classif, k=COUNT)),
    "mutual_info_classif": selector(
        lambda seed: SelectKBest(partial(mutual_info, random_state=seed), k=COUNT)
    ),
    "RFE, logistic regression": selector(
        lambda seed: RFE(LogisticRegression(), n_features_to_select=COUNT, step=0.2)
    ),
    "all features": lambda X, y, seed: np.arange(X.shape[1]),
}
SLOW = ["LassoNet", "mutual_info_classif", "all features"]


def cases(toy=False):
    names, methods, splits = (["digits"], ["sgnn", "f_classif"], 1) if toy else (DATA, METHODS, 5)
    return [
        {"data": name, "method": method, "seed": seed}
        for name in names
        for method in methods
        for seed in range(1 if method in SLOW else splits)
    ]


def is_long(case):
    return case["method"] != "sgnn"


def measure(case):
    return measured_choice(case["data"], METHODS[case["method"]], case["seed"])


def measured_choice(name, choose, seed):
    """Return what two fresh models make of the features that are chosen on a split."""
    X, y = load(name)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=seed)
    scaler = MinMaxScaler().fit(X_train)
    X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    features, seconds = timed(choose, X_train, y_train, seed)
    decoders = {
        "network": MLPClassifier((X.shape[1] // 3,), max_iter=100, random_state=seed),
        "trees": ExtraTreesClassifier(50, random_state=seed),
    }
    accuracies = {
        decoder: model.fit(X_train[:, features], y_train).score(X_test[:, features], y_test)
        for decoder, model in decoders.items()
    }
    return {"cpu_seconds": seconds, **accuracies, "features": sorted(map(int, features))}


def rows(records):
    beside = records.where(method="sgnn")
    for name, runs_of_data in records.by("data"):
        for method, runs in runs_of_data.by("method"):
            scores = [f"{runs.mean(key):.3f}" for key in ("network", "trees")]
            yield [name, method, len(runs), *scores, pages.seconds(runs, beside)]
        if name in PUBLISHED:
            scores = [f"{score:.3f}" for score in PUBLISHED[name]]
            yield [name, "LassoNet, as published", "", *scores, ""]


def report(records):
    header = ["data", "method", "splits", "network", "ExtraTrees", "CPU seconds of the choice"]
    about = "Accuracy on held-out data of two models trained on 50 features."
    return [about, pages.table(header, rows(records))]


def summary(records):
    lines = []
    for name, published in PUBLISHED.items():
        for decoder, printed in zip(("network", "trees"), published, strict=True):
            found = [
                f"{pages.spread(runs.values(decoder), 3)} ({len(runs)})" if runs else "not run"
                for runs in (
                    records.where(data=name, method=method)
                    for method in ("LassoNet", "sgnn", "all features")
                )
            ]
            lines.append([name, decoder, f"{printed:.3f}", *found])
    header = ["data", "model on the features", "printed", "LassoNet, run by us", "sgnn"]
    return [
        "Lemhadri et al. (2021), [LassoNet](https://arxiv.org/abs/1907.12207), Table 1: 50 "
        "features, chosen on 80 % of the rows, and the accuracy on the others of a network or "
        "50 trees that are trained on these features. In brackets, random splits.",
        pages.table([*header, "all features"], lines),
    ]


def headline(records):
    sets = list(records.where(method="sgnn").by("data"))
    ours = ", ".join(f"{name} {runs.mean('network'):.3f}" for name, runs in sets)
    theirs = ", ".join(f"{PUBLISHED[name][0]:.3f}" for name, _ in sets)
    return [f"accuracy with 50 features: {ours}", f"LassoNet, as published: {theirs}"]
