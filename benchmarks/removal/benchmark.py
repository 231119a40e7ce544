"""What removal during training saves, and prediction with the network that is left."""

import time
from contextlib import contextmanager

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks import data, pages
from benchmarks.peers import wall_seconds
from sgnn import SparseMLPClassifier
from sgnn.training import removal

TITLE = "Removal during training"
ALONE = True
NAMES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


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
    return np.diff(clock.times).tolist()


@contextmanager
def nothing_removed():
    """Within this context, training removes no units."""
    before, removal.LEAST_SAVING = removal.LEAST_SAVING, 2.0
    try:
        yield
    finally:
        removal.LEAST_SAVING = before


def cases(toy=False):
    if toy:
        sizes = {"hidden": [20, 10], "epochs": 10, "rounds": 1}
        return [
            {"what": "removal", "data": "digits", "alpha": 3e-3, **sizes},
            {"what": "denormal numbers", "data": "digits", "alpha": 3e-3, **sizes},
        ]
    sizes = {"hidden": [300, 100], "epochs": 20, "rounds": 5}
    return [
        {"what": "removal", "data": "mnist", "alpha": 1e-3, **sizes},
        {"what": "denormal numbers", "data": "fashion_mnist", "alpha": 2e-3, **sizes},
    ]


def measure(case):
    X, X_test, y, y_test = data.split(data.load(case["data"]), 0)
    scale = X.max()
    model = SparseMLPClassifier(
        case["hidden"],
        alpha=case["alpha"],
        batch_size=100,
        max_iter=case["epochs"],
        random_state=0,
    )
    if case["what"] == "removal":
        return removed(model, X / scale, X_test / scale, y, y_test, case["rounds"])
    model.set_params(learning_rate="constant")
    with nothing_removed():
        took = epochs(model, X[:10_000] / scale, y[:10_000])
    return {"epoch_seconds": took, "n_neurons": model.n_neurons_}


def removed(model, X, X_test, y, y_test, n_rounds):
    """A fit that ends with few units: with removal and without, and prediction afterwards."""
    fits = {"with removal": described(model, X, X_test, y, y_test)}
    with nothing_removed():
        fits["without"] = described(model, X, X_test, y, y_test)
    dense = MLPClassifier(model.hidden_layer_sizes, max_iter=1, batch_size=100)
    dense.fit(X[:5000], y[:5000])
    predict = {
        n_rows: [
            [
                min(wall_seconds(one.predict, X_test[:n_rows]) for _ in range(3))
                for one in (dense, model)
            ]
            for _ in range(n_rounds * (20 if n_rows == 1 else 1))
        ]
        for n_rows in (1, len(X_test))
    }
    sizes = [X.shape[1], *model.hidden_layer_sizes, len(model.classes_)]
    return {"sizes": sizes, "fits": fits, "predict": predict}


def described(model, X, X_test, y, y_test):
    """Fit; return how long it took and what it came to."""
    return {
        "epoch_seconds": epochs(model, X, y),
        "n_neurons": model.n_neurons_,
        "objective": model.objective_curve_[-1],
        "accuracy": model.score(X_test, y_test),
        "inputs": model.selected_features_.tolist(),
    }


def savings(record):
    """Return how many times as fast the last epochs are, and the fit."""
    took, plain = (
        np.array(record["fits"][name]["epoch_seconds"]) for name in ("with removal", "without")
    )
    return took[0] / np.median(took[-5:]), plain.sum() / took.sum()


def predictions(record):
    """Yield numbers of rows, and how many times as fast as the peer's prediction is."""
    for n_rows, rounds in record["predict"].items():
        yield n_rows, np.median([dense / ours for dense, ours in rounds])


def facts_of_removal(record):
    name = NAMES.get(record["data"], record["data"])
    fits = record["fits"]
    for kind, run in fits.items():
        yield (
            f"{name}, {pages.dashed(record['sizes'])}, {record['epochs']} epochs, {kind}: "
            f"{pages.dashed(run['n_neurons'])} units, "
            f"{sum(run['epoch_seconds']):.1f} s, objective {run['objective']:.5f}, "
            f"accuracy {run['accuracy']:.4f}"
        )
    late, fit = savings(record)
    shared = len(set(fits["with removal"]["inputs"]) & set(fits["without"]["inputs"]))
    yield (
        f"there an epoch at the end (median of five) is {late:.1f}x as fast as the first, the fit "
        f"{fit:.1f}x as fast as without removal; {shared} inputs are in both supports"
    )
    for n_rows, faster in predictions(record):
        yield f"`predict` of {n_rows} rows afterwards: {faster:.1f}x `MLPClassifier`"


def facts_of_denormals(record):
    took = record["epoch_seconds"]
    yield (
        f"{NAMES.get(record['data'], record['data'])}, 10,000 rows, group lasso, nothing removed, "
        f"{pages.dashed(record['n_neurons'])} units alive in the end: the last three epochs "
        f"take {np.median(took[-3:]) / np.median(took[:3]):.2f} times as long as the first three"
    )


FACTS = {"removal": facts_of_removal, "denormal numbers": facts_of_denormals}


def report(records):
    return ["\n".join(f"- {fact}" for record in records for fact in FACTS[record["what"]](record))]


def headline(records):
    found = []
    for record in records.where(what="removal"):
        predict = [f"{faster:.1f}x (rows: {rows})" for rows, faster in predictions(record)]
        found.append(f"fit {savings(record)[1]:.1f}x as fast, `predict` {', '.join(predict)}")
    return ["; ".join(found), "without removal; `MLPClassifier`"]
