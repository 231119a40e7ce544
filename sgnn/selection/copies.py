"""Columns that look like those of X, and know nothing of y."""

import numpy as np
from scipy import linalg
from sklearn.covariance import ledoit_wolf


class Copies:
    r"""What copies of columns are drawn from: Gaussian knockoffs, and shadows of indicators.

    Second-order Gaussian knockoffs have the means and covariances of the columns, among themselves
    and with all columns but their own. With :math:`\Sigma` the correlations, shrunken by Ledoit and
    Wolf's estimate, and :math:`s = \min(1, 2 \lambda_{\min}(\Sigma))`, those of standardised
    columns :math:`x` are normal of mean :math:`x - s \Sigma^{-1} x` and covariance
    :math:`2 s I - s^2 \Sigma^{-1}`. They are scaled to the deviations of the columns, from which
    those of shrunken correlations differ where there are few samples. Blocks of several columns of
    two values each at most, such as those of a one-hot encoding, have shadows: the block of another
    sample, drawn without replacement.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    blocks : ndarray of int, shape (n_features,), or None

    Attributes
    ----------
    varies : ndarray of bool, shape (n_features,)
        Which columns are not constant.

    References
    ----------
    Candès, Fan, Janson & Lv (2018), "Panning for gold: model-X knockoffs for high dimensional
    controlled variable selection", arXiv:1610.02351. Ledoit & Wolf (2004), "A well-conditioned
    estimator for large-dimensional covariance matrices", doi:10.1016/S0047-259X(03)00096-4.
    """

    def __init__(self, X, blocks):
        self._X, self._shadowed = X, _blocks_of_indicators(X, blocks)
        self.varies = (X[:1] != X).any(axis=0)
        gaussian = self.varies.copy()
        gaussian[np.concatenate([np.empty(0, dtype=int), *self._shadowed])] = False
        self._gaussian = np.flatnonzero(gaussian)
        if self._gaussian.size:
            self._learn(X[:, self._gaussian].astype(np.float64))

    def _learn(self, columns):
        centre = columns.mean(axis=0)
        size = np.abs(columns - centre).max(axis=0)
        standardised = (columns - centre) / size
        deviations = standardised.std(axis=0)
        standardised /= deviations
        covariance = ledoit_wolf(standardised, assume_centered=True)[0]
        shrunken = np.sqrt(np.diag(covariance))
        values, vectors = linalg.eigh(covariance / np.outer(shrunken, shrunken))
        values = np.maximum(values, np.finfo(np.float64).eps * values[-1])
        s = min(1.0, 2 * values[0])
        inverse = (vectors / values) @ vectors.T
        spread = np.sqrt(np.maximum(2 * s - s**2 / values, 0.0))
        mean = standardised - s * (standardised @ inverse)
        root = (vectors * spread).T
        factor = size * deviations / np.sqrt((mean**2).mean(axis=0) + (root**2).sum(axis=0))
        self._mean, self._root = centre + mean * factor, root * factor

    def draw(self, rng):
        """Return a copy of each column, an array of the shape and type of X.

        Columns that are constant are their own copies.

        Parameters
        ----------
        rng : numpy.random.RandomState
        """
        copies = self._X.copy()
        if self._gaussian.size:
            noise = rng.standard_normal(self._mean.shape)
            copies[:, self._gaussian] = self._mean + noise @ self._root
        for block in self._shadowed:
            copies[:, block] = self._X[rng.permutation(len(copies))][:, block]
        return copies


def _blocks_of_indicators(X, blocks):
    """Return the columns of each block of several, of two values or one, unless all have one."""
    if blocks is None:
        return []
    columns = [np.flatnonzero(blocks == block) for block in range(blocks.max() + 1)]
    return [
        of_block
        for of_block in columns
        if len(of_block) > 1 and max(len(np.unique(X[:, column])) for column in of_block) == 2
    ]
