"""Choosing from a path by scores."""

import math

import numpy as np
from scipy.special import stdtrit

from sgnn.estimators.moments import n_effective

RULES = "best", "1se", "dense"
_CONFIDENCE, _LEAST_FREEDOM, _ENOUGH_SIGNS = 0.95, 4, 5


def choose(rule, scores, errors, tol, least_gains=None):
    """Return the place on a path that a rule chooses.

    Parameters
    ----------
    rule : {"best", "1se", "dense"}
    scores, errors : ndarray of shape (n_points,)
        Scores and their standard errors, dense network first.
    tol : float
        For "dense".
    least_gains : ndarray of shape (n_points,) or None
        For "best" and "1se", where the last point is the empty network: it is chosen, unless the
        highest score is above its score by more than this; see :func:`least_gain`.

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
    if rule != "dense" and least_gains is not None:
        with np.errstate(invalid="ignore"):
            if scores[best] - scores[-1] <= least_gains[best]:
                return len(scores) - 1
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


def least_gain(gains, weights=None, overlap=0.0):
    r"""Return what a mean gain must be above for it not to be chance, at a level of 5 %.

    .. math:: t_{0.95, \max(n - 1, 4)}\, \mathrm{se}\, \sqrt{1 + n\, \mathrm{overlap}}

    It is 0 if all of five differences or more are positive, as one in 32 would be by chance: folds
    of rows that were sorted by something have gains of very different sizes, all of them real.
    With one or two degrees of freedom, as two or three folds have, the quantile of the t-test is so
    large that what is plain to see would be taken for chance.

    Parameters
    ----------
    gains : ndarray of shape (n_scores, ...)
        Differences of scores, for the mean over the first axis.
    weights : ndarray of shape (n_scores,) or None
        As in :func:`standard_error`.
    overlap : float >= 0
        For scores of folds, whose training parts overlap: samples in a test part per sample in a
        training part, as in Nadeau & Bengio (2003), "Inference for the generalization error",
        doi:10.1023/A:1024068626366.

    Returns
    -------
    ndarray of shape (...)
        0 for a single score.
    """
    n_scores = n_effective(len(gains), weights)
    if n_scores <= 1:
        return np.zeros(gains.shape[1:])
    is_plain = len(gains) >= _ENOUGH_SIGNS and (gains > 0).all(axis=0)
    spread = math.sqrt(1 + n_scores * overlap)
    freedom = max(n_scores - 1, _LEAST_FREEDOM)
    least = stdtrit(freedom, _CONFIDENCE) * spread * standard_error(gains, weights)
    return np.where(is_plain, 0.0, least)
