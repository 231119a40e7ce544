"""Learning rates: how soon the objective is low, and whether the support comes to rest.

Protocol: digits, breast_cancer, wine and diabetes, inputs (and the target of diabetes)
standard-scaled, default estimators but for ``learning_rate``, 160 epochs without an early end,
five seeds. The target of a data set and seed is 1.02 times the lowest last objective of the three
rates. Medians over seeds.

Usage::

    python benchmarks/learning_rates.py

The table is printed, and written to ``doc/learning_rates.md`` and, with all curves,
``benchmarks/results/learning_rates.json``.
"""

import json
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale
from sklearn.utils._testing import ignore_warnings

from sgnn import SparseMLPClassifier, SparseMLPRegressor

ROOT = Path(__file__).resolve().parents[1]
DATA = ["digits", "breast_cancer", "wine", "diabetes"]
RATES = ["constant", "adaptive", "cosine"]
SEEDS = range(5)
MAX_ITER = 160
LAST = MAX_ITER // 10


class Supports:
    """A scikit-learn callback that notes the number of inputs and hidden units of each epoch."""

    def setup(self, estimator, context):
        self.units = []

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name == "epoch":
            self.units.append(fitted_estimator.n_neurons_[:2])
        return False


@ignore_warnings(category=ConvergenceWarning)
def run(name, rate, seed):
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    estimator = SparseMLPRegressor if name == "diabetes" else SparseMLPClassifier
    supports = Supports()
    model = estimator(learning_rate=rate, max_iter=MAX_ITER, tol=0.0, random_state=seed)
    model.set_params(n_iter_no_change=5 if rate == "adaptive" else np.inf)
    model.set_callbacks(supports).fit(scale(X), scale(y) if name == "diabetes" else y)
    return {"objective": model.objective_curve_, "units": supports.units}


def rows(results):
    for name in DATA:
        by_seed = [{rate: results[name][rate][seed] for rate in RATES} for seed in SEEDS]
        targets = [1.02 * min(r["objective"][-1] for r in runs.values()) for runs in by_seed]
        for rate in RATES:
            runs = [runs[rate] for runs in by_seed]
            reached = [
                next((i + 1 for i, value in enumerate(r["objective"]) if value <= target), np.inf)
                for r, target in zip(runs, targets, strict=True)
            ]
            above = [r["objective"][-1] / t * 1.02 - 1 for r, t in zip(runs, targets, strict=True)]
            changes = [
                np.abs(np.diff(np.array(r["units"][-LAST:]), axis=0)).sum(axis=0) for r in runs
            ]
            inputs, hidden = np.median(changes, axis=0)
            epochs = np.median(reached)
            yield (
                f"| {name} | {rate} | {epochs:.0f} | {100 * np.median(above):.1f} % "
                f"| {inputs:.0f} | {hidden:.0f} |"
            ).replace("| inf |", "| not reached |")


def main():
    results = {
        name: {rate: [run(name, rate, seed) for seed in SEEDS] for rate in RATES} for name in DATA
    }
    table = [
        "| data | `learning_rate` | epochs to the target | last objective above the best "
        "| inputs that came or went in the last tenth | hidden units |",
        "|---|---|---|---|---|---|",
        *rows(results),
    ]
    text = [
        "# Learning rates",
        "Written by `python benchmarks/learning_rates.py`; its docstring is the protocol.",
        "\n".join(table),
    ]
    print("\n\n".join(text))
    path = ROOT / "benchmarks/results/learning_rates.json"
    path.write_text(json.dumps(results, default=float) + "\n")
    (ROOT / "doc/learning_rates.md").write_text("\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
