"""Stochastic gradient descent with a prox after each step, as in the published code of CGES."""

from itertools import pairwise

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from sgnn.penalties.exclusive import SquaredL1


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


@torch.random.fork_rng()
def train(X, y, hidden, prox, strength, *, n_epochs, seed, batch_size=100, learning_rate=0.05):
    """Train a network of rectified linear units under combined group and exclusive sparsity.

    Parameters
    ----------
    X : ndarray of float32, shape (n_samples, n_features)
    y : ndarray of int, shape (n_samples,)
    hidden : sequence of int
    prox : callable
        `in_turn` or `jointly`.
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
        penalty = sum(map(penalty_of, layers, shares))
        objective = cross_entropy(network(X), y) + strength * penalty
    coefs = [layer.weight.detach().numpy().T.copy() for layer in layers]
    return coefs, [layer.bias.detach().numpy() for layer in layers], float(objective)


@torch.no_grad()
def shrink(layers, prox, shares, step):
    for layer, share in zip(layers, shares, strict=True):
        layer.weight.copy_(prox(layer.weight.T.contiguous(), step * (1 - share), step * share).T)


def penalty_of(layer, share):
    norms = torch.linalg.vector_norm(layer.weight, dim=0)
    return (1 - share) * norms.sum() + 0.5 * share * layer.weight.abs().sum(0).square().sum()
