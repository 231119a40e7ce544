"""Hoyer-Square, trained in several ways, one fit for each strength."""

from benchmarks import networks, pages, subgradient
from benchmarks.compression.recipes import network
from sgnn.penalties import HoyerSquare

WAYS = {
    "loss": "in the loss, cut, trained on",
    "prox": "exact prox, refit",
}
STRENGTHS = (3e-4, 1e-3, 3e-3)
N_EPOCHS = 20
LIMIT = 5_000
REPORTED = 0.982, 4_900
"""DeepHoyer, as we remember its table: accuracy and weights."""


def fit(case, X, y):
    """Return weights and biases of a network of rectified linear units.

    Parameters
    ----------
    case : dict
        With its "way", "strength", "epochs", which are those under the penalty and those after it,
        and "seed".
    X, y : ndarray
    """
    n_epochs, strength, seed = (case[key] for key in ("epochs", "strength", "seed"))
    if case["way"] == "loss":
        return subgradient.train(
            X,
            y,
            (300, 100),
            lambda weights: strength * subgradient.hoyer_square(weights),
            batch_size=200,
            n_epochs=n_epochs,
            n_refit=n_epochs,
            seed=seed,
        )
    model = network(HoyerSquare(), strength, 0.0, n_epochs, seed, refit=True)
    return model.fit(X, y).expand()


def measure(case, train, held_out, test):
    """Return sizes and accuracies."""
    found = fit(case, *train)
    parts = {"train": train, "validation": held_out, "test": test}
    scores = {key: networks.accuracy(*found, *part) for key, part in parts.items()}
    return {**networks.anatomy(found[0]), **scores}


def report(records):
    """Return the parts of the page."""
    rows = [
        [
            WAYS[way],
            f"{run['strength']:g}",
            f"{run['weights']:,}",
            pages.dashed(run["units"][:-1]),
            *(f"{100 * run[key]:.2f}" for key in ("train", "validation", "test")),
            f"{run['seconds']:.0f}",
        ]
        for way, runs in records.by("way")
        for run in runs
    ]
    header = ["trained", "strength", "weights", "units", "train", "validation", "test", "CPU s"]
    return [verdict(records), pages.table(header, rows)]


def verdict(records):
    """Say what each way reaches within the limit, chosen on validation data."""
    accuracy, weights = REPORTED
    parts = []
    for way, runs in records.by("way"):
        within = [run for run in runs if run["weights"] <= LIMIT]
        if not within:
            parts.append(f"{WAYS[way]}: no network is so small")
            continue
        best = max(within, key=lambda run: run["validation"])
        gap = 100 * (accuracy - best["test"])
        reached = "reached" if gap <= 0 else f"missed by {gap:.2f} points"
        parts.append(f"{WAYS[way]}: {100 * best['test']:.2f} % with {best['weights']:,}, {reached}")
    return (
        f"Reported of Hoyer-Square: {100 * accuracy:.1f} % with {weights:,} weights. Single fits, "
        f"the best on validation data with at most {LIMIT:,} weights: {'; '.join(parts)}."
    )
