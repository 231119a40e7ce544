"""The samples of one process among several."""

import numpy as np

from sgnn.training.rows import arrays_of, read_rows


class Shard:
    """Samples that know their targets, while those of the problem are those of all processes.

    Parameters
    ----------
    X : ndarray, CSR or Rows of shape (n_samples, n_features)
    targets : ndarray
    sample_weight : ndarray of shape (n_samples,) or None
    ends : tuple of two ndarray of shape (n_features,)
        Least and largest value of each column, in all processes.
    """

    def __init__(self, X, targets, sample_weight, ends):
        self._X, self._targets, self._weights, self._ends = X, targets, sample_weight, ends
        self.shape, self.dtype = X.shape, np.dtype(X.dtype)

    def __getitem__(self, where):
        _, columns = where
        ends = tuple(end[columns] for end in self._ends)
        return Shard(self._X[:, columns], self._targets, self._weights, ends)

    def with_targets(self, function):
        """Return the samples with a function of the targets in their place."""
        return Shard(self._X, function(self._targets), self._weights, self._ends)

    def column_ends(self):
        """Return the least and the largest value of each column."""
        return self._ends

    def blocks(self):
        """Yield arrays that tell the samples of this process from others."""
        yield from arrays_of(self._X)

    def read(self, size, rng, *_):
        """Yield X, targets and weights of some samples each, as :meth:`Rows.read` does."""
        yield from read_rows(self._X, self._targets, self._weights, size, rng)
