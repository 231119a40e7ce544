"""A whole path beside LassoNet's: seconds, and scores at equal numbers of features.

Protocol: one thread, CPU seconds, medians over splits. digits (all 1,797 rows, three random splits,
a quarter held out) and the 10,000 test images of MNIST (one random split, half held out); inputs in
[0, 1]. Both networks have one hidden layer of 100 units. sgnn:
``sparse_mlp_path`` with the default estimator of its selectors, and with four epochs per strength
instead of as many as make 120 steps. LassoNet: the path of
``LassoNetClassifier`` with all its defaults (full batches, factor 1.02, a tenth held out). At each
size the first network of either path with at most so many features, as it is on the path, not
trained again.

Usage::

    python benchmarks/paths.py FOLDER [--ours]

FOLDER holds ``mnist.npz``. ``--ours`` keeps the figures of LassoNet in
``benchmarks/results/paths.json``, which take minutes. The table goes to ``doc/paths.md``.
"""

import argparse
from functools import partial

import numpy as np
from common import kept, lassonet_path, load, one_thread, table, timed, write
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sgnn import sparse_mlp_path
from sgnn.paths.defaults import default_estimator

SIZES = {"digits": [50, 40, 30, 20, 10], "mnist": [300, 200, 100, 50, 25]}
HELD_OUT = {"digits": 0.25, "mnist": 0.5}
SPLITS = {"digits": 3, "mnist": 1}


def data(folder, name, seed):
    """Return inputs and targets to train and to score on."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        X = (X / 16).astype(np.float32)
    else:
        X, y = load(folder, name)
    return train_test_split(X, y, test_size=HELD_OUT[name], random_state=seed, stratify=y)


def ours(X, X_test, y, y_test, sizes, seed, **parameters):
    estimator = default_estimator("classifier", X).set_params(random_state=seed)
    path, seconds = timed(sparse_mlp_path, estimator, X, y, **parameters)
    models = [path.at(n_features=size) for size in sizes]
    return {
        "seconds": seconds,
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
        "seconds": seconds,
        "points": len(points),
        "dense": model.load(points[0]).score(X_test, y_test),
        "features": counts[places].tolist(),
        "scores": [model.load(points[place]).score(X_test, y_test) for place in places],
    }


SHORT = "sgnn, max_iter=4"
CANDIDATES = {"sgnn": ours, SHORT: partial(ours, max_iter=4), "LassoNet": lassonet}


def measure(folder, name, who, function):
    for seed in range(SPLITS[name]):
        record = function(*data(folder, name, seed), SIZES[name], seed)
        yield {"data": name, "who": who, "seed": seed, **record}


def tables(records):
    for name, sizes in SIZES.items():
        lines, seconds = [], {}
        for who in CANDIDATES:
            runs = [run for run in records if (run["data"], run["who"]) == (name, who)]
            seconds[who] = np.median([run["seconds"] for run in runs])
            scores = np.mean([[run["dense"], *run["scores"]] for run in runs], axis=0)
            n_networks = int(np.median([run["points"] for run in runs]))
            lines.append([who, len(runs), f"{seconds[who]:.1f}", n_networks])
            lines[-1] += [f"{score:.3f}" for score in scores]
        header = [name, "splits", "CPU seconds", "networks", "all features", *sizes]
        yield table(header, lines)
        ratios = [f"{seconds['LassoNet'] / seconds[who]:.0f}x" for who in ("sgnn", SHORT)]
        yield f"sgnn is {ratios[0]} as fast, with fewer epochs {ratios[1]}."


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--ours", action="store_true", help="keep the figures of LassoNet")
    arguments = parser.parse_args()
    candidates = dict(CANDIDATES)
    if arguments.ours:
        del candidates["LassoNet"]
    records = kept("paths", lambda run: run["who"] not in candidates)
    with one_thread():
        for name in SIZES:
            for who, function in candidates.items():
                records += measure(arguments.folder, name, who, function)
                print(records[-1], flush=True)
    about = "Scores of the networks with at most so many features."
    write("paths", "A whole path beside LassoNet's", records, about, *tables(records))


if __name__ == "__main__":
    main()
