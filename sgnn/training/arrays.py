"""Arrays as batches and kernels want them."""

import numpy as np
import torch
from scipy import sparse

from sgnn.networks.parameters import to_tensor

#: Units that the inputs lead to, from which on it pays to skip entries that are zero.
LEAST_WIDTH = 64
_MOST_NONZERO = 0.3


def of_mean_one(sample_weight, dtype, device):
    """Return weights as a tensor of mean 1, None for None."""
    if sample_weight is None:
        return None
    scaled = sample_weight * (len(sample_weight) / sample_weight.sum())
    return to_tensor(scaled.astype(dtype), device)


def weighted_mean(losses, weights):
    """Return the mean of losses with weights of mean 1 or None, as a float."""
    return (losses.sum() if weights is None else losses.dot(weights)).item() / len(losses)


def bounds(n_samples, size):
    """Yield where batches of a size begin and end."""
    for start in range(0, n_samples, size):
        yield start, min(start + size, n_samples)


def is_mostly_zero(X):
    """Whether so many entries of a tensor are zero that it pays to skip them."""
    return torch.count_nonzero(X).item() < _MOST_NONZERO * X.numel()


def without_zeros(X):
    """Return data, indices and indptr of a CSR matrix, as tensors, from a dense one."""
    alive = X != 0
    places = alive.reshape(-1).nonzero()[:, 0]
    starts = torch.cat([places.new_zeros(1), alive.sum(1).cumsum(0)])
    return X.reshape(-1)[places], (places % X.shape[1]).int(), starts


def as_tensors(X):
    """Return the data of a matrix as the kernels want them: a tensor, or three of a CSR matrix."""
    if not sparse.issparse(X):
        return X if torch.is_tensor(X) else to_tensor(X, "cpu")
    arrays = X.data, X.indices.astype(np.int32, copy=False), X.indptr.astype(np.int64, copy=False)
    return tuple(to_tensor(array, "cpu") for array in arrays)
