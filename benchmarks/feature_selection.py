"""The best 50 features of ISOLET, MNIST and Fashion-MNIST, beside other ways to choose them.

Protocol of Lemhadri et al. (2021), "LassoNet", JMLR 22, Table 1: all 7,797 rows of ISOLET, the
10,000 test images of MNIST and of Fashion-MNIST; random 80/20 splits, min-max-scaled on the
training part, 50 features chosen on the training part alone; then two fresh models are trained on
these features: ``MLPClassifier`` with one hidden layer, a third as wide as there were features, and
``max_iter=100``, and an ``ExtraTreesClassifier`` of 50 trees. Accuracy on the fifth held out, mean
over splits. One thread, CPU seconds of the choice.

sgnn: the 50 first of ``sparse_mlp_path(...).ranking`` with the default estimator of its selectors.
LassoNet 0.0.21: hidden layer of 100 units, ``path_multiplier=1.05`` (its default of 1.02 takes
two and a half times as long), the 50 that disappear last. Other parameters are defaults.

Usage::

    python benchmarks/feature_selection.py FOLDER [--splits N] [--slow-splits N]
        [--methods ...] [--data ...]

FOLDER holds ``isolet.npz``, ``mnist.npz`` and ``fashion_mnist.npz``. Slow methods get
``--slow-splits`` splits, the others ``--splits``. What is measured replaces the same in
``benchmarks/results/feature_selection.json``; the table of all goes to
``doc/feature_selection.md``.
"""

import argparse
from functools import partial

import numpy as np
from common import first_places, kept, lassonet_path, load, one_thread, table, timed, write
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, f_classif
from sklearn.feature_selection import mutual_info_classif as mutual_info
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler

from sgnn import sparse_mlp_path
from sgnn.paths.defaults import default_estimator

COUNT = 50
DATA = ["isolet", "mnist", "fashion_mnist"]
#: Table 1 of Lemhadri et al. (2021): accuracy of a network and of ExtraTrees.
PUBLISHED = {"isolet": (0.885, 0.891), "mnist": (0.873, 0.892), "fashion_mnist": (0.800, 0.794)}


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


def measure(folder, name, method, seed):
    return measured_choice(folder, name, method, METHODS[method], seed)


def measured_choice(folder, name, method, choose, seed):
    X, y = load(folder, name)
    split = train_test_split(X, y, test_size=0.2, random_state=seed)
    X_train, X_test, y_train, y_test = split
    scaler = MinMaxScaler().fit(X_train)
    X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    features, seconds = timed(choose, X_train, y_train, seed)
    record = {"data": name, "method": method, "seed": seed, "seconds": seconds}
    decoders = {
        "network": MLPClassifier((X.shape[1] // 3,), max_iter=100, random_state=seed),
        "trees": ExtraTreesClassifier(50, random_state=seed),
    }
    for decoder, model in decoders.items():
        model.fit(X_train[:, features], y_train)
        record[decoder] = model.score(X_test[:, features], y_test)
    return {**record, "features": sorted(map(int, features))}


def rows(records):
    for name in DATA:
        for method in METHODS:
            runs = [run for run in records if (run["data"], run["method"]) == (name, method)]
            if runs:
                means = [np.mean([run[key] for run in runs]) for key in ("network", "trees")]
                seconds = np.median([run["seconds"] for run in runs])
                scores = [f"{mean:.3f}" for mean in means]
                yield [name, method, len(runs), *scores, f"{seconds:.1f}"]
        network, trees = PUBLISHED[name]
        yield [name, "LassoNet, as published", "", f"{network:.3f}", f"{trees:.3f}", ""]


def save(records):
    header = ["data", "method", "splits", "network", "ExtraTrees", "CPU seconds of the choice"]
    title = "The best 50 features"
    about = "Accuracy on held-out data of two models trained on 50 features."
    write("feature_selection", title, records, about, table(header, rows(records)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--slow-splits", type=int, default=1)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA)
    arguments = parser.parse_args()
    records = kept("feature_selection", lambda run: True)
    with one_thread():
        for method in arguments.methods:
            n_splits = arguments.slow_splits if method in SLOW else arguments.splits
            for name in arguments.data:
                runs = [measure(arguments.folder, name, method, k) for k in range(n_splits)]
                same = name, method
                records = [run for run in records if (run["data"], run["method"]) != same] + runs
                save(records)


if __name__ == "__main__":
    main()
