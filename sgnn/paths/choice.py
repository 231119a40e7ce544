"""Choosing from a path by scores."""

import math

import numpy as np

from sgnn.estimators.moments import n_effective

RULES = "best", "1se", "dense"


def choose(rule, scores, errors, tol):
    """Return the place on a path that a rule chooses.

    Parameters
    ----------
    rule : {"best", "1se", "dense"}
    scores, errors : ndarray of shape (n_points,)
        Scores and their standard errors, dense network first.
    tol : float
        For "dense".

    Returns
    -------
    int
        The last of equals.

    Raises
    ------
    ValueError
        If the rule is unknown, or the validation scores that it needs are not numbers.
    """
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}; got {rule!r}.")
    ranked = np.where(np.isnan(scores), -np.inf, scores)
    best = np.flatnonzero(ranked == ranked.max())[-1]
    with np.errstate(invalid="ignore"):
        floors = {
            "best": scores[best],
            "1se": scores[best] - errors[best],
            "dense": scores[0] - tol,
        }
    floor = floors[rule]
    if np.isnan(floor):
        raise ValueError(f"rule={rule!r}: the validation scores that it needs are not numbers.")
    return int(np.flatnonzero(scores >= floor)[-1])


def standard_error(scores, weights=None):
    """Return the standard error of the weighted mean over the first axis, 0 for a single score.

    Parameters
    ----------
    scores : ndarray of shape (n_scores, ...)
    weights : ndarray of shape (n_scores,) or None
        A weight of 2 is the score twice; see :func:`n_effective`.
    """
    n_scores = n_effective(len(scores), weights)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (scores - np.average(scores, axis=0, weights=weights)) ** 2
    if weights is not None:
        squares = (squares.T * (weights * (n_scores / weights.sum()))).T
    return np.sqrt(squares.sum(axis=0) / max(1, n_scores - 1)) / math.sqrt(n_scores)
