"""Recipes for small networks, all with the public estimator."""

from dataclasses import dataclass, field

import numpy as np
from sklearn.base import clone

from sgnn import SparseMLPClassifier
from sgnn.penalties import LogSum, Penalty

ELEMENTS, GROUPS = "single weights", "units"


@dataclass(frozen=True)
class Recipe:
    """How a small network is trained: one fit in which the penalty grows for most of it.

    Attributes
    ----------
    of : str
        What is to be few.
    penalty : Penalty
    alpha, l2 : float
    n_epochs : int
    options : dict
        Further parameters of the estimator.
    n_teachers : int
        Networks under a light lasso whose mean probabilities are the targets; 0 for the labels.
    n_copies : int
        Copies of the images, in each of which a fifth of all pixels is blank and the others are a
        quarter brighter; 0 for the images as they are.
    """

    of: str
    penalty: Penalty
    alpha: float
    l2: float
    n_epochs: int
    options: dict = field(default_factory=dict)
    n_teachers: int = 0
    n_copies: int = 0


def _weights(warm_up, eps=0.01):
    return LogSum(eps=eps, groups="weights", warm_up=warm_up)


def _units(warm_up, layers, eps=0.01):
    return LogSum(eps=eps, layers=layers, warm_up=warm_up)


_FAST = {"learning_rate_init": 3e-3}
RECIPES = {
    "log-sum": Recipe(ELEMENTS, _weights(166), 2.2e-3, 5e-5, 200),
    "log-sum, blank pixels": Recipe(ELEMENTS, _weights(20), 5e-3, 3e-5, 24, _FAST, n_copies=4),
    "log-sum, blank pixels, weaker": Recipe(
        ELEMENTS, _weights(20), 3e-3, 3e-5, 24, _FAST, n_copies=4
    ),
    "log-sum of units, taught": Recipe(
        GROUPS, _units(100, [0.2, 2.7, 3.2]), 2e-3, 3e-5, 120, _FAST, n_teachers=3
    ),
}
TRIALS = {
    "120 epochs": Recipe(ELEMENTS, _weights(100), 3e-3, 3e-5, 120),
    "250 epochs": Recipe(ELEMENTS, _weights(210), 3e-3, 5e-5, 250),
    "more ridge": Recipe(ELEMENTS, _weights(100), 3e-3, 1e-4, 120),
    "much more ridge": Recipe(ELEMENTS, _weights(100), 2e-3, 3e-4, 120),
    "rate 3e-3": Recipe(ELEMENTS, _weights(100), 3e-3, 5e-5, 120, _FAST),
    "batches of 64": Recipe(ELEMENTS, _weights(33), 3e-3, 3e-5, 40, {"batch_size": 64}),
    "refit": Recipe(ELEMENTS, _weights(64), 4e-3, 0.0, 80, {"refit": True}),
    "eps=0.03": Recipe(ELEMENTS, _weights(64, eps=0.03), 1e-3, 1e-5, 80),
    "blank pixels": Recipe(ELEMENTS, _weights(25), 3e-3, 3e-5, 30, n_copies=4),
    "blank pixels, rate 3e-3": Recipe(ELEMENTS, _weights(20), 3e-3, 3e-5, 24, _FAST, n_copies=4),
    "blank pixels, rate 3e-3, longer": Recipe(
        ELEMENTS, _weights(45), 4e-3, 3e-5, 54, _FAST, n_copies=4
    ),
    "taught": Recipe(ELEMENTS, _weights(64), 3e-3, 3e-5, 80, n_teachers=3),
    "taught, longer": Recipe(ELEMENTS, _weights(96), 2e-3, 0.0, 120, n_teachers=3),
    "taught, rate 3e-3": Recipe(ELEMENTS, _weights(84), 3e-3, 5e-5, 100, _FAST, n_teachers=3),
    "units": Recipe(GROUPS, LogSum(eps=0.01, warm_up=64), 4e-3, 0.0, 80, {"refit": True}),
    "units, taught": Recipe(
        GROUPS, _units(40, [0.25, 1.5, 1.2], eps=0.03), 2e-3, 2e-5, 50, n_teachers=3
    ),
    "units, taught, longer": Recipe(
        GROUPS, _units(80, [0.15, 2, 2.5]), 2e-3, 1e-5, 100, n_teachers=3
    ),
    "units, taught, rate 3e-3": Recipe(
        GROUPS, _units(66, [0.2, 2.5, 3]), 2e-3, 3e-5, 80, _FAST, n_teachers=3
    ),
}


def network(penalty, alpha, l2, n_epochs, seed, **options):
    """Return LeNet-300-100, not fitted."""
    shared = {"batch_size": 200, "learning_rate_init": 1e-3, "random_state": seed}
    return SparseMLPClassifier(
        (300, 100), penalty=penalty, alpha=alpha, l2=l2, max_iter=n_epochs, **{**shared, **options}
    )


def fit(recipe, X, y, n_epochs, seed):
    """Return the estimator that a recipe gives, in so many epochs."""
    weights = None
    if recipe.n_teachers:
        probabilities = taught(X, y, recipe.n_teachers, min(n_epochs, 20), seed)
        X, y, weights = with_soft_labels(X, probabilities)
    if recipe.n_copies:
        X, y = blanked(X, recipe.n_copies, seed), np.tile(y, recipe.n_copies)
    penalty = clone(recipe.penalty).set_params(warm_up=min(recipe.penalty.warm_up, n_epochs))
    model = network(penalty, recipe.alpha, recipe.l2, n_epochs, seed, **recipe.options)
    return model.fit(X, y, sample_weight=weights)


def taught(X, y, n_teachers, n_epochs, seed):
    """Return the mean probabilities of networks under a light lasso, (n_samples, n_classes)."""
    seeds = range(n_teachers * seed, n_teachers * (seed + 1))
    teachers = (network("l1", 5e-5, 0.0, n_epochs, one) for one in seeds)
    return np.mean([teacher.fit(X, y).predict_proba(X) for teacher in teachers], axis=0)


def blanked(X, n_copies, seed, share=0.2):
    """Return copies of images, one after the other, in which a share of the pixels is blank."""
    rng = np.random.default_rng(seed)
    masks = (rng.random(X.shape, dtype=np.float32) >= share for _ in range(n_copies))
    return np.concatenate([X * mask / np.float32(1 - share) for mask in masks])


def with_soft_labels(X, probabilities, least=0.01):
    """Return X, y and sample weights that say with what probability a sample has which label.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    probabilities : ndarray of shape (n_samples, n_classes)
    least : float, default=0.01
        Less probable labels are left out.
    """
    rows, labels = np.nonzero(probabilities >= least)
    return X[rows], labels, probabilities[rows, labels]
