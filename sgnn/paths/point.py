"""One network of a path."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class PathPoint:
    """One network of a path, compact.

    Attributes
    ----------
    alpha : float
        Strength of the penalty; 0 for the network without.
    objective : float
        Loss plus penalty and ridge when it was trained.
    train_score, validation_score : float
        Accuracy or :math:`R^2`, without sample weights, on the data that were trained on (without
        what ``early_stopping`` holds out) and on the validation data; None without the latter.
    validation_error : float or None
        Standard error of the validation score, as a mean over samples.
    seconds : float
        What it took to get here from the point before.
    coefs, intercepts : list of ndarray
        Weights and biases of what is left.
    kept : list of ndarray of bool
        The units that are left, per layer, inputs first.
    history : History
        Of the epochs since the point before.
    """

    alpha: float
    objective: float
    train_score: float
    validation_score: float | None
    validation_error: float | None
    seconds: float
    coefs: list
    intercepts: list
    kept: list
    history: object

    @property
    def features(self):
        """Indices of the inputs that are left."""
        return np.flatnonzero(self.kept[0])

    @property
    def n_features(self):
        """Number of inputs that are left."""
        return int(self.kept[0].sum())

    @property
    def n_neurons(self):
        """Units that are left per layer, inputs first, outputs last."""
        return tuple(int(mask.sum()) for mask in self.kept)

    @property
    def n_weights(self):
        """Number of weights that are not zero."""
        return sum(int(np.count_nonzero(coef)) for coef in self.coefs)

    @property
    def n_multiply_adds(self):
        """Multiplications of a prediction by the compact network."""
        return sum(coef.size for coef in self.coefs)

    @property
    def sparsity(self):
        """Fraction of all weights of the full network that are zero."""
        n_all = sum(len(before) * len(after) for before, after in pairwise(self.kept))
        return 1 - self.n_weights / n_all
