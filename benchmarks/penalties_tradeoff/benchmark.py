"""Every penalty on three data sets: score against what is kept, over a grid of strengths."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.image import grid_to_graph
from sklearn.preprocessing import StandardScaler

from benchmarks import data, pages, suite
from benchmarks.records import Records
from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.penalties import GroupGraph, GroupLasso, SparseGroupLasso, available

TITLE = "The penalties side by side"
ALPHAS = [float(f"{alpha:.6g}") for alpha in np.geomspace(1e-4, 0.3, 8)]
SOLVERS = {"adam": {"solver": "adam"}, "sgd": {"solver": "sgd", "learning_rate_init": 0.1}}
DATA = ["digits", "breast_cancer", "diabetes"]
PENALTIES = {
    **{name: lambda graph, name=name: name for name in available() if "graph" not in name},
    "group_graph": GroupGraph,
    "group_lasso 7/8": lambda graph: GroupLasso(fraction=7 / 8),
    "sparse_group_lasso 7/8": lambda graph: SparseGroupLasso(fraction=7 / 8),
}


def load(name):
    """Return X, y and a graph of the inputs: the pixel grid, or the most correlated columns."""
    X, y, *_ = data.load(name)
    X = StandardScaler().fit_transform(X)
    if name == "digits":
        graph = grid_to_graph(8, 8).tocsr()
        graph.setdiag(0)
        graph.eliminate_zeros()
        return X, y, graph
    if name == "diabetes":
        y = (y - y.mean()) / y.std()
    return X, y, neighbours(X, 3)


def neighbours(X, k):
    """Return the edges from each column to the k columns most correlated with it."""
    correlation = np.abs(np.corrcoef(X.T))
    np.fill_diagonal(correlation, 0)
    nearest = np.argsort(-correlation, axis=1)[:, :k]
    pairs = {tuple(sorted((i, int(j)))) for i, row in enumerate(nearest) for j in row}
    return sorted(pairs)


def cases(toy=False):
    names, penalties, alphas, seeds = (
        (["diabetes"], ["l1", "group_graph", "group_lasso 7/8"], ALPHAS[2::5], 1)
        if toy
        else (DATA, PENALTIES, ALPHAS, 5)
    )
    return suite.grid(data=names, penalty=penalties, solver=SOLVERS, alpha=alphas, n_seeds=[seeds])


def measure(case):
    """Fit with all seeds; return lists."""
    X, y, graph = load(case["data"])
    runs = [fit(X, y, graph, case, seed) for seed in range(case["n_seeds"])]
    return {key: [run[key] for run in runs] for key in runs[0]}


def fit(X, y, graph, case, seed):
    X_train, X_test, y_train, y_test = data.split(data.Data(X, y), seed, test_size=0.25)
    cls = SparseMLPRegressor if y.dtype.kind == "f" else SparseMLPClassifier
    model = cls(
        penalty=PENALTIES[case["penalty"]](graph),
        alpha=case["alpha"],
        max_iter=100,
        l2=1e-4 if "7/8" in case["penalty"] else 0.0,
        random_state=seed,
        **SOLVERS[case["solver"]],
    ).fit(X_train, y_train)
    return {
        "score": model.score(X_test, y_test),
        "weights": int(sum(np.count_nonzero(coef) for coef in model.coefs_)),
        "units": int(model.n_neurons_[1]),
        "inputs": int(model.n_neurons_[0]),
    }


def means(records):
    """Return the records with means over seeds."""
    keys = "score", "weights", "units", "inputs"
    return Records({**run, **{key: float(np.mean(run[key])) for key in keys}} for run in records)


def rows(records):
    """Yield the smallest good network of each penalty."""
    for name, runs in records.by("data"):
        best = runs.values("score").max()
        chosen, missing = [], []
        for *pair, grid in runs.by("penalty", "solver"):
            good = [run for run in grid if run["score"] >= best - 0.01]
            if good:
                chosen.append(min(good, key=lambda run: run["weights"]))
            else:
                missing.append(pair)
        for run in sorted(chosen, key=lambda run: run["weights"]):
            setting = [name, run["penalty"], run["solver"], f"{run['alpha']:.2g}"]
            counts = [f"{run['weights']:.0f}", f"{run['units']:.0f}", f"{run['inputs']:.1f}"]
            yield [*setting, f"{run['score']:.4f}", *counts]
        for pair in sorted(missing):
            yield [name, *pair, "none within 0.01", "", "", "", ""]


def picture(records):
    names = records.distinct("data")
    fig, axes = plt.subplots(1, len(names), figsize=(15, 6), layout="constrained", squeeze=False)
    labels = sorted(records.distinct("penalty"))
    colours = plt.colormaps["tab20"](np.linspace(0, 1, 20))
    styles = ["-", "--", ":"]
    for ax, name in zip(axes[0], names, strict=True):
        for number, label in enumerate(labels):
            curve = records.where(data=name, solver="adam", penalty=label)
            order = np.argsort(curve.values("weights"), kind="stable")
            ax.plot(
                np.maximum(curve.values("weights"), 1)[order],
                curve.values("score")[order],
                styles[number // 20],
                marker="o",
                markersize=3,
                color=colours[number % 20],
                label=label,
            )
        top = records.where(data=name).values("score").max()
        ax.set(xscale="log", xlabel="weights kept", title=name, ylim=(top - 0.15, top + 0.01))
    axes[0, 0].set_ylabel("score on held-out data")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    return pages.save(fig, "penalties_tradeoff")


def report(records):
    averaged = means(records)
    header = ["data", "penalty", "solver", "alpha", "score", "weights", "hidden units", "inputs"]
    about = (
        "For each penalty and solver: the smallest network on the grid whose mean score is within "
        "0.01 of the best of all. The picture shows all strengths, with Adam."
    )
    return [about, picture(averaged), pages.table(header, rows(averaged))]
