"""Mini-batches of what is read as training goes on."""

import numpy as np
import torch
from scipy import sparse

from sgnn import kernels
from sgnn.networks.parameters import to_tensor
from sgnn.training.arrays import (
    LEAST_WIDTH,
    as_tensors,
    is_mostly_zero,
    weighted_mean,
    without_zeros,
)
from sgnn.training.dropout import InputDropout
from sgnn.training.rows import ENTRIES_AT_ONCE


class ReadBatches:
    """As :class:`sgnn.training.data.Batches`, of rows that are made when they are wanted.

    Parameters
    ----------
    X : Rows or Stream
        What is read; see :meth:`Rows.read`.
    targets, sample_weight, batch_size, shuffle, rng, device, importance, input_dropout
        As for :class:`sgnn.training.data.Batches`; of all processes.
    group : Together, default=None
        The processes that have parts of the samples. Each takes its part of every batch.
    """

    def __init__(
        self,
        X,
        targets,
        sample_weight,
        *,
        batch_size,
        shuffle,
        rng,
        device,
        importance=1.0,
        input_dropout=0.0,
        group=None,
    ):
        self.n_samples, self.n_of_all = X.shape[0], len(targets)
        self.group = group
        n_batches = -(-self.n_of_all // batch_size)
        self.batch_size = batch_size if group is None else -(-self.n_samples // n_batches)
        self.batch_size = min(self.batch_size, self.n_samples)
        self.shuffle = shuffle and self.batch_size < self.n_samples
        #: The share of the samples of each batch that this process has.
        self.shares = _shares(group, self.n_samples, self.batch_size)
        self.rng = rng
        self._full = self._X = X
        self._truth = targets, sample_weight
        self._dropout = InputDropout(input_dropout) if input_dropout else None
        self._importance, self._factor = importance, importance
        if sample_weight is not None:
            self._factor = importance * len(sample_weight) / sample_weight.sum()
        dtype = torch.from_numpy(np.empty(0, X.dtype)).dtype
        self.losses = torch.zeros(self.n_samples, dtype=dtype, device=device)
        is_weighted = sample_weight is not None or importance != 1
        self._seen = torch.empty_like(self.losses) if is_weighted else None
        self._is_mostly_zero = None
        self._now = ()

    def __len__(self):
        """Number of batches per epoch."""
        return len(self.shares)

    def epoch(self):
        """Yield ``(X, targets, weights, losses)`` for each batch; `losses` is to be written."""
        for X, *truth in self._drawn():
            yield self._dense(X), *truth

    def visits(self, width):
        """Yield samples for the kernels, None for their order, 0 and how many, batch by batch.

        Parameters
        ----------
        width : int
            Units that the inputs lead to. If there are many, and most entries of the first batch
            are zero, these are skipped.
        """
        yield from self._visits(self._drawn(), width)

    def visits_of_all(self, width):
        """Yield the same of all samples in order and with all inputs, none dropped."""
        yield from self._visits(self._in_order(self.batch_size), width)

    def truth(self, order, start, stop):
        """Return targets, weights and the losses to be written of the last visit."""
        return self._now

    def whole(self, width):
        """Yield the samples in order and with all inputs, none dropped, in large batches.

        Parameters
        ----------
        width : int
            Numbers to be held for each sample.
        """
        size = min(self.n_samples, max(self.batch_size, ENTRIES_AT_ONCE // width))
        for X, *truth in self._in_order(size):
            yield self._dense(X), *truth

    def select_inputs(self, kept):
        """Hand out some columns of X only.

        Parameters
        ----------
        kept : ndarray of bool, shape (n_features,)
        """
        self._X = self._full if kept.all() else self._full[:, kept]

    def mean_loss(self):
        """Return the weighted mean of the losses written in the last epoch."""
        mean = weighted_mean(self.losses, self._seen) / self._importance
        if self.group is None:
            return mean
        return self.group.sum(mean * self.n_samples / self.n_of_all)

    def _drawn(self):
        """Yield X as it is read, and tensors of the rest, in the order drawn for an epoch."""
        if self._dropout:
            self._dropout.draw(self.rng)
        start, rng = 0, self.rng if self.shuffle else None
        for X, *truth in self._with_losses(self._X.read(self.batch_size, rng, *self._truth)):
            if self._dropout:
                X = self._dense(X)
                X = X * self._dropout.factors(start, start + len(X), X)
            yield X, *truth
            start += X.shape[0]

    def _in_order(self, size):
        return self._with_losses(self._full.read(size, None, *self._truth))

    def _with_losses(self, parts):
        start, device = 0, self.losses.device
        for X, targets, sample_weight in parts:
            batch, weights = slice(start, start + X.shape[0]), None
            if self._seen is not None:
                weights = self._seen[batch]
                of_samples = np.ones(X.shape[0]) if sample_weight is None else sample_weight
                weights.copy_(torch.from_numpy(of_samples * self._factor))
            yield X, to_tensor(targets, device), weights, self.losses[batch]
            start = batch.stop

    def _visits(self, parts, width):
        for X, *self._now in parts:
            tensors, (targets, weights, losses) = as_tensors(X), self._now
            if not sparse.issparse(X) and width >= LEAST_WIDTH:
                if self._is_mostly_zero is None:
                    self._is_mostly_zero = is_mostly_zero(tensors)
                tensors = without_zeros(tensors) if self._is_mostly_zero else tensors
            samples = kernels.Samples(tensors, targets, weights, weights, losses)
            yield samples, None, 0, X.shape[0]

    def _dense(self, X):
        X = X.toarray() if sparse.issparse(X) else X
        return X if torch.is_tensor(X) else to_tensor(X, self.losses.device)


def _shares(group, n_samples, size):
    """Return which share of each batch is here; 0 where others have more batches."""
    sizes = [(n_samples, size)] if group is None else group.gather((n_samples, size))
    n_batches = max(-(-n // of_batch) for n, of_batch in sizes)
    places = np.arange(n_batches)
    of_all = sum(_in_batches(n, of_batch, places) for n, of_batch in sizes)
    return (_in_batches(n_samples, size, places) / of_all).tolist()


def _in_batches(n, size, places):
    """Return how many of n samples are in the batches of a size at some places."""
    return np.clip(n - size * places, 0, size)
