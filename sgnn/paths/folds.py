"""Scoring on the test parts of folds."""

import numpy as np

from sgnn._common.private_sklearn import _num_samples, _safe_indexing
from sgnn.estimators.data import rows_with_weight


def scored_part(X, y, sample_weight, test, of_scores):
    """Return what a scorer gets of the test part of a fold.

    Parameters
    ----------
    X, y : array-like
        All samples.
    sample_weight : ndarray of shape (n_samples,) or None
    test : ndarray of int
    of_scores : collection of str
        What the scorer takes.

    Returns
    -------
    X, y
        The samples that have a weight.
    arguments : dict
        Their weights, if there are any and the scorer takes them.

    Raises
    ------
    ValueError
        If no sample has a weight.
    """
    weights = None if sample_weight is None else _safe_indexing(sample_weight, test)
    X, y, weights = rows_with_weight(_safe_indexing(X, test), _safe_indexing(y, test), weights)
    if not _num_samples(X):
        raise ValueError("sample_weight: the test part of a fold has no sample of weight above 0.")
    there = weights is not None and "sample_weight" in of_scores
    return X, y, {"sample_weight": weights} if there else {}


def check_scores(scores, scoring, cv):
    """Raise a ValueError if all scores are nan."""
    if not np.isfinite(scores).any():
        raise ValueError(
            f"All scores are nan: scoring={scoring!r} is undefined on the test parts of cv={cv!r}."
        )
