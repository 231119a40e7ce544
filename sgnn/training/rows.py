"""Rows of a matrix that are copied and converted a few at a time, when they are taken."""

import numpy as np
from scipy import sparse

#: Numbers that are held at a time of what is made in parts.
ENTRIES_AT_ONCE = 2**20

#: Types of numbers that every floating-point type of training has room for.
NARROW = tuple(np.dtype(code) for code in "?bhilqBHILQe")


class Rows:
    """A matrix of some type, in memory or on disk, read as one of the type of training.

    Parts of it are of the same kind, and copy nothing; ``numpy.asarray`` makes an array of one.

    Parameters
    ----------
    array : ndarray of shape (n_rows, n_columns)
    dtype : dtype
        What numbers are converted to.
    rows, columns : range or ndarray of int, default=None
        Those that count; None is all.
    """

    def __init__(self, array, dtype, rows=None, columns=None):
        self._array, self.dtype = np.asarray(array), np.dtype(dtype)
        self._rows = range(len(array)) if rows is None else rows
        self._columns = range(array.shape[1]) if columns is None else columns
        self.shape = len(self._rows), len(self._columns)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, where):
        rows, columns = where if isinstance(where, tuple) else (where, slice(None))
        parts = _part(self._rows, rows), _part(self._columns, columns)
        return Rows(self._array, self.dtype, *parts)

    def __array__(self, dtype=None, copy=None):
        part = self._array[_index(self._rows)]
        if len(self._columns) < part.shape[1]:
            part = part[:, _index(self._columns)]
        return np.ascontiguousarray(part, dtype=dtype or self.dtype)

    def blocks(self):
        """Yield arrays of some rows each, in order."""
        size = max(1, ENTRIES_AT_ONCE // max(self.shape[1], 1))
        for start in range(0, len(self), size):
            yield np.asarray(self[start : start + size])

    def column_ends(self):
        """Return the least and the largest value of each column."""
        ends = [(block.min(axis=0), block.max(axis=0)) for block in self.blocks()]
        low, high = zip(*ends, strict=True)
        return np.min(low, axis=0), np.max(high, axis=0)

    def read(self, size, rng, targets, sample_weight):
        """Yield X, targets and weights of some rows each, as arrays.

        Parameters
        ----------
        size : int
        rng : numpy.random.RandomState or None
            Draws the order; None is that of the rows.
        targets : ndarray
        sample_weight : ndarray of shape (n_rows,) or None
        """
        yield from read_rows(self, targets, sample_weight, size, rng)


def read_rows(X, targets, sample_weight, size, rng):
    """Yield X, targets and weights of some rows each; of Rows as arrays.

    Parameters
    ----------
    X : ndarray, CSR or Rows of shape (n_rows, n_columns)
    targets, sample_weight, size, rng
        As for :meth:`Rows.read`.
    """
    n_rows = X.shape[0]
    order = None if rng is None else rng.permutation(n_rows)
    for start in range(0, n_rows, size):
        batch = slice(start, start + size)
        rows = batch if order is None else order[batch]
        part, weights = X[rows], None if sample_weight is None else sample_weight[rows]
        yield np.asarray(part) if isinstance(part, Rows) else part, targets[rows], weights


def arrays_of(X):
    """Return the arrays that a matrix consists of: an ndarray, a CSR matrix, or Rows."""
    if isinstance(X, Rows):
        return X.blocks()
    return [X.data, X.indices, X.indptr] if sparse.issparse(X) else [X]


def as_trained_on(X, dtype):
    """Return a checked X in a data type, what is not in it or is read-only as Rows, not copied."""
    if isinstance(X, np.ndarray) and not (X.dtype == dtype and X.flags.writeable):
        return Rows(X, dtype)
    return X.astype(dtype, copy=False)


def _part(known, where):
    """Return the indices of a part of those known, a range where it is one."""
    if isinstance(where, slice):
        return known[where]
    where = np.asarray(where)
    where = np.flatnonzero(where) if where.dtype == bool else where
    return known.start + known.step * where if isinstance(known, range) else known[where]


def _index(part):
    return slice(part.start, part.stop, part.step) if isinstance(part, range) else part
