"""Samples that are read anew in each epoch, from wherever they are."""

import numpy as np
from scipy import sparse

from sgnn.training.rows import arrays_of


class Stream:
    """Samples that are read a chunk at a time; only a buffer of them is in memory.

    Parameters
    ----------
    open : callable
        Returns an iterator over the chunks: X, an ndarray or CSR, targets, and weights or None.
    shape : tuple of int
        Number of samples and of columns.
    dtype : dtype
        Of X.
    ends : tuple of two ndarray of shape (n_columns,)
        Least and largest value of each column.
    buffer_size : int
        Samples among which they are shuffled.
    columns : ndarray of int, default=None
        Those that are handed out; None is all.
    """

    def __init__(self, open, shape, dtype, ends, buffer_size, columns=None):
        self._open, self._ends, self.buffer_size = open, ends, buffer_size
        self._n_columns = shape[1]
        self._columns = np.arange(shape[1]) if columns is None else columns
        self.shape = shape[0], len(self._columns)
        self.dtype = np.dtype(dtype)

    def __getitem__(self, where):
        _, columns = where
        parts = (self.shape[0], self._n_columns), self.dtype, self._ends, self.buffer_size
        return Stream(self._open, *parts, self._columns[columns])

    def with_targets(self, function):
        """Return the samples with a function of the targets in their place."""

        def open():
            for X, targets, weights in self._open():
                yield X, function(targets), weights

        parts = (self.shape[0], self._n_columns), self.dtype, self._ends, self.buffer_size
        return Stream(open, *parts, self._columns)

    def column_ends(self):
        """Return the least and the largest value of each column."""
        return tuple(end[self._columns] for end in self._ends)

    def blocks(self):
        """Yield arrays that tell the samples, and how they are read, from others."""
        yield np.array([self.buffer_size])
        for X, *_ in self._open():
            yield np.array(X.shape)
            yield from arrays_of(X)

    def read(self, size, rng, *_):
        """Yield X, targets and weights of some samples each, as :meth:`Rows.read` does.

        The buffer is filled, shuffled, and given out by half, so that what comes late is among what
        came early. If it holds all samples, these come in the order of :meth:`Rows.read`.

        Parameters
        ----------
        size : int
        rng : numpy.random.RandomState or None
            Shuffles; None leaves the order.

        Raises
        ------
        ValueError
            If there are fewer samples than at first, or more.
        """
        n_read, n_here, buffer = 0, 0, []
        most = size if rng is None else max(size, self.buffer_size)
        for chunk in self._open():
            buffer.append(self._part(*chunk))
            n_new = buffer[-1][0].shape[0]
            n_read, n_here = n_read + n_new, n_here + n_new
            if n_read > self.shape[0]:
                break
            if n_here > most:
                parts = _shuffled(buffer, rng)
                n_out = (n_here if rng is None else max(size, n_here - most // 2)) // size * size
                yield from _cut(parts, 0, n_out, size)
                buffer = [tuple(_rows(part, slice(n_out, None)) for part in parts)]
                n_here -= n_out
        if n_read != self.shape[0]:
            raise ValueError(
                f"batches held {n_read} samples of some weight in this epoch, and "
                f"{self.shape[0]} in the first: they must hold the same ones each time, "
                "and a callable return a new iterator."
            )
        parts = _shuffled(buffer, rng)
        yield from _cut(parts, 0, parts[0].shape[0], size)

    def _part(self, X, targets, weights):
        if len(self._columns) < self._n_columns:
            X = X[:, self._columns]
        return X, targets, weights


def _shuffled(buffer, rng):
    """Return X, targets and weights of a buffer, in an order that is drawn."""
    parts = [joined(parts) for parts in zip(*buffer, strict=True)]
    if rng is None:
        return parts
    order = rng.permutation(parts[0].shape[0])
    return [_rows(part, order) for part in parts]


def joined(parts):
    """Return arrays or CSR matrices on top of each other, None for a list of None."""
    if len(parts) == 1 or parts[0] is None:
        return parts[0]
    return (
        sparse.vstack(parts, format="csr") if sparse.issparse(parts[0]) else np.concatenate(parts)
    )


def _cut(parts, start, stop, size):
    for at in range(start, stop, size):
        yield tuple(_rows(part, slice(at, min(at + size, stop))) for part in parts)


def _rows(part, where):
    return None if part is None else part[where]
