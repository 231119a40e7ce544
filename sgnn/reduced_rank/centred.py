"""Data of a regression, weighted and centred without a centred copy of X."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

_N_COLUMNS = 256
_ROUNDING, _NO_VARIANCE_DENSE, _NO_VARIANCE_SPARSE = 1e-14, 1e-20, 1e-12
_LEAST_VARIANCE, _LARGEST_VARIANCE = 1e-200, 1e200


@dataclass(frozen=True)
class CentredData:
    """Samples times the square roots of their weights, after the weighted means are subtracted.

    Columns of X are made dense only when they are in use. More targets than samples are rotated
    to as many as there are samples, which changes no norm of a row of coefficients.

    Parameters
    ----------
    X : ndarray or CSC of shape (n_samples, n_features)
        As it was given.
    x_mean : ndarray of shape (n_features,)
    Y : ndarray of shape (n_samples, n_directions)
        Centred, weighted and rotated.
    y_mean : ndarray of shape (n_targets,)
    rotation : ndarray of shape (n_targets, n_directions)
        Orthonormal; the centred targets are ``Y @ rotation.T``.
    root : ndarray of shape (n_samples,)
        Square roots of the weights, which sum to 1.
    """

    X: object
    x_mean: np.ndarray
    Y: np.ndarray
    y_mean: np.ndarray
    rotation: np.ndarray
    root: np.ndarray

    @classmethod
    def of(cls, X, Y, sample_weight=None):
        """Centre data.

        Parameters
        ----------
        X : ndarray or CSC of shape (n_samples, n_features)
        Y : ndarray of shape (n_samples, n_targets)
        sample_weight : ndarray of shape (n_samples,) or None

        Raises
        ------
        ValueError
            If the squares of Y are not finite.
        """
        weights = np.ones(len(Y)) if sample_weight is None else sample_weight.astype(np.float64)
        weights = weights / weights.sum()
        root = np.sqrt(weights)
        y_mean = weights @ Y
        Y, rotation = (Y - y_mean) * root[:, None], np.eye(Y.shape[1])
        with np.errstate(over="ignore"):
            deviations = np.sqrt(np.square(Y).sum(axis=0))
        if not np.isfinite(deviations).all():
            raise ValueError(
                f"y is too large: its squares are not finite; it reaches {abs(Y).max():.3g}."
            )
        Y[:, deviations <= _ROUNDING * abs(y_mean)] = 0
        if Y.shape[1] > Y.shape[0]:
            left, singular, right = np.linalg.svd(Y, full_matrices=False)
            Y, rotation = left * singular, right.T
        return cls(X, np.asarray(weights @ X).ravel(), Y, y_mean, rotation, root)

    def columns(self, features):
        """Return some columns of X, centred and weighted."""
        X = self.X[:, features]
        X = X.toarray() if sparse.issparse(X) else X
        return (X - self.x_mean[features]) * self.root[:, None]

    def cross(self, R):
        """Return X'R of the centred X for residuals R, whose weighted means are 0."""
        return np.asarray(self.X.T @ (self.root[:, None] * R))

    @cached_property
    def products(self):
        """X'Y, shape (n_features, n_directions); 0 for columns without variance."""
        return self.cross(self.Y) * (self.variances > 0)[:, None]

    @cached_property
    def total(self):
        """Sum of the squares of Y."""
        return float(np.square(self.Y).sum())

    @cached_property
    def variances(self):
        """Variance of each column of X; 0 where it is none but for rounding.

        Raises
        ------
        ValueError
            If one is too large to go on with.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            if sparse.issparse(self.X):
                squares = self.X.multiply(self.X)
                found = np.asarray(self.root**2 @ squares).ravel() - self.x_mean**2
                none = _NO_VARIANCE_SPARSE
            else:
                n_features = len(self.x_mean)
                parts = np.split(np.arange(n_features), range(_N_COLUMNS, n_features, _N_COLUMNS))
                found = [np.square(self.columns(part)).sum(axis=0) for part in parts]
                found, none = np.concatenate(found), _NO_VARIANCE_DENSE
            least = np.maximum(none * self.x_mean**2, _LEAST_VARIANCE)
        if not (found < _LARGEST_VARIANCE).all():
            column = int(np.argmin(found < _LARGEST_VARIANCE))
            raise ValueError(
                f"X is too large: the variance of column {column} is {found[column]:.3g}, and must "
                f"be below {_LARGEST_VARIANCE:g}; scale X."
            )
        return np.where(found > least, found, 0.0)
