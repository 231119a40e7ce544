"""Selection where the relevant features are known: true and false positives.

Protocol: ten seeds, each with new data, network and order of columns; inputs standard-scaled.

- Friedman-1: 500 rows, 10 features, 5 relevant, noise 1.
- ``make_classification``: 1,000 rows, 500 features, 20 informative.
- Boston: 506 rows, its 13 features are taken as relevant, beside 13 of standard normal noise.
- XOR: 1,000 rows of 50 standard normal features; the class is the sign of the product of two.

Each method says which features it keeps, and ranks them: "of first k" is the number of relevant
ones among as many first as there are relevant ones.

sgnn: ``support_`` and ``path_.ranking`` of ``SparseMLPClassifierCV`` and ``SparseMLPRegressorCV``.
LassoNet: its path with all defaults; the features at its lowest validation loss, and the order in
which they disappear. Lasso: ``LassoCV``, ``LogisticRegressionCV`` with l1. Forest: the default
threshold of ``SelectFromModel``, the mean importance.

Usage::

    python benchmarks/known_answer.py FOLDER [--seeds N] [--methods ...]

FOLDER holds ``uci_boston.npz``. What is measured replaces the same in
``benchmarks/results/known_answer.json``; the table goes to ``doc/known_answer.md``, and
``doc/images/known_answer.png`` shows all seeds.
"""

import argparse

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from common import ROOT, first_places, kept, lassonet_path, load, one_thread, table, timed, write
from sklearn.datasets import make_classification, make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LassoCV, LogisticRegressionCV
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifierCV, SparseMLPRegressorCV
from sgnn.paths.defaults import default_estimator


def friedman(folder, rng):
    return *make_friedman1(500, 10, noise=1.0, random_state=rng.integers(2**31)), 5


def informative(folder, rng):
    X, y = make_classification(
        1000,
        500,
        n_informative=20,
        n_redundant=0,
        shuffle=False,
        random_state=rng.integers(2**31),
    )
    return X, y, 20


def boston(folder, rng):
    X, y = load(folder, "uci_boston")
    return np.hstack([X, rng.standard_normal((len(X), 13))]), y, 13


def xor(folder, rng):
    X = rng.standard_normal((1000, 50))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int), 2


DATA = {"Friedman-1": friedman, "20 of 500": informative, "Boston": boston, "XOR": xor}


def draw(folder, name, seed):
    """Return X, y and a mask of the relevant columns, in random order."""
    rng = np.random.default_rng(seed)
    X, y, n_relevant = DATA[name](folder, rng)
    order = rng.permutation(X.shape[1])
    y = scale(y).astype(np.float32) if y.dtype.kind == "f" else y
    return scale(X).astype(np.float32)[:, order], y, order < n_relevant


def sgnn(kind, X, y, seed):
    cls = SparseMLPClassifierCV if kind == "classifier" else SparseMLPRegressorCV
    model = cls(default_estimator(kind, X).set_params(random_state=seed)).fit(X, y)
    return model.support_, -model.path_.ranking


def lassonet(kind, X, y, seed):
    model, points = lassonet_path(kind, X, y, seed)
    best = min(points, key=lambda point: point.val_loss)
    return best.selected.numpy(), model.feature_importances_


def lasso(kind, X, y, seed):
    if kind == "regressor":
        importances = np.abs(LassoCV(random_state=seed).fit(X, y).coef_)
    else:
        model = LogisticRegressionCV(
            l1_ratios=(1,), solver="liblinear", scoring="neg_log_loss", random_state=seed
        )
        importances = np.abs(model.fit(X, y).coef_[0])
    return importances > 1e-5, importances


def forest(kind, X, y, seed):
    cls = RandomForestClassifier if kind == "classifier" else RandomForestRegressor
    importances = cls(random_state=seed).fit(X, y).feature_importances_
    return importances >= importances.mean(), importances


METHODS = {"sgnn": sgnn, "LassoNet": lassonet, "lasso": lasso, "random forest": forest}


def measure(folder, name, method, seed):
    X, y, relevant = draw(folder, name, seed)
    kind = "regressor" if y.dtype.kind == "f" else "classifier"
    (support, importances), seconds = timed(METHODS[method], kind, X, y, seed)
    return {
        "data": name,
        "method": method,
        "seed": seed,
        "relevant": int(relevant.sum()),
        "true": int((support & relevant).sum()),
        "false": int((support & ~relevant).sum()),
        "of first k": int(relevant[first_places(importances, relevant.sum())].sum()),
        "seconds": seconds,
    }


def of(records, name, method):
    return [run for run in records if (run["data"], run["method"]) == (name, method)]


def rows(records):
    for name in DATA:
        for method in METHODS:
            runs = of(records, name, method)
            if runs:
                counts = [
                    f"{np.mean([run[key] for run in runs]):.1f}"
                    for key in ("relevant", "true", "false", "of first k")
                ]
                seconds = np.median([run["seconds"] for run in runs])
                yield [name, method, len(runs), *counts, f"{seconds:.1f}"]


def picture(records, path):
    fig, axes = plt.subplots(1, len(DATA), figsize=(14, 3.8), layout="constrained")
    for ax, name in zip(axes, DATA, strict=True):
        for number, (method, marker) in enumerate(zip(METHODS, "osD^", strict=True)):
            runs = of(records, name, method)
            if runs:
                false, true = (np.array([run[key] for run in runs]) for key in ("false", "true"))
                style = {"color": f"C{number}", "marker": marker}
                ax.scatter(false, true, s=18, alpha=0.3, linewidths=0, **style)
                ax.scatter(false.mean(), true.mean(), s=80, label=method, **style)
        shown = [run for run in records if run["data"] == name]
        n_relevant, most = shown[0]["relevant"], max(run["false"] for run in shown)
        ax.axhline(n_relevant, color="0.7", linewidth=1, zorder=0)
        ax.set_xscale("symlog", linthresh=1)
        ax.xaxis.set_major_formatter("{x:.0f}")
        ax.yaxis.get_major_locator().set_params(integer=True)
        ax.set(title=name, xlabel="false positives", ylim=(0, n_relevant * 1.1))
        ax.set_xlim(-0.2, 2 * most + 1)
    axes[0].set_ylabel("true positives")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper")
    fig.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    arguments = parser.parse_args()
    records = kept("known_answer", lambda run: run["method"] not in arguments.methods)
    with one_thread():
        for method in arguments.methods:
            for name in DATA:
                for seed in range(arguments.seeds):
                    records.append(measure(arguments.folder, name, method, seed))
    header = ["data", "method", "seeds", "relevant", "true positives", "false positives"]
    header += ["of first k", "CPU seconds"]
    image = "![True and false positives](images/known_answer.png)"
    picture(records, ROOT / "doc" / "images" / "known_answer.png")
    title = "Selection where the answer is known"
    write("known_answer", title, records, image, table(header, rows(records)))


if __name__ == "__main__":
    main()
