"""Choosing from a path by scores."""

import math

import numpy as np

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
    """
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}; got {rule!r}.")
    best = np.flatnonzero(scores == np.nanmax(scores))[-1]
    floor = {"best": scores[best], "1se": scores[best] - errors[best], "dense": scores[0] - tol}
    return int(np.flatnonzero(scores >= floor[rule])[-1])


def standard_error(scores):
    """Return the standard error of the mean over the first axis, 0 for a single score.

    Parameters
    ----------
    scores : ndarray of shape (n_scores, ...)
    """
    n_scores = len(scores)
    return scores.std(axis=0, ddof=min(1, n_scores - 1)) / math.sqrt(n_scores)
