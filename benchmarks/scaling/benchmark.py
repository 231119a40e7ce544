"""How the time of an epoch grows with rows, features, width, and with what is left of a network."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks import pages
from benchmarks.peers import operations, product_rate, wall_seconds
from sgnn import SparseMLPClassifier

TITLE = "How time grows"
ALONE = True
EPOCHS, BATCH = 2, 200
CENTRE = {"rows": 10_000, "features": 50, "width": 100}
GRID = {
    "rows": [1000, 10_000, 100_000, 1_000_000],
    "features": [10, 100, 1000, 10_000],
    "width": [10, 30, 100, 300, 1000],
}
LEFT = [1000, 300, 100, 30, 10]
STYLES = {
    "limit": "k:",
    "MLPClassifier": "oC0-",
    "sgnn, no penalty": "oC1-",
    "sgnn, group lasso": "oC2-",
}
PRODUCT = "matrix product"


def draw(rows, features):
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


def cases(toy=False):
    """One round of all candidates each."""
    if toy:
        small = {"rows": 400, "features": 5, "width": 10}
        return [
            {"vary": PRODUCT, "largest": 64},
            {"vary": "rows", **small, "round": 0},
            {"vary": "left", **small, "left": 3, "round": 0},
        ]
    grids = [
        {"vary": name, **CENTRE, name: value, "round": number}
        for name, values in GRID.items()
        for value in values
        for number in range(5 if value < 1_000_000 else 3)
    ]
    shrunk = [
        {"vary": "left", **CENTRE, "width": 1000, "left": left, "round": number}
        for left in LEFT
        for number in range(5)
    ]
    return [{"vary": PRODUCT, "largest": 2048}, *grids, *shrunk]


def measure(case):
    if case["vary"] == PRODUCT:
        return {"rate": product_rate(case["largest"])}
    X, y = draw(case["rows"], case["features"])
    models = candidates(case["width"])
    if case["vary"] == "left":
        model = models["sgnn, group lasso"]
        return {"epoch_seconds": {"sgnn, group lasso": shrunk_epoch(model, X, y, case["left"])}}
    for model in models.values():
        model.fit(X[:BATCH], y[:BATCH])
    return {
        "epoch_seconds": {
            name: wall_seconds(model.fit, X, y) / EPOCHS for name, model in models.items()
        }
    }


def shrunk_epoch(model, X, y, left):
    """Return the seconds of an epoch when only some hidden units are left.

    The difference of two fits, so that what a fit does once does not count.
    """
    model.set_params(warm_start=True, max_iter=1).fit(X[:BATCH], y[:BATCH])
    coefs, intercepts = model.expand()
    for coef in coefs[1:]:
        coef[left:] = 0
    for coef in coefs[:-1]:
        coef[:, left:] = 0
    seconds = []
    for n_epochs in (2, 6):
        model._full_network = coefs, intercepts
        seconds.append(wall_seconds(model.set_params(max_iter=n_epochs).fit, X, y))
    return (seconds[1] - seconds[0]) / 4


def limit(record, rate):
    """Return the seconds that the matrix products of an epoch take at a rate."""
    width = record.get("left", record["width"])
    return operations(record["rows"], (record["features"], width, width, 1)) / rate


def curves(varied, records, rates):
    """Return, for each estimator, medians of seconds by the value that is varied."""
    found = {name: {} for name in STYLES}
    for value, runs in records.by(varied):
        if len(rates):
            found["limit"][value] = limit(runs[0], max(rates))
        for name in runs[0]["epoch_seconds"]:
            found[name][value] = runs.median("epoch_seconds", name)
    return found


def panels(records):
    """Return what is varied, its records and its curves."""
    rates = records.where(vary=PRODUCT).values("rate")
    return [
        (name, runs, curves(name, runs, rates))
        for name, runs in records.by("vary")
        if name != PRODUCT
    ]


def label(name, runs):
    return f"hidden units left, of {runs[0]['width']}" if name == "left" else name


def picture(records):
    shown = panels(records)
    fig, axes = plt.subplots(
        1, len(shown), figsize=(15, 4.5), layout="constrained", sharey=True, squeeze=False
    )
    for ax, (name, runs, found) in zip(axes[0], shown, strict=True):
        for estimator, times in found.items():
            ax.plot(list(times), list(times.values()), STYLES[estimator], label=estimator)
        ax.set(xscale="log", yscale="log", xlabel=label(name, runs))
        ax.grid(alpha=0.3)
    axes[0, 0].set_ylabel("seconds per epoch")
    axes[0, 0].legend()
    return pages.save(fig, "scaling")


def rows(records):
    for name, runs, found in panels(records):
        for value in runs.distinct(name):
            cells = [f"{times[value]:.3g}" if value in times else "" for times in found.values()]
            yield [label(name, runs), f"{value:,}", *cells]


def report(records):
    about = "Seconds per epoch. The limit is the time of the matrix products at the highest rate."
    lines = list(rows(records))
    return [about, picture(records), pages.table(["varied", "", *STYLES], lines)] if lines else []
