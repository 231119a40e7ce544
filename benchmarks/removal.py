"""What removal during training saves, and prediction with the network that is left.

Protocol: one thread, float32. MNIST (60,000 training images, scaled to [0, 1]), network
784-300-100-10, group lasso, batches of 100, 20 epochs, fitted with removal and without; prediction
of its test images beside a dense ``MLPClassifier`` of the same size, in turn, medians of ratios.
Denormal numbers: 10,000 images of Fashion-MNIST, constant rate, removal switched off.

Usage::

    python benchmarks/removal.py FOLDER

FOLDER holds ``mnist.npz`` and ``fashion_mnist.npz`` with arrays ``X``, ``y``, ``X_test`` and
``y_test``. The facts are printed, and written to ``doc/removal.md`` and, with all single seconds,
``benchmarks/results/removal.json``.
"""

import argparse
import json
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from sgnn import SparseMLPClassifier
from sgnn.training import removal

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


class Clock:
    """A scikit-learn callback that notes when each epoch ends."""

    def setup(self, estimator, context):
        self.times = [time.perf_counter()]

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch":
            self.times.append(time.perf_counter())
        return False


def epochs(model, X, y):
    """Fit; return the seconds of each epoch."""
    clock = Clock()
    model.set_callbacks(clock).fit(X, y)
    return np.diff(clock.times)


def images(folder, name):
    with np.load(folder / f"{name}.npz") as arrays:
        return [
            arrays[key].astype(np.float32).reshape(len(arrays[key]), -1) / 255
            if key.startswith("X")
            else arrays[key].astype(int)
            for key in ("X", "y", "X_test", "y_test")
        ]


def removal_on_mnist(folder):
    """A fit that ends with few units: with removal and without, and prediction afterwards."""
    X, y, X_test, y_test = images(folder, "mnist")
    model = SparseMLPClassifier(
        **{"hidden_layer_sizes": (300, 100), "alpha": 1e-3, "batch_size": 100, "max_iter": 20},
        random_state=0,
    )
    results = {}
    for name, least_saving in (("with removal", 0.25), ("without", 2.0)):
        removal.LEAST_SAVING = least_saving
        took = epochs(model, X, y)
        results[name] = {
            "seconds": took.tolist(),
            "n_neurons": model.n_neurons_,
            "objective": model.objective_curve_[-1],
            "accuracy": model.score(X_test, y_test),
            "inputs": model.selected_features_.tolist(),
        }
    removal.LEAST_SAVING = 0.25
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dense = MLPClassifier((300, 100), max_iter=1, batch_size=100).fit(X[:5000], y[:5000])
    results["predict"] = {
        n_rows: [
            [min(seconds(m.predict, X_test[:n_rows]) for _ in range(3)) for m in (dense, model)]
            for _ in range(ROUNDS * (20 if n_rows == 1 else 1))
        ]
        for n_rows in (1, 10_000)
    }
    return results


def denormals(folder):
    """Late epochs beside early ones while dead weights decay, nothing removed."""
    X, y, *_ = images(folder, "fashion_mnist")
    removal.LEAST_SAVING = 2.0
    model = SparseMLPClassifier(
        **{"hidden_layer_sizes": (300, 100), "alpha": 2e-3, "batch_size": 100, "max_iter": 20},
        learning_rate="constant",
        random_state=0,
    )
    took = epochs(model, X[:10_000], y[:10_000])
    removal.LEAST_SAVING = 0.25
    return {"seconds": took.tolist(), "n_neurons": model.n_neurons_}


def facts(results, late):
    smaller, whole = results["with removal"], results["without"]
    took, plain = np.array(smaller["seconds"]), np.array(whole["seconds"])
    lines = [
        f"MNIST, 784-300-100-10, 20 epochs, {name}: {'-'.join(map(str, run['n_neurons']))} units, "
        f"{sum(run['seconds']):.1f} s, objective {run['objective']:.5f}, "
        f"accuracy {run['accuracy']:.4f}"
        for name, run in (("with removal", smaller), ("without", whole))
    ]
    shared = len(set(smaller["inputs"]) & set(whole["inputs"]))
    lines.append(
        f"there an epoch at the end (median of five) is {took[0] / np.median(took[-5:]):.1f}x as "
        "fast as the first, the fit "
        f"{plain.sum() / took.sum():.1f}x as fast as without removal; {shared} inputs are in both "
        "supports"
    )
    for n_rows, rounds in results["predict"].items():
        faster = np.median([dense / ours for dense, ours in rounds])
        lines.append(f"`predict` of {n_rows} rows afterwards: {faster:.1f}x `MLPClassifier`")
    seconds_late = np.array(late["seconds"])
    lines.append(
        f"Fashion-MNIST, 10,000 rows, group lasso, nothing removed, "
        f"{'-'.join(map(str, late['n_neurons']))} units alive in the end: the last three epochs "
        f"take {np.median(seconds_late[-3:]) / np.median(seconds_late[:3]):.2f} times as long as "
        "the first three"
    )
    return "\n".join(f"- {line}" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    with threadpool_limits(1):
        results, late = removal_on_mnist(folder), denormals(folder)
    text = [
        "# Removal during training",
        "Written by `python benchmarks/removal.py`; its docstring is the protocol.",
        facts(results, late),
        f"scikit-learn {sklearn.__version__}, torch {torch.__version__}, {platform.machine()}.",
    ]
    print("\n\n".join(text))
    path = ROOT / "benchmarks/results/removal.json"
    path.write_text(json.dumps([results, late], indent=1, default=float) + "\n")
    (ROOT / "doc/removal.md").write_text("\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
