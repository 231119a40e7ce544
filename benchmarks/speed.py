"""Training beside scikit-learn and skorch, start-up, imports and parallel fits.

Protocol: one thread for everybody, the same network, data type (float32), batch size, rate and
number of epochs; candidates one after the other in each round, ratios within a round, medians over
rounds. Training times are those of ``fit`` on generated data of the named shape, with constant rate
and no early end. Peers: ``MLPClassifier``/``MLPRegressor``; skorch with its default iterator, and
with one that slices arrays instead of collating samples.

Usage::

    python benchmarks/speed.py

The tables are printed, and written to ``doc/speed.md`` and, with all single seconds,
``benchmarks/results/speed.json``.
"""

import json
import platform
import subprocess
import sys
import time
import warnings
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import sklearn
import skorch
import torch
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from sgnn import SparseMLPClassifier, SparseMLPRegressor

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
RATE = 1e-3
#: name: (rows, sizes of all layers, batch size, epochs)
SHAPES = {
    "digits, batch 32": (1797, (64, 40, 20, 10), 32, 20),
    "digits, batch 200": (1797, (64, 40, 20, 10), 200, 40),
    "50,000 x 48, batch 500": (50_000, (48, 40, 40, 30, 11), 500, 4),
    "MNIST-shaped, batch 100": (10_000, (784, 300, 100, 10), 100, 2),
    "500,000 x 90, batch 1024": (500_000, (90, 100, 1), 1024, 1),
}


def data(rows, sizes):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, sizes[0]), dtype=np.float32)
    outputs = X @ rng.standard_normal((sizes[0], sizes[-1]), dtype=np.float32)
    if sizes[-1] == 1:
        return X, (outputs[:, 0] / outputs.std()).astype(np.float32)
    return X, outputs.argmax(1)


class SlicingIterator:
    """Batches of arrays in memory, for skorch."""

    def __init__(self, dataset, batch_size, shuffle=False):
        self.X, self.y = (torch.as_tensor(part) for part in (dataset.X, dataset.y))
        self.batch_size = batch_size

    def __iter__(self):
        order = torch.randperm(len(self.X))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            yield self.X[rows], self.y[rows]


def skorch_net(sizes, batch_size, n_epochs, **parameters):
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    kind = skorch.NeuralNetRegressor if sizes[-1] == 1 else skorch.NeuralNetClassifier
    criterion = torch.nn.MSELoss if sizes[-1] == 1 else torch.nn.CrossEntropyLoss
    return kind(
        torch.nn.Sequential(*layers[:-1]),
        criterion=criterion,
        optimizer=torch.optim.Adam,
        lr=RATE,
        batch_size=batch_size,
        max_epochs=n_epochs,
        train_split=None,
        verbose=0,
        **parameters,
    )


def candidates(sizes, batch_size, n_epochs):
    """Return functions that make the estimators, by name, the peer first."""
    shared = {
        "hidden_layer_sizes": sizes[1:-1],
        "batch_size": batch_size,
        "max_iter": n_epochs,
        "learning_rate_init": RATE,
        "tol": 0.0,
        "random_state": 0,
    }
    dense, ours = (
        (MLPRegressor, SparseMLPRegressor)
        if sizes[-1] == 1
        else (MLPClassifier, SparseMLPClassifier)
    )
    ours_too = {**shared, "learning_rate": "constant", "n_iter_no_change": np.inf}
    net = sizes, batch_size, n_epochs
    return {
        "MLP": lambda: dense(alpha=0.0, n_iter_no_change=10**6, **shared),
        "skorch": lambda: skorch_net(*net),
        "skorch, slicing": lambda: skorch_net(*net, iterator_train=SlicingIterator),
        "sgnn, no penalty": lambda: ours(penalty=None, **ours_too),
        "sgnn, group lasso": lambda: ours(penalty="group_lasso", alpha=1e-4, **ours_too),
    }


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def training():
    """Seconds per epoch of `fit`."""
    results = {}
    for name, (rows, sizes, batch_size, n_epochs) in SHAPES.items():
        X, y = data(rows, sizes)
        makers = candidates(sizes, batch_size, n_epochs)
        column = y[:, None] if y.dtype.kind == "f" else y
        target = {key: column if "skorch" in key else y for key in makers}
        for key, make in makers.items():
            make().fit(X[:500], target[key][:500])
        results[name] = [
            {key: seconds(make().fit, X, target[key]) / n_epochs for key, make in makers.items()}
            for _ in range(ROUNDS)
        ]
    return results


def small_things():
    """Start-up of a fit, import time, two jobs at once."""
    X, y = data(1000, (20, 2))
    model = SparseMLPClassifier(max_iter=1).fit(X, y)
    start_up = [seconds(model.fit, X[:200], y[:200]) for _ in range(20)]
    imports = {}
    for module in ("sklearn.base", "sgnn"):
        code = f"from time import perf_counter as t; s = t(); import {module}; print(t() - s)"
        run = [sys.executable, "-c", code]
        imports[module] = [float(subprocess.check_output(run)) for _ in range(ROUNDS)]
    rows, sizes, batch_size, _ = SHAPES["50,000 x 48, batch 500"]
    X, y = data(rows, sizes)
    model = SparseMLPClassifier(sizes[1:-1], batch_size=batch_size, max_iter=40)
    jobs = {}
    for n_jobs in (1, 2):
        validate = partial(cross_val_score, model, X, y, cv=4, n_jobs=n_jobs)
        validate()
        jobs[n_jobs] = [seconds(validate) for _ in range(ROUNDS)]
    return {"start-up": start_up, "import": imports, "cross_val_score": jobs}


def ratio(rounds, one, other):
    return float(np.median([r[one] / r[other] for r in rounds]))


def tables(results):
    lines = ["| data | " + " | ".join(next(iter(results["training"].values()))[0]) + " |"]
    lines.append("|" + "---|" * (lines[0].count("|") - 1))
    for name, rounds in results["training"].items():
        cells = [
            f"{1e3 * np.median([r[key] for r in rounds]):.3g} ms ({ratio(rounds, 'MLP', key):.2f}x)"
            for key in rounds[0]
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    small = results["small"]
    jobs, imports = small["cross_val_score"], small["import"]
    facts = [
        f"start-up of a fit (200 rows, one epoch): {1e3 * np.median(small['start-up']):.1f} ms",
        f"`import sgnn`: {np.median(imports['sgnn']):.2f} s; `import sklearn.base`: "
        f"{np.median(imports['sklearn.base']):.2f} s",
        "`cross_val_score` of four fits with two jobs beside one: "
        f"{np.median(np.divide(jobs[1], jobs[2])):.2f}x as fast",
    ]
    return "\n".join(lines), "\n".join(f"- {fact}" for fact in facts)


def main():
    torch.set_num_threads(1)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=sklearn.exceptions.ConvergenceWarning)
        results = {"training": training(), "small": small_things()}
    table, facts = tables(results)
    text = [
        "# Speed",
        "Written by `python benchmarks/speed.py`; its docstring is the protocol. Time per epoch of "
        "`fit`, and in brackets how many times as fast as scikit-learn's network.",
        table,
        facts,
        f"scikit-learn {sklearn.__version__}, skorch {skorch.__version__}, torch "
        f"{torch.__version__}, {platform.machine()}.",
    ]
    print("\n\n".join(text))
    path = ROOT / "benchmarks/results/speed.json"
    path.write_text(json.dumps(results, indent=1, default=float) + "\n")
    (ROOT / "doc/speed.md").write_text("\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
