"""Default estimators beside scikit-learn's: score, weights removed, seconds.

Protocol: inputs standard-scaled in a Pipeline, a random quarter held out (stratified for classes),
five seeds; in each seed the candidates are fitted one after the other on the same split, on one
thread. Nothing is tuned. Scores are means of accuracy or R² over seeds, seconds are medians of wall
time of ``fit``, and ``time`` is the median over seeds of the ratio to the peer's seconds.

Usage::

    python benchmarks/defaults.py [--data FOLDER]

FOLDER holds ``california_housing.npz`` and ``pendigits.npz`` (arrays ``X`` and ``y``); without it
the data sets that scikit-learn ships are used. The table is printed, and written with all single
results to ``benchmarks/results/defaults.json`` and ``doc/defaults.md``.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._testing import ignore_warnings
from threadpoolctl import threadpool_limits

import sgnn

ROOT = Path(__file__).resolve().parents[1]
SEEDS = range(5)
SHIPPED = ["digits", "breast_cancer", "wine", "iris", "diabetes"]
EXTRA = {"california": "california_housing.npz", "pendigits": "pendigits.npz"}
REGRESSION = {"diabetes", "california"}


def load(folder):
    """Yield (name, X, y) of every data set."""
    for name in SHIPPED:
        yield (name, *getattr(datasets, f"load_{name}")(return_X_y=True))
    for name, file in EXTRA.items() if folder else ():
        with np.load(folder / file) as arrays:
            yield name, arrays["X"].astype(np.float64), arrays["y"]


def candidates(regression, seed):
    """Return the estimators by name, the peer first."""
    peer, ours = (
        (MLPRegressor, sgnn.SparseMLPRegressor)
        if regression
        else (MLPClassifier, sgnn.SparseMLPClassifier)
    )
    return {
        "MLP": peer(random_state=seed),
        "SparseMLP": ours(random_state=seed),
        "SparseMLP, no penalty": ours(penalty=None, random_state=seed),
    }


@ignore_warnings(category=ConvergenceWarning)
def run_seed(X, y, regression, seed):
    """Fit every candidate on one split; return a record for each."""
    stratify = None if regression else y
    split = train_test_split(X, y, test_size=0.25, random_state=seed, stratify=stratify)
    X_train, X_test, y_train, y_test = split
    records = {}
    for name, estimator in candidates(regression, seed).items():
        model = make_pipeline(StandardScaler(), estimator)
        start = time.perf_counter()
        model.fit(X_train, y_train)
        seconds = time.perf_counter() - start
        records[name] = {
            "score": model.score(X_test, y_test),
            "removed": getattr(estimator, "sparsity_", 0.0),
            "units": list(getattr(estimator, "n_neurons_", ())),
            "epochs": estimator.n_iter_,
            "seconds": seconds,
        }
    return records


def table(results):
    """Return a Markdown table of the results."""
    lines = [
        "| data (rows x columns) | estimator | score | sd | weights removed | seconds | time |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        peer = np.array([run["MLP"]["seconds"] for run in result["runs"]])
        for estimator in result["runs"][0]:
            runs = [run[estimator] for run in result["runs"]]
            scores = [run["score"] for run in runs]
            seconds = np.array([run["seconds"] for run in runs])
            lines.append(
                f"| {name} ({result['rows']} x {result['columns']}) | {estimator} "
                f"| {np.mean(scores):.4f} | {np.std(scores, ddof=1):.4f} "
                f"| {np.mean([run['removed'] for run in runs]):.0%} "
                f"| {np.median(seconds):.2f} | {np.median(seconds / peer):.2f} |"
            )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with the two larger data sets")
    folder = parser.parse_args().data
    X, y = datasets.load_iris(return_X_y=True)
    sgnn.SparseMLPClassifier(max_iter=1).fit(X, y)
    results = {}
    with threadpool_limits(1):
        for name, X, y in load(folder):
            runs = [run_seed(X, y, name in REGRESSION, seed) for seed in SEEDS]
            results[name] = {"rows": len(X), "columns": X.shape[1], "runs": runs}
            print(table({name: results[name]}).split("\n", 2)[2], flush=True)
    versions = {
        "python": platform.python_version(),
        **{module.__name__: module.__version__ for module in (np, sklearn, torch, sgnn)},
    }
    record = {"versions": versions, "machine": platform.machine(), "results": results}
    (ROOT / "benchmarks/results/defaults.json").write_text(json.dumps(record, indent=1) + "\n")
    text = [
        "# Default estimators",
        "Written by `python benchmarks/defaults.py --data FOLDER`; its docstring is the protocol.",
        table(results),
        ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
    ]
    (ROOT / "doc/defaults.md").write_text("\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
