"""Recipes for small networks, all with the public estimator."""

import math
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
        Copies of the images in which some pixels are blank and the others are brighter, so that
        their mean stays; 0 for the images as they are.
    blank : float
        Share of the pixels that are blank, drawn for each copy.
    is_shifted : bool
        Whether the images, moved by one pixel to each of four sides, are added to them.
    """

    of: str
    penalty: Penalty
    alpha: float
    l2: float
    n_epochs: int
    options: dict = field(default_factory=dict)
    n_teachers: int = 0
    n_copies: int = 0
    blank: float = 0.2
    is_shifted: bool = False


def _weights(warm_up, eps=0.01):
    return LogSum(eps=eps, groups="weights", warm_up=warm_up)


def _units(warm_up, layers, eps=0.01):
    return LogSum(eps=eps, layers=layers, warm_up=warm_up)


_SIDES = [(-1, 0), (1, 0), (0, -1), (0, 1)]
_FAST = {"learning_rate_init": 3e-3}
_GELU = {**_FAST, "activation": "gelu"}
_BLANK = {"n_copies": 4, "blank": 0.1}
RECIPES = {
    "log-sum": Recipe(ELEMENTS, _weights(166), 2.2e-3, 5e-5, 200),
    "log-sum, gelu": Recipe(ELEMENTS, _weights(100), 1.5e-3, 5e-5, 120, _GELU),
    "log-sum, gelu, blank pixels": Recipe(
        ELEMENTS, _weights(30), 1.7e-3, 5e-5, 36, _GELU, **_BLANK
    ),
    "log-sum, gelu, blank pixels, stronger": Recipe(
        ELEMENTS, _weights(30), 2.1e-3, 5e-5, 36, _GELU, **_BLANK
    ),
    "log-sum, shifted copies": Recipe(
        ELEMENTS, _weights(20), 3.5e-3, 3e-5, 24, _FAST, is_shifted=True
    ),
    "log-sum of units, gelu, blank pixels": Recipe(
        GROUPS, _units(36, [0.25, 2.5, 2.5]), 3.2e-3, 5e-5, 44, _GELU, **_BLANK
    ),
    "log-sum of units, shifted copies": Recipe(
        GROUPS, _units(20, [0.2, 2.7, 3.2]), 5e-3, 3e-5, 24, _FAST, is_shifted=True
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
    "gelu": Recipe(ELEMENTS, _weights(83), 3e-3, 5e-5, 100, _GELU),
    "gelu, weaker": Recipe(ELEMENTS, _weights(99), 8e-4, 5e-5, 120, _GELU),
    "gelu, longer, more ridge": Recipe(ELEMENTS, _weights(166), 1e-3, 1e-4, 200, _GELU),
    "gelu, a fifth blank": Recipe(ELEMENTS, _weights(19), 2e-3, 3e-5, 24, _GELU, n_copies=4),
    "gelu, a tenth blank": Recipe(ELEMENTS, _weights(29), 1.7e-3, 5e-5, 36, _GELU, **_BLANK),
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
    "units, gelu": Recipe(GROUPS, _units(83, [0.2, 2.7, 3.2]), 2e-3, 3e-5, 100, _GELU),
    "units, gelu, blank pixels": Recipe(
        GROUPS, _units(19, [0.2, 2.7, 3.2]), 3e-3, 3e-5, 24, _GELU, **_BLANK
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
        X, y = blanked(X, recipe.n_copies, recipe.blank, seed), np.tile(y, recipe.n_copies)
    if recipe.is_shifted:
        X, y = with_shifts(X), np.tile(y, 1 + len(_SIDES))
    penalty = clone(recipe.penalty).set_params(warm_up=min(recipe.penalty.warm_up, n_epochs))
    model = network(penalty, recipe.alpha, recipe.l2, n_epochs, seed, **recipe.options)
    return model.fit(X, y, sample_weight=weights)


def taught(X, y, n_teachers, n_epochs, seed):
    """Return the mean probabilities of networks under a light lasso, (n_samples, n_classes)."""
    seeds = range(n_teachers * seed, n_teachers * (seed + 1))
    teachers = (network("l1", 5e-5, 0.0, n_epochs, one) for one in seeds)
    return np.mean([teacher.fit(X, y).predict_proba(X) for teacher in teachers], axis=0)


def blanked(X, n_copies, share, seed):
    """Return copies of images, one after the other, in which a share of the pixels is blank."""
    rng = np.random.default_rng(seed)
    masks = (rng.random(X.shape, dtype=np.float32) >= share for _ in range(n_copies))
    return np.concatenate([X * mask / np.float32(1 - share) for mask in masks])


def with_shifts(X):
    """Return square images, and after them copies that are moved by one pixel."""
    side = math.isqrt(X.shape[1])
    images = np.pad(X.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    moved = [
        images[:, 1 + down : 1 + down + side, 1 + right : 1 + right + side].reshape(X.shape)
        for down, right in _SIDES
    ]
    return np.concatenate([X, *moved])


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
