"""Hoyer-Square, trained in several ways, one fit for each strength."""

from typing import NamedTuple

import numpy as np

from benchmarks import networks, pages, subgradient
from benchmarks.compression import deephoyer
from benchmarks.compression.lenet import network
from benchmarks.records import Records
from sgnn.networks.network import Network
from sgnn.penalties import HoyerSquare


class Way(NamedTuple):
    """How single fits are trained: as many epochs under the penalty as after it, if any."""

    text: str
    strengths: tuple
    n_epochs: int = 20


SHORT = (3e-4, 1e-3, 3e-3)
WAYS = {
    "loss": Way("in the loss, cut, trained on", SHORT),
    "prox": Way("exact prox, refit", SHORT),
    "rising": Way("exact prox, strength rising, refit", (2e-3, 4e-3), 120),
    "blank": Way("exact prox, strength rising, gelu, blank inputs", (3e-3, 6e-3), 100),
}
PUBLISHED = "published"
OPTIONS = {
    "prox": {"refit": True},
    "rising": {"refit": True},
    "blank": {
        "activation": "gelu",
        "learning_rate_init": 3e-3,
        "input_dropout": 0.1,
        "dtype": "float32",
    },
}
LIMIT = 5_000
REPORTED = 0.982, 4_900
"""DeepHoyer, as we remember its table: accuracy and weights."""


def cases(toy):
    """Return the cases of all ways."""
    shared = {"data": "digits" if toy else "mnist", "of": "Hoyer-Square"}
    single = [
        {**shared, "way": way, "strength": strength, "epochs": 2 if toy else n_epochs, "seed": 0}
        for way, (_, strengths, n_epochs) in WAYS.items()
        for strength in (strengths[:1] if toy else strengths)
    ]
    published = {
        **shared,
        "way": PUBLISHED,
        "strengths": list(deephoyer.STRENGTHS[:2] if toy else deephoyer.STRENGTHS),
        "cuts": list(deephoyer.CUTS),
        "epochs": [1, 1, 1] if toy else list(deephoyer.EPOCHS.values()),
        "seed": 0,
    }
    return [*single, published]


def fit(case, X, y):
    """Return the network of a single fit.

    Parameters
    ----------
    case : dict
        With its "way", "strength", "epochs" and "seed".
    X, y : ndarray
    """
    way, n_epochs, strength, seed = (case[key] for key in ("way", "epochs", "strength", "seed"))
    if way == "loss":
        found = subgradient.train(
            X,
            y,
            (300, 100),
            lambda weights: strength * subgradient.hoyer_square(weights),
            batch_size=200,
            n_epochs=n_epochs,
            n_refit=n_epochs,
            seed=seed,
        )
        return Network.whole(*found, "relu")
    penalty = HoyerSquare(warm_up=0 if way == "prox" else n_epochs * 5 // 6)
    model = network(penalty, strength, 0.0, n_epochs, seed, **OPTIONS[way]).fit(X, y)
    return Network.whole(*model.expand(), model.activation)


def measure(case, train, held_out, test):
    """Return sizes and accuracies."""
    if case["way"] == PUBLISHED:
        return deephoyer.measure(case, train, held_out, test)
    found = fit(case, *train)
    parts = {"train": train, "validation": held_out, "test": test}
    scores = {key: float(np.mean(found.forward(X).argmax(1) == y)) for key, (X, y) in parts.items()}
    return {**networks.anatomy(found.coefs), **scores}


def runs(records):
    """Return a record for each network; a strength and a cut are one of the published way."""
    return Records(
        {**record, **found} for record in records for found in record.get("networks", [{}])
    )


def report(records):
    """Return the parts of the page."""
    found = runs(records)
    rows = [
        [
            text(way),
            f"{run['strength']:g}",
            f"{run['cut']:g}" if "cut" in run else "",
            " + ".join(map(str, run["epochs"])) if "cut" in run else run["epochs"],
            f"{run['weights']:,}",
            pages.dashed(run["units"][:-1]),
            *(f"{100 * run[key]:.2f}" for key in ("train", "validation", "test")),
            f"{100 * run['best_test']:.2f}" if "best_test" in run else "",
        ]
        for way, group in found.by("way")
        for run in group
    ]
    header = ["trained", "strength", "cut", "epochs", "weights", "units"]
    header += ["train", "validation", "test", "best test"]
    return [verdict(records), pages.table(header, rows)]


def text(way):
    return WAYS[way].text if way in WAYS else "as in the published code"


def verdict(records):
    """Say what each way reaches within the limit, chosen on validation data."""
    accuracy, weights = REPORTED
    parts = []
    for way, group in runs(records).by("way"):
        within = [run for run in group if run["weights"] <= LIMIT]
        if not within:
            smallest = min(group, key=lambda run: run["weights"])
            parts.append(
                f"{text(way)}: none so small, {100 * smallest['test']:.2f} % with "
                f"{smallest['weights']:,}"
            )
            continue
        best = max(within, key=lambda run: run["validation"])
        reached = pages.against(best["test"], accuracy)
        parts.append(f"{text(way)}: {100 * best['test']:.2f} % with {best['weights']:,}, {reached}")
        if "best_test" in best:
            parts[-1] += f", in its best epoch {100 * best['best_test']:.2f} %"
    return (
        f"Reported of Hoyer-Square: {100 * accuracy:.1f} % with {weights:,} weights. Single fits, "
        f"the best on validation data with at most {LIMIT:,} weights: {'; '.join(parts)}. The "
        "published code takes 500 epochs, and 50 or more after the cut, of which it prints the "
        "best test accuracy."
    )
