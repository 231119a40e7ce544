"""Simulations, and data sets with several targets."""

import numpy as np
from sklearn.datasets import load_digits, load_linnerud
from sklearn.model_selection import ShuffleSplit

from benchmarks import data

#: n, p, q, rank, relevant features, correlation of neighbours, signal to noise.
SIMULATIONS = {
    "n 100, p 100, q 10": (100, 100, 10, 3, 10, 0.5, 1.0),
    "n 50, p 200, q 10": (50, 200, 10, 3, 10, 0.5, 1.0),
    "n 30, p 100, q 10": (30, 100, 10, 2, 15, 0.1, 3.0),
    "n 200, p 30, q 10, correlated": (200, 30, 10, 3, 10, 0.9, 1.0),
    "n 100, p 50, q 100": (100, 50, 100, 3, 10, 0.5, 0.2),
}
N_TEST, N_GENES, N_TARGETS = 1000, 1000, 20
REAL = ("linnerud", "digits", "tox_171")


def simulate(name, seed):
    """Return X, Y, X_test and the coefficients, which have few rows and a low rank."""
    n, p, q, k, n_relevant, correlation, ratio = SIMULATIONS[name]
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(correlation ** abs(np.subtract.outer(range(p), range(p)))).T
    X, X_test = (rng.normal(size=(size, p)) @ root for size in (n, N_TEST))
    C = np.zeros((p, q))
    relevant = rng.choice(p, n_relevant, replace=False)
    C[relevant] = rng.normal(size=(n_relevant, k)) @ rng.normal(size=(k, q))
    noise = rng.normal(size=(n, q)) * (X @ C).std() / np.sqrt(ratio)
    return X, X @ C + noise, X_test, C


def real(name, seed):
    """Return X, X_test, Y and Y_test, scaled by the training part; a quarter is held out.

    ``digits``: the lower half of the images from the upper one, but for pixels that hardly vary.
    ``tox_171``: of the genes that vary most, some that are drawn at random from the others.
    """
    rng = np.random.default_rng(seed)
    if name == "linnerud":
        X, Y = load_linnerud(return_X_y=True)
    elif name == "digits":
        images = load_digits().data[:500]
        varies = images.std(axis=0) > 1
        X, Y = images[:, :32][:, varies[:32]], images[:, 32:][:, varies[32:]]
    else:
        genes = data.load(name).X.astype(float)
        genes = genes[:, np.argsort(-genes.std(axis=0), kind="stable")[:N_GENES]]
        chosen = np.zeros(N_GENES, dtype=bool)
        chosen[rng.choice(N_GENES, N_TARGETS, replace=False)] = True
        X, Y = genes[:, ~chosen], genes[:, chosen]
    train, test = next(ShuffleSplit(1, test_size=0.25, random_state=seed).split(X))
    parts = []
    for part in X, Y:
        mean, deviation = part[train].mean(axis=0), part[train].std(axis=0)
        parts += [(part[rows] - mean) / deviation for rows in (train, test)]
    return parts
