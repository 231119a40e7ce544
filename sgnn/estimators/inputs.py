"""What fitted estimators predict from."""

from math import isfinite

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from sgnn._common.columns import naming_columns
from sgnn.training.rows import ENTRIES_AT_ONCE, NARROW


def of_outputs(estimator, X, function):
    """Return a function of the raw outputs, which are computed for some samples at a time."""
    X = checked_inputs(estimator, X)
    network = estimator.network_
    n_samples, size = X.shape[0], max(1, ENTRIES_AT_ONCE // network.n_outputs)
    first = function(network.forward(X[:size] if size < n_samples else X))
    if size >= n_samples:
        return first
    found = np.empty((n_samples, *first.shape[1:]), dtype=first.dtype)
    found[:size] = first
    for at in range(size, n_samples, size):
        found[at : at + size] = function(network.forward(X[at : at + size]))
    return found


def checked_inputs(estimator, X):
    """Return X as the network takes it."""
    if not _is_plainly_valid(estimator, X):
        check_is_fitted(estimator)
        kinds = [estimator.network_.coefs[0].dtype, *NARROW]
        with naming_columns(X), np.errstate(over="ignore", invalid="ignore"):
            X = validate_data(estimator, X, accept_sparse="csr", dtype=kinds, reset=False)
    return X


def _is_plainly_valid(estimator, X):
    """Whether X is a finite array as the network wants it, told in a few microseconds.

    Full validation costs most of the prediction of a few rows. What is doubtful here, such as a
    sum that overflows, is left to it.
    """
    return (
        type(X) is np.ndarray
        and hasattr(estimator, "network_")
        and not hasattr(estimator, "feature_names_in_")
        and X.dtype == estimator.network_.coefs[0].dtype
        and X.ndim == 2
        and X.shape[0] > 0
        and X.shape[1] == estimator.n_features_in_
        and isfinite(np.add.reduce(X, axis=None))
    )
