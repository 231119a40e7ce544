"""Every penalty on three data sets: score against what is kept, over a grid of strengths.

Protocol: digits, breast_cancer and diabetes, inputs (and the target of diabetes) standard-scaled, a
random quarter held out (stratified for classes), five seeds, one hidden layer of 100 units,
float32, 100 epochs and all other parameters at their defaults, but ``l2=1e-4`` where a part of the
weights is not penalised. ``alpha`` runs over eight values from 1e-4 to 0.3 for every penalty, with
both solvers ("sgd" with a rate of 0.1). Nothing is tuned. Scores are accuracy or R² on the held-out
part.

Usage::

    python benchmarks/penalties.py [--jobs N]

The means over seeds are printed and written to ``benchmarks/results/penalties.json``;
``doc/penalties_tradeoff.md`` gets, for each penalty, solver and data set, the smallest network with
a score within 0.01 of the best of all, and ``doc/images/penalties_tradeoff.png`` score against
weights kept.
"""

import argparse
import json
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn import datasets
from sklearn.feature_extraction.image import grid_to_graph
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.penalties import GroupGraph, GroupLasso, SparseGroupLasso, available

ROOT = Path(__file__).resolve().parents[1]
SEEDS = range(5)
ALPHAS = np.geomspace(1e-4, 0.3, 8)
SOLVERS = {"adam": {"solver": "adam"}, "sgd": {"solver": "sgd", "learning_rate_init": 0.1}}
DATA = ["digits", "breast_cancer", "diabetes"]


def load(name):
    """Return X, y and a graph of the inputs: the pixel grid, or the most correlated columns."""
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    X = StandardScaler().fit_transform(X).astype(np.float32)
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


def penalties(graph):
    """Return penalties by label."""
    chosen = {name: name for name in available() if name != "group_graph"}
    chosen["group_graph"] = GroupGraph(graph)
    chosen["group_lasso 7/8"] = GroupLasso(fraction=7 / 8)
    chosen["sparse_group_lasso 7/8"] = SparseGroupLasso(fraction=7 / 8)
    return chosen


def fit(data, label, solver, alpha, seed):
    """Fit once; return a record."""
    X, y, graph = load(data)
    regression = data == "diabetes"
    stratify = None if regression else y
    split = train_test_split(X, y, test_size=0.25, random_state=seed, stratify=stratify)
    X_train, X_test, y_train, y_test = split
    cls = SparseMLPRegressor if regression else SparseMLPClassifier
    model = cls(
        penalty=penalties(graph)[label],
        alpha=alpha,
        max_iter=100,
        l2=1e-4 if "7/8" in label else 0.0,
        random_state=seed,
        **SOLVERS[solver],
    )
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model.fit(X_train, y_train)
    return {
        "data": data,
        "penalty": label,
        "solver": solver,
        "alpha": alpha,
        "seed": seed,
        "score": model.score(X_test, y_test),
        "weights": int(sum(np.count_nonzero(coef) for coef in model.coefs_)),
        "units": int(model.n_neurons_[1]),
        "inputs": int(model.n_neurons_[0]),
    }


def means(records):
    """Average over seeds; return one record for each setting."""
    settings = {}
    for record in records:
        key = tuple(record[name] for name in ("data", "penalty", "solver", "alpha"))
        settings.setdefault(key, []).append(record)
    return [
        {
            **dict(zip(("data", "penalty", "solver", "alpha"), key, strict=True)),
            **{
                name: float(np.mean([run[name] for run in runs]))
                for name in ("score", "weights", "units", "inputs")
            },
        }
        for key, runs in settings.items()
    ]


def table(rows):
    """Return the smallest good network of each penalty as a Markdown table."""
    best = {data: max(row["score"] for row in rows if row["data"] == data) for data in DATA}
    lines = [
        "| data | penalty | solver | alpha | score | weights | hidden units | inputs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for data in DATA:
        chosen = {}
        for row in (row for row in rows if row["data"] == data):
            key = row["penalty"], row["solver"]
            good = row["score"] >= best[data] - 0.01
            if good and (key not in chosen or row["weights"] < chosen[key]["weights"]):
                chosen[key] = row
        for row in sorted(chosen.values(), key=lambda row: row["weights"]):
            lines.append(
                f"| {data} | {row['penalty']} | {row['solver']} | {row['alpha']:.2g} "
                f"| {row['score']:.4f} | {row['weights']:.0f} | {row['units']:.0f} "
                f"| {row['inputs']:.1f} |"
            )
        missing = sorted(
            {(r["penalty"], r["solver"]) for r in rows if r["data"] == data} - chosen.keys()
        )
        for penalty, solver in missing:
            lines.append(f"| {data} | {penalty} | {solver} | none within 0.01 | | | | |")
    return "\n".join(lines)


def draw(rows, path):
    fig, axes = plt.subplots(1, len(DATA), figsize=(15, 6), layout="constrained")
    labels = sorted({row["penalty"] for row in rows})
    colours = plt.colormaps["tab20"](np.linspace(0, 1, 20))
    styles = ["-", "--", ":"]
    for ax, data in zip(axes, DATA, strict=True):
        for number, label in enumerate(labels):
            curve = [
                row
                for row in rows
                if (row["data"], row["penalty"], row["solver"]) == (data, label, "adam")
            ]
            curve.sort(key=lambda row: row["weights"])
            ax.plot(
                [max(row["weights"], 1) for row in curve],
                [row["score"] for row in curve],
                styles[number // 20],
                marker="o",
                markersize=3,
                color=colours[number % 20],
                label=label,
            )
        top = max(row["score"] for row in rows if row["data"] == data)
        ax.set(xscale="log", xlabel="weights kept", title=data, ylim=(top - 0.15, top + 0.01))
    axes[0].set_ylabel("score on held-out data")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    fig.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    jobs = [
        (data, label, solver, float(alpha), seed)
        for data in DATA
        for label in penalties(load(data)[2])
        for solver in SOLVERS
        for alpha in ALPHAS
        for seed in SEEDS
    ]
    records = Parallel(parser.parse_args().jobs)(delayed(fit)(*job) for job in jobs)
    rows = means(records)
    for row in rows:
        print(
            f"{row['data']:14s}{row['penalty']:28s}{row['solver']:5s} alpha {row['alpha']:8.2g}  "
            f"score {row['score']:7.4f}  weights {row['weights']:7.1f}  units {row['units']:5.1f}  "
            f"inputs {row['inputs']:5.1f}"
        )
    (ROOT / "benchmarks/results/penalties.json").write_text(json.dumps(rows, indent=0) + "\n")
    draw(rows, ROOT / "doc/images/penalties_tradeoff.png")
    text = [
        "# The penalties side by side",
        "Written by `python benchmarks/penalties.py`; its docstring is the protocol. For each "
        "penalty and solver: the smallest network on the grid whose mean score is within 0.01 of "
        "the best of all. The picture shows all strengths, with Adam.",
        "![Score against weights kept](images/penalties_tradeoff.png)",
        table(rows),
    ]
    (ROOT / "doc/penalties_tradeoff.md").write_text("\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
