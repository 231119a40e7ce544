"""Mini-batches without copies of the data set."""

from functools import cached_property

import numpy as np
import torch
from scipy import sparse

from sgnn import kernels
from sgnn.networks.parameters import to_tensor
from sgnn.training.arrays import (
    LEAST_WIDTH,
    as_tensors,
    bounds,
    is_mostly_zero,
    of_mean_one,
    weighted_mean,
    without_zeros,
)
from sgnn.training.dropout import InputDropout
from sgnn.training.read import ReadBatches
from sgnn.training.rows import ENTRIES_AT_ONCE

_SAMPLED_ROWS = 1000


class Batches:
    """The training set, handed out in mini-batches from buffers that are allocated once.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
        A CSR matrix is made dense batch by batch.
    targets : ndarray of shape (n_samples, n_outputs), or (n_samples,) of int64
    sample_weight : ndarray of shape (n_samples,) or None
        Scaled here to mean 1.
    batch_size : int
    shuffle : bool
    rng : numpy.random.RandomState
    device : torch.device
    importance : float, default=1.0
        Factor of all weights.
    input_dropout : float in [0, 1), default=0.0
        Share of the entries of X that are handed out as 0.
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
    ):
        self.n_samples = X.shape[0]
        self.batch_size = min(batch_size, self.n_samples)
        self.shuffle = shuffle and self.batch_size < self.n_samples
        self.rng = rng
        self._is_sparse = sparse.issparse(X)
        self._full = self.X = X if self._is_sparse else to_tensor(X, device)
        self._samples, self._samples_of_all = None, None
        self._dropout = InputDropout(input_dropout) if input_dropout else None
        self._selected = np.ones(X.shape[1], dtype=bool)
        self.targets = to_tensor(targets, device)
        self._importance = importance
        if sample_weight is None and importance != 1:
            sample_weight = np.ones(self.n_samples)
        self.weights = of_mean_one(sample_weight, X.dtype, device)
        if self.weights is not None:
            self.weights.mul_(importance)
        dtype = torch.from_numpy(np.empty(0, X.dtype)).dtype
        self.losses = torch.zeros(self.n_samples, dtype=dtype, device=device)
        self._seen = None if self.weights is None else torch.empty_like(self.weights)
        self._rows = torch.empty(self.batch_size, X.shape[1], dtype=dtype, device=device)
        self._picked = torch.empty_like(self.targets[: self.batch_size])
        #: Where batches begin and end.
        self.bounds = [*bounds(self.n_samples, self.batch_size)]

    @classmethod
    def of(cls, problem, settings, rng):
        """Return the batches that the settings want of the data of a problem."""
        is_there = isinstance(problem.X, np.ndarray) or sparse.issparse(problem.X)
        return (cls if is_there else ReadBatches)(
            problem.X,
            problem.targets,
            problem.sample_weight,
            batch_size=problem.samples_per_batch(settings),
            shuffle=settings.shuffle,
            rng=rng,
            device=torch.device(settings.device),
            importance=problem.importance,
            input_dropout=settings.input_dropout,
            **({} if is_there else {"group": problem.group}),
        )

    #: All samples are in this process.
    group = None

    def __len__(self):
        """Number of batches per epoch."""
        return len(self.bounds)

    def epoch(self):
        """Yield ``(X, targets, weights, losses)`` for each batch; `losses` is to be written."""
        order = self.order()
        for start, stop in self.bounds:
            rows = self._rows_of(order, start, stop)
            if self._dropout:
                rows = rows * self._dropout.factors(start, stop, rows)
            yield rows, *self.truth(order, start, stop)

    def order(self):
        """Draw the order in which samples are visited in an epoch, a tensor; None is that of X.

        Which inputs are dropped in the epoch is drawn as well.
        """
        if self._dropout:
            self._dropout.draw(self.rng)
        if not self.shuffle:
            return None
        return torch.from_numpy(self.rng.permutation(self.n_samples)).to(self.targets.device)

    def truth(self, order, start, stop):
        """Return targets, weights and the losses to be written of some places of an order."""
        batch = slice(start, stop)
        rows = batch if order is None else order[batch]
        weights = None
        if self.weights is not None:
            weights = self._seen[batch]
            weights.copy_(self.weights[rows])
        if order is None:
            targets = self.targets[rows]
        else:
            picked = self._picked[: stop - start]
            targets = torch.index_select(self.targets, 0, rows, out=picked)
        return targets, weights, self.losses[batch]

    def whole(self, width):
        """Yield the samples in order and with all inputs, none dropped, in large batches.

        Parameters
        ----------
        width : int
            Numbers to be held for each sample.
        """
        size = min(self.n_samples, max(self.batch_size, ENTRIES_AT_ONCE // width))
        for start, stop in bounds(self.n_samples, size):
            batch = slice(start, stop)
            weights = None if self.weights is None else self.weights[batch]
            rows = self._densify(batch, self._full) if self._is_sparse else self._full[batch]
            yield rows, self.targets[batch], weights, self.losses[batch]

    def select_inputs(self, kept):
        """Hand out some columns of X only, from a copy of these.

        Parameters
        ----------
        kept : ndarray of bool, shape (n_features,)
        """
        if (kept == self._selected).all():
            return
        self._selected, self.X = kept, self._full
        if not kept.all():
            columns = np.flatnonzero(kept)
            if not self._is_sparse:
                columns = torch.from_numpy(columns).to(self._full.device)
            self.X = self._full[:, columns]
        self._rows = self._rows.new_empty(self.batch_size, self.X.shape[1])
        self._samples = None

    def visits(self, width):
        """Yield samples and an order for the kernels, and where each batch begins and ends in it.

        Parameters
        ----------
        width : int
            As for :meth:`samples`.
        """
        order, samples = self.order(), self.samples(width)
        for start, stop in self.bounds:
            yield samples, order, start, stop

    def visits_of_all(self, width):
        """Yield the same of all samples in order and with all inputs, none dropped."""
        yield self.all_samples(width), None, 0, self.n_samples

    def samples(self, width):
        """Return the addresses of the data for the kernels, as drawn for the epoch.

        Parameters
        ----------
        width : int
            Units that the inputs lead to. If there are many, and most entries of a dense X are
            zero, these are skipped.
        """
        if self._samples is None:
            is_shared = self.X is self._full and not self._dropout
            self._samples = self.all_samples(width) if is_shared else self._addresses(self.X, width)
        if self._dropout:
            self._dropout.enter(self._samples)
        return self._samples

    def all_samples(self, width):
        """Return those with all inputs, none dropped."""
        if self._samples_of_all is None:
            self._samples_of_all = self._addresses(self._full, width)
        return self._samples_of_all

    def mean_loss(self):
        """Return the weighted mean of the losses written in the last epoch."""
        return weighted_mean(self.losses, self._seen) / self._importance

    def _rows_of(self, order, start, stop):
        rows = slice(start, stop) if order is None else order[start:stop]
        if self._is_sparse:
            return self._densify(rows if order is None else rows.cpu().numpy(), self.X)
        if order is None:
            return self.X[rows]
        return torch.index_select(self.X, 0, rows, out=self._rows[: stop - start])

    def _addresses(self, X, width):
        tensors = as_tensors(X)
        if not self._is_sparse and width >= LEAST_WIDTH and self._is_mostly_zero:
            tensors = without_zeros(tensors)
        return kernels.Samples(tensors, self.targets, self.weights, self._seen, self.losses)

    @cached_property
    def _is_mostly_zero(self):
        """Whether so many entries of a dense X are zero that it pays to skip them, by a sample."""
        return is_mostly_zero(self._full[:: max(1, self.n_samples // _SAMPLED_ROWS)])

    def _densify(self, rows, X):
        return torch.from_numpy(X[rows].toarray()).to(self._rows.device)
