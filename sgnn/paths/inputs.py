"""What a path is computed from: data and a problem, and strengths that were given."""

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sgnn._common.words import brief
from sgnn.estimators import checks
from sgnn.estimators.data import check_data
from sgnn.estimators.explained import explained
from sgnn.estimators.prepare import prepare


def set_up(
    estimator, X, y, sample_weight=None, X_val=None, y_val=None, *, as_given=False, warns=True
):
    """Check parameters and data, and return what a path needs.

    Parameters
    ----------
    estimator, X, y, sample_weight, X_val, y_val
        As for :func:`compute_path`.
    as_given : bool, default=False
        Whether strengths and ridge will be for the targets as they are, and not in natural units.
    warns : bool, default=True
        Whether to warn of what looks like a mistake.

    Returns
    -------
    SparseMLPClassifier or SparseMLPRegressor
        A clone of `estimator`.
    Checked
    Problem
    State
        Where to start.
    """
    checks.check_types(estimator)
    checks.check_parameters(estimator)
    checks.check_warm_up(estimator)
    model = clone(estimator)
    rng = check_random_state(model.random_state)
    data = check_data(model, X, y, sample_weight, X_val, y_val, rng=rng)
    with explained(model, data.X):
        problem, start = prepare(model, data, rng, on_path=True, as_given=as_given)
    if warns:
        checks.warn_if_column(y)
        checks.warn_if_badly_scaled(data.X, data.form.column_ends)
        checks.warn_if_unpenalised(problem, start.network.sizes)
    return model, data, problem, start


def in_growing_order(alphas):
    """Return strengths that a user gave as an array, each once.

    Parameters
    ----------
    alphas : array-like

    Returns
    -------
    ndarray of float, in growing order

    Raises
    ------
    ValueError
        If they are not finite positive numbers, one at least.
    """
    try:
        strengths = np.asarray(alphas, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"alphas must be numbers; got {brief(alphas)}.") from None
    if strengths.ndim != 1:
        raise ValueError(
            f"alphas must be a number of steps or one-dimensional; got {brief(alphas)}."
        )
    strengths = np.unique(strengths)
    if not strengths.size or not np.isfinite(strengths).all() or strengths[0] <= 0:
        raise ValueError(
            f"alphas must be finite positive numbers, one at least; got {brief(alphas)}."
        )
    return strengths
