"""How the time of an epoch grows with rows, features, width, and with what is left of a network.

Protocol: generated data, float32, one thread, two hidden layers, batches of 200, one parameter
varied at a time around 10,000 rows, 50 features and 100 units per layer. Times per epoch are those
of ``fit`` of two epochs, halved, medians of five rounds with the candidates in turn. The limit is
the time that the matrix products would take at the highest rate measured for a product of two
square matrices. For the last panel the weights of all but a share of the hidden units are zero
before a ``warm_start`` with a penalty that keeps them so.

Usage::

    python benchmarks/scaling.py

Writes ``benchmarks/results/scaling.json`` and ``doc/images/scaling.png``.
"""

import json
import time
import warnings
from itertools import pairwise
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from sgnn import SparseMLPClassifier

ROOT = Path(__file__).resolve().parents[1]
ROUNDS, EPOCHS, BATCH = 5, 2, 200
CENTRE = {"rows": 10_000, "features": 50, "width": 100}
GRID = {
    "rows": [1000, 10_000, 100_000, 1_000_000],
    "features": [10, 100, 1000, 10_000],
    "width": [10, 30, 100, 300, 1000],
}

STYLES = {
    "limit": "k:",
    "MLPClassifier": "oC0-",
    "sgnn, no penalty": "oC1-",
    "sgnn, group lasso": "oC2-",
}


def data(rows, features):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, features), dtype=np.float32)
    return X, (X[:, 0] > 0).astype(int)


def candidates(width):
    shared = {
        "hidden_layer_sizes": (width, width),
        "batch_size": BATCH,
        "max_iter": EPOCHS,
        "tol": 0.0,
        "random_state": 0,
    }
    ours = {**shared, "learning_rate": "constant", "n_iter_no_change": np.inf}
    return {
        "MLPClassifier": MLPClassifier(alpha=0.0, n_iter_no_change=10**6, **shared),
        "sgnn, no penalty": SparseMLPClassifier(penalty=None, **ours),
        "sgnn, group lasso": SparseMLPClassifier(alpha=1e-5, **ours),
    }


def seconds_per_epoch(model, X, y):
    start = time.perf_counter()
    model.fit(X, y)
    return (time.perf_counter() - start) / EPOCHS


def gemm_rate():
    """Highest rate of a matrix product measured, in multiplications and additions per second."""
    rates = []
    for size in (512, 1024, 2048):
        A = torch.rand(size, size)
        for _ in range(5):
            start = time.perf_counter()
            A @ A
            rates.append(2 * size**3 / (time.perf_counter() - start))
    return max(rates)


def operations(rows, features, width):
    """Multiplications and additions of the matrix products of an epoch."""
    sizes = features, width, width, 1
    return rows * (6 * sum(a * b for a, b in pairwise(sizes)) - 2 * features * width)


def vary(name, rate):
    curves = {"limit": []}
    for value in GRID[name]:
        setting = {**CENTRE, name: value}
        X, y = data(setting["rows"], setting["features"])
        models = candidates(setting["width"])
        for model in models.values():
            model.fit(X[:BATCH], y[:BATCH])
        n_rounds = ROUNDS if value < 1_000_000 else 3
        rounds = [
            {key: seconds_per_epoch(model, X, y) for key, model in models.items()}
            for _ in range(n_rounds)
        ]
        for key in models:
            curves.setdefault(key, []).append([r[key] for r in rounds])
        curves["limit"].append([operations(**setting) / rate])
    return curves


def shrink(rate):
    """Vary the share of the hidden units that is left."""
    X, y = data(CENTRE["rows"], CENTRE["features"])
    width, curves = 1000, {"sgnn, group lasso": [], "limit": []}
    for share in (1.0, 0.3, 0.1, 0.03, 0.01):
        alive = int(width * share)
        model = candidates(width)["sgnn, group lasso"].set_params(warm_start=True)
        times = []
        for _ in range(ROUNDS):
            model.set_params(alpha=1e-5, max_iter=1).fit(X[:BATCH], y[:BATCH])
            coefs, intercepts = model.expand()
            for coef in coefs[1:]:
                coef[alive:] = 0
            for coef in coefs[:-1]:
                coef[:, alive:] = 0
            model._full_network = coefs, intercepts
            one = []
            for n_epochs in (2, 6):
                start = time.perf_counter()
                model.set_params(alpha=1e-5, max_iter=n_epochs).fit(X, y)
                one.append(time.perf_counter() - start)
                model._full_network = coefs, intercepts
            times.append((one[1] - one[0]) / 4)
        curves["sgnn, group lasso"].append(times)
        curves["limit"].append([operations(CENTRE["rows"], CENTRE["features"], alive) / rate])
    return curves


def draw(results, path):
    fig, axes = plt.subplots(1, len(results), figsize=(15, 4.5), layout="constrained", sharey=True)
    for ax, (name, (values, curves)) in zip(axes, results.items(), strict=True):
        for key, times in curves.items():
            ax.plot(values, [np.median(t) for t in times], STYLES[key], label=key)
        ax.set(xscale="log", yscale="log", xlabel=name)
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("seconds per epoch")
    axes[0].legend()
    fig.savefig(path, dpi=110)


def main():
    torch.set_num_threads(1)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rate = gemm_rate()
        results = {name: (GRID[name], vary(name, rate)) for name in GRID}
        results["hidden units left, of 1000"] = ([1000, 300, 100, 30, 10], shrink(rate))
    for name, (values, curves) in results.items():
        for key, times in curves.items():
            medians = "  ".join(f"{np.median(t):.3g}" for t in times)
            print(f"{name:28s}{key:20s}{medians}   at {values}")
    (ROOT / "benchmarks/results/scaling.json").write_text(json.dumps(results, indent=1) + "\n")
    draw(results, ROOT / "doc/images/scaling.png")


if __name__ == "__main__":
    main()
