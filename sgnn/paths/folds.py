"""Scoring on the test parts of folds."""

import numpy as np

from sgnn._common.private_sklearn import _num_samples, _safe_indexing
from sgnn.estimators.data import rows_with_weight
from sgnn.paths.sparse_mlp_path import compute_path


def scores_of_fold(estimator, X, y, train, test, scorer, of_scores, n_choices, arguments, task):
    """Return the scores of a path on a fold, of the dense network first and the empty one last.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    X, y, test, of_scores
        As for :func:`scored_part`.
    train : ndarray of int
    scorer : callable
    n_choices : int
        How many networks there are to choose from. Where the path ends sooner, the empty network
        stands for the rest.
    arguments : dict
        Those of :func:`compute_path`; `sample_weight` is that of all samples.
    task : Task
        The part of a fit that this is.

    Returns
    -------
    scores : ndarray of shape (n_choices,)
    n_features : ndarray of int, shape (n_choices,)
    """
    sample_weight = arguments["sample_weight"]
    weights = None if sample_weight is None else _safe_indexing(sample_weight, train)
    of_fold = {**arguments, "sample_weight": weights, "task": task}
    X_train, y_train = _safe_indexing(X, train), _safe_indexing(y, train)
    path = compute_path(estimator, X_train, y_train, is_fold=True, **of_fold).with_empty()
    X_test, y_test, given = scored_part(X, y, sample_weight, test, of_scores)
    scores = [scorer(path.estimator(index), X_test, y_test, **given) for index in range(len(path))]
    last = len(path) - 1
    places = [*(min(index, last) for index in range(n_choices - 1)), last]
    return np.array(scores)[places], path.n_features[places]


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
