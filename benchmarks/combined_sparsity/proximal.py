"""Stochastic gradient descent with a prox after each step, as in the published code of CGES."""

from itertools import pairwise

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from sgnn.penalties.exclusive import SquaredL1
from sgnn.penalties.transformed_l1 import TransformedMagnitude
from sgnn.proximal.joint import nested_prox

MAGNITUDE = TransformedMagnitude(1.0)


def in_turn(rows, group, exclusive):
    """Shrink each row as the published code does: first its norm, then each weight by its l1 norm.

    The second step is not the prox of the exclusive lasso, whose threshold is the l1 norm of the
    result; nor do two steps in turn make the prox of the sum.
    """
    norms = torch.linalg.vector_norm(rows, dim=1, keepdim=True).clamp(min=1e-30)
    rows = rows * (1 - group / norms).clamp(min=0)
    magnitudes = rows.abs()
    thresholds = exclusive * magnitudes.sum(1, keepdim=True)
    return (magnitudes - thresholds).clamp(min=0).copysign(rows)


def jointly(rows, group, exclusive):
    """Shrink each row by the exact prox of the sum."""
    return SquaredL1().prox_plus_norm(rows, exclusive, 1.0, group)


def transformed_in_turn(rows, group, single):
    """Shrink the norm of each row, and then each weight by the prox of transformed l1."""
    norms = torch.linalg.vector_norm(rows, dim=1, keepdim=True).clamp(min=1e-30)
    return MAGNITUDE.prox(rows * (1 - group / norms).clamp(min=0), single, 1.0)


def transformed_jointly(rows, group, single):
    """Shrink each row by the prox of the sum of its norm and transformed l1."""
    return nested_prox(
        rows,
        lambda x, scale: MAGNITUDE.prox(x, scale * single, 1.0),
        lambda z: MAGNITUDE.value(z, single).sum(1),
        lambda norms: (norms - group).clamp(min=0),
        lambda norms: group * norms,
    )


def exclusive_value(columns):
    """Return half the sum of the squared l1 norms of columns."""
    return 0.5 * columns.abs().sum(0).square().sum()


def transformed_value(columns):
    """Return the transformed l1 of all weights."""
    return MAGNITUDE.value(columns, 1.0).sum()


@torch.random.fork_rng()
def train(
    X, y, hidden, prox, value, strength, *, n_epochs, seed, batch_size=100, learning_rate=0.05
):
    """Train a network of rectified linear units under group sparsity and another penalty.

    Parameters
    ----------
    X : ndarray of float32, shape (n_samples, n_features)
    y : ndarray of int, shape (n_samples,)
    hidden : sequence of int
    prox, value : callable
        Such as `in_turn` or `jointly`, and the value of the other penalty on a matrix of weights.
    strength : float
    n_epochs, seed, batch_size : int
    learning_rate : float, default=0.05

    Returns
    -------
    coefs, intercepts : list of ndarray
        As in scikit-learn: weights of shape (n_in, n_out).
    objective : float
        Log loss plus penalty on all of X.
    """
    torch.manual_seed(seed)
    layers = [torch.nn.Linear(*pair) for pair in pairwise([X.shape[1], *hidden, y.max() + 1])]
    network = torch.nn.Sequential(*[m for layer in layers for m in (layer, torch.nn.ReLU())][:-1])
    shares = np.linspace(0.2, 0.8, len(layers)).tolist()
    optimizer = torch.optim.SGD(network.parameters(), lr=learning_rate)
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    for _ in range(n_epochs):
        for rows in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            cross_entropy(network(X[rows]), y[rows]).backward()
            optimizer.step()
            shrink(layers, prox, shares, strength * learning_rate)
    with torch.no_grad():
        penalty = sum(map(penalty_of, layers, shares, [value] * len(layers)))
        objective = cross_entropy(network(X), y) + strength * penalty
    coefs = [layer.weight.detach().numpy().T.copy() for layer in layers]
    return coefs, [layer.bias.detach().numpy() for layer in layers], float(objective)


@torch.no_grad()
def shrink(layers, prox, shares, step):
    for layer, share in zip(layers, shares, strict=True):
        layer.weight.copy_(prox(layer.weight.T.contiguous(), step * (1 - share), step * share).T)


def penalty_of(layer, share, value):
    norms = torch.linalg.vector_norm(layer.weight, dim=0)
    return (1 - share) * norms.sum() + share * value(layer.weight)
