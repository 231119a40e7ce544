"""Data with few relevant features and a low rank, and the objective written down once more."""

import numpy as np

from sgnn.penalties import available, get_penalty
from sgnn.penalties._registry import PENALTIES
from sgnn.penalties.base import GroupPenalty

RADIAL = [
    name
    for name in available()
    if issubclass(PENALTIES[name], GroupPenalty) and not PENALTIES[name]().shape().by_rows
]


def draw(n=80, p=20, q=6, k=2, n_relevant=5, noise=1.0, correlation=0.6, seed=0):
    """Return X, correlated, and Y, whose coefficients have few rows and rank k."""
    rng = np.random.default_rng(seed)
    covariance = correlation ** abs(np.subtract.outer(range(p), range(p)))
    X = rng.normal(size=(n, p)) @ np.linalg.cholesky(covariance).T + 2
    C = np.zeros((p, q))
    C[:n_relevant] = rng.normal(size=(n_relevant, k)) @ rng.normal(size=(k, q))
    return X, X @ C + noise * rng.normal(size=(n, q)) + 5


def centred(X, Y, weights=None):
    return (part - np.average(part, axis=0, weights=weights) for part in (X, Y))


def cost(penalty, alpha, norms):
    """Return what norms cost under the shape of a penalty."""
    import torch

    [one] = get_penalty(penalty)
    return one.shape().value(torch.tensor(np.asarray(norms, float)), alpha).numpy()


def objective(X, Y, C, penalty, alpha, l2=0.0):
    """Return the objective at coefficients C of shape (n_features, n_targets)."""
    X, Y = centred(X, Y)
    loss = np.square(Y - X @ C).sum() / (2 * len(X))
    norms = np.linalg.norm(C, axis=1)
    return loss + cost(penalty, alpha, norms).sum() + l2 / 2 * np.square(C).sum()
