"""The precision that is enough to select features in."""

import numpy as np
from sklearn.base import clone

from sgnn.estimators.checks import column_ends
from sgnn.estimators.data import check_training

_LEAST, _MOST, _LEAST_WIDTH = 1e-6, 1e6, 1e-3


def in_single_precision(estimator, X, y, sample_weight=None):
    """Return an estimator that trains in single precision, if that has room for the data.

    A step then takes about half the time. There is room if all columns of `X` and `y`, and the
    weights, reach magnitudes from 1e-6 to 1e6, and what varies does so by a thousandth of its
    magnitude at least. A `dtype` that was given stays.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    X, y, sample_weight
        As ``fit`` takes them.

    Returns
    -------
    SparseMLPClassifier or SparseMLPRegressor
        A clone of `estimator`, or `estimator` itself.
    """
    if estimator.dtype is not None:
        return estimator
    X, targets, weights, _ = check_training(estimator, X, y, sample_weight)
    has_room = _has_room(*column_ends(X)) and _has_room(targets.min(0), targets.max(0))
    if weights is not None:
        has_room &= weights.min() >= _LEAST and weights.max() <= _MOST
    return clone(estimator).set_params(dtype="float32") if has_room else estimator


def _has_room(low, high):
    """Return whether single precision tells values between these ends of columns apart."""
    low, high = low.astype(np.float64), high.astype(np.float64)
    magnitudes, widths = np.maximum(high, -low), high - low
    is_usual = (magnitudes == 0) | ((magnitudes >= _LEAST) & (magnitudes <= _MOST))
    varies_enough = (widths == 0) | (widths >= _LEAST_WIDTH * magnitudes)
    return bool(np.all(is_usual & varies_enough))
