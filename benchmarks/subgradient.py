"""Training as most papers did it: the penalty is part of the loss, and small weights are cut off.

The penalty is differentiated like the loss, Adam steps along the sum, and after training every
weight below a threshold is set to zero. Written in plain torch, apart from sgnn.
"""

import math
from itertools import pairwise

import numpy as np
import torch


def train(
    X,
    y,
    hidden,
    penalty,
    *,
    batch_size,
    n_epochs,
    seed,
    learning_rate=1e-3,
    threshold=1e-3,
    is_normalised=False,
    n_refit=0,
    on_epoch=lambda coefs, intercepts: None,
):
    """Train a network of rectified linear units.

    Parameters
    ----------
    X : ndarray of float32, shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
        Class numbers, or numbers in float32 for half the mean squared error.
    hidden : sequence of int
    penalty : callable
        Takes the weight matrices, of shape (n_out, n_in), and returns a number.
    batch_size, n_epochs, seed : int
    learning_rate : float, default=1e-3
    threshold : float, default=1e-3
        Weights of smaller magnitude are set to zero in what is returned and shown.
    is_normalised : bool, default=False
        Whether batches are normalised before each activation, and weights begin normally
        distributed, with variance 2 / n_in, rather than uniformly. What is returned has the
        normalisation folded in, with means and variances over all of X.
    n_refit : int, default=0
        Epochs of training on after the cut, without penalty, with what was cut held at zero.
    on_epoch : callable
        Told of the weights and biases after each epoch.

    Returns
    -------
    coefs, intercepts : list of ndarray
        As in scikit-learn: weights of shape (n_in, n_out).
    """
    generator = torch.Generator().manual_seed(seed)
    is_classifier = y.dtype.kind == "i"
    sizes = [X.shape[1], *hidden, int(y.max()) + 1 if is_classifier else 1]
    layers = [torch.nn.Linear(*pair) for pair in pairwise(sizes)]
    for layer in layers:
        bound = math.sqrt(6 / sum(layer.weight.shape))
        torch.nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
        torch.nn.init.zeros_(layer.bias)
        if is_normalised:
            torch.nn.init.kaiming_normal_(layer.weight, generator=generator)
    norms = [torch.nn.BatchNorm1d(n) if is_normalised else torch.nn.Identity() for n in hidden]
    norms.append(torch.nn.Identity())
    weights = [layer.weight for layer in layers]
    steps = [m for pair in zip(layers, norms, strict=True) for m in (*pair, torch.nn.ReLU())]
    network = torch.nn.Sequential(*steps[:-1])
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)

    def loss(rows):
        outputs = network(inputs[rows])
        if is_classifier:
            return torch.nn.functional.cross_entropy(outputs, targets[rows])
        return 0.5 * torch.nn.functional.mse_loss(outputs[:, 0], targets[rows])

    def run_epoch(penalty, masks):
        for rows in torch.randperm(len(X), generator=generator).split(batch_size):
            optimizer.zero_grad()
            (loss(rows) + penalty(weights)).backward()
            optimizer.step()
            for weight, mask in zip(weights, masks, strict=False):
                weight.data.mul_(mask)

    for _ in range(n_epochs):
        run_epoch(penalty, ())
        on_epoch(*_cut(layers, threshold))
    masks = [(weight.detach().abs() >= threshold).float() for weight in weights]
    for _ in range(n_refit):
        run_epoch(lambda weights: 0, masks)
    coefs, intercepts = _cut(layers, 0 if n_refit else threshold)
    return _folded(network, coefs, intercepts, inputs) if is_normalised else (coefs, intercepts)


def _cut(layers, threshold):
    coefs = [layer.weight.detach().numpy().T.copy() for layer in layers]
    for coef in coefs:
        coef[np.abs(coef) < threshold] = 0
    return coefs, [layer.bias.detach().numpy().copy() for layer in layers]


@torch.no_grad()
def _folded(network, coefs, intercepts, inputs):
    """Return weights and biases with the normalisation after each hidden layer in them."""
    values = inputs.numpy()
    norms = [module for module in network if isinstance(module, torch.nn.BatchNorm1d)]
    for coef, intercept, norm in zip(coefs, intercepts, norms, strict=False):
        values = values @ coef + intercept
        scale = norm.weight.numpy() / np.sqrt(values.var(0) + norm.eps)
        coef *= scale
        intercept[:] = (intercept - values.mean(0)) * scale + norm.bias.numpy()
        values = np.maximum((values - values.mean(0)) * scale + norm.bias.numpy(), 0)
    return coefs, intercepts


def group_lasso(weights, masks=None):
    """Sum of the norms of what leaves each unit, times the root of their number; masks leave out
    units.
    """
    masks = masks or [1.0] * len(weights)
    return sum(
        math.sqrt(len(weight)) * (mask * torch.linalg.vector_norm(weight, dim=0)).sum()
        for weight, mask in zip(weights, masks, strict=True)
    )


def l1(weights):
    """Sum of the magnitudes."""
    return sum(weight.abs().sum() for weight in weights)


def l2(weights):
    """Half the sum of the squares."""
    return 0.5 * sum(weight.square().sum() for weight in weights)


def hoyer_square(weights):
    """Sum over the layers of the square of the l1 norm, divided by that of the l2 norm."""
    return sum(weight.abs().sum().square() / weight.square().sum() for weight in weights)
