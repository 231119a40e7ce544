"""Mini-batches without copies of the data set."""

import numpy as np
import torch
from scipy import sparse

from sgnn.networks.parameters import to_tensor

_ENTRIES_AT_ONCE = 2**20


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
    """

    def __init__(
        self, X, targets, sample_weight, *, batch_size, shuffle, rng, device, importance=1.0
    ):
        self.n_samples = X.shape[0]
        self.batch_size = min(batch_size, self.n_samples)
        self.shuffle = shuffle and self.batch_size < self.n_samples
        self.rng = rng
        self._is_sparse = sparse.issparse(X)
        self._full = self.X = X if self._is_sparse else to_tensor(X, device)
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

    @classmethod
    def of(cls, problem, settings, rng):
        """Return the batches that the settings want of the data of a problem."""
        return cls(
            problem.X,
            problem.targets,
            problem.sample_weight,
            batch_size=problem.samples_per_batch(settings),
            shuffle=settings.shuffle,
            rng=rng,
            device=torch.device(settings.device),
            importance=problem.importance,
        )

    def __len__(self):
        """Number of batches per epoch."""
        return -(-self.n_samples // self.batch_size)

    def epoch(self):
        """Yield ``(X, targets, weights, losses)`` for each batch; `losses` is to be written."""
        order = None
        if self.shuffle:
            order = torch.from_numpy(self.rng.permutation(self.n_samples)).to(self.targets.device)
        for batch in self._slices(self.batch_size):
            yield (*self._take(batch, order), self.losses[batch])

    def whole(self, width):
        """Yield the samples in order and with all inputs, as `epoch` does, in large batches.

        Parameters
        ----------
        width : int
            Numbers to be held for each sample.
        """
        size = min(self.n_samples, max(self.batch_size, _ENTRIES_AT_ONCE // width))
        for batch in self._slices(size):
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

    def mean_loss(self):
        """Return the weighted mean of the losses written in the last epoch."""
        return weighted_mean(self.losses, self._seen) / self._importance

    def _take(self, batch, order):
        rows = batch if order is None else order[batch]
        weights = None
        if self.weights is not None:
            weights = self._seen[batch]
            weights.copy_(self.weights[rows])
        if self._is_sparse:
            picked = rows if order is None else rows.cpu().numpy()
            return self._densify(picked, self.X), self.targets[rows], weights
        if order is None:
            return self.X[rows], self.targets[rows], weights
        size = rows.shape[0]
        X = torch.index_select(self.X, 0, rows, out=self._rows[:size])
        targets = torch.index_select(self.targets, 0, rows, out=self._picked[:size])
        return X, targets, weights

    def _densify(self, rows, X):
        return torch.from_numpy(X[rows].toarray()).to(self._rows.device)

    def _slices(self, size):
        for start in range(0, self.n_samples, size):
            yield slice(start, min(start + size, self.n_samples))


def of_mean_one(sample_weight, dtype, device):
    """Return weights as a tensor of mean 1, None for None."""
    if sample_weight is None:
        return None
    scaled = sample_weight * (len(sample_weight) / sample_weight.sum())
    return to_tensor(scaled.astype(dtype), device)


def weighted_mean(losses, weights):
    """Return the mean of losses with weights of mean 1 or None, as a float."""
    return (losses.mean() if weights is None else losses.dot(weights) / len(losses)).item()
