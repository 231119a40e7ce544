"""Which units a network can do without while it trains, and moving its state to those that stay.

A unit is dead when it lies on no path of non-zero weights from an input to an output. Dead units
are removed once that saves a quarter of the multiplications of a step. Removal is a guess: the loss
may want an input back later. So before anything is removed, and again from time to time and at the
end of training, the gradient of the loss over all samples is taken with all inputs in place. What
the next proximal gradient step would bring to life, however short it is, stays or returns. Under a
convex penalty on a network without hidden layers this is the optimality condition of the inputs
that are zero, and training ends at the minimum of the full problem, as working-set solvers do.
"""

from itertools import pairwise

import numpy as np
import torch

from sgnn.networks import compact

LEAST_SAVING = 0.25
MARGIN = 1.5
_SHORT_STEP, _LONG_STEP = 1e-4, 1.0


def all_units(sizes):
    """Return masks, one per layer, that keep everything."""
    return [np.ones(size, dtype=bool) for size in sizes]


def live_units(coefs, blocks):
    """Return, per layer, which units lie on a path from an input to an output.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
    blocks : ndarray of int, shape (n_in,), or None
        Blocks of inputs that live as long as one of them does.
    """
    alive = compact.units_on_paths(coefs, blocks)
    return [*alive[:-1], np.ones_like(alive[-1])]


def saves_enough(alive):
    """Whether so many units are dead, but some alive in each layer, that removal pays."""
    counts = [mask.sum() for mask in alive]
    return all(counts) and _products(counts) <= (1 - LEAST_SAVING) * _products(map(len, alive))


def _products(sizes):
    return sum(n_in * n_out for n_in, n_out in pairwise(sizes))


def revived_units(network, terms, batches, l2, units, blocks, margin):
    """Return, per layer, the units that are alive after a proximal gradient step of what is zero.

    The penalty has its full strength, also where it still warms up. The step is short, so that it
    tells whether the objective falls at all; under a penalty that is not convex it is that of one
    coordinate of a standardised input, because zero can be a local minimum however steep the loss.

    Parameters
    ----------
    network : Network
    terms : Terms
    batches : Batches
        The whole training set, for this network.
    l2 : float
    units : Units
    blocks : ndarray of int or None
        As in :func:`live_units`.
    margin : float
        Factor of the gradient: with more than 1, what is close to coming alive is counted too.
    """
    parameters, total = network.parameters, network.parameters.zeros_like()
    for X, targets, weights, losses in batches.whole(sum(parameters.sizes)):
        network.forward_backward(X, targets, weights, losses)
        total.flat.add_(network.gradient.flat, alpha=margin * len(losses) / batches.n_samples)
    total.weights.add_(parameters.weights, alpha=margin * l2)
    after = parameters.zeros_like()
    step = (_SHORT_STEP if terms.is_convex else _LONG_STEP) * units.weights[0] ** 2 / units.loss
    after.flat.copy_(parameters.flat).sub_(total.flat, alpha=step)
    terms.prox_(after, step)
    after.weights.copy_(torch.where(parameters.weights == 0, after.weights, parameters.weights))
    return live_units(after.to_numpy()[0], blocks)


def positions(kept):
    """Return where the parameters of some units lie in the flat buffer of all of them."""
    sizes = [len(mask) for mask in kept]
    shapes = list(pairwise(sizes))
    weights, biases, start, bias = [], [], 0, _products(sizes)
    for (n_in, n_out), (before, after) in zip(shapes, pairwise(kept), strict=True):
        rows, columns = np.flatnonzero(before), np.flatnonzero(after)
        weights.append((start + rows[:, None] * n_out + columns).ravel())
        biases.append(bias + columns)
        start, bias = start + n_in * n_out, bias + n_out
    return np.concatenate(weights + biases)


def moved(state, old, new, metric):
    """Return the state of an optimiser for other units; what is new to it starts from zero.

    Parameters
    ----------
    state : dict
        As :meth:`ProximalOptimizer.save` returns it.
    old, new : list of ndarray of bool
        The units that it is for, and that it is to be for.
    metric : Groups
        The metric of the optimiser on the full-size network.
    """
    sizes = [len(mask) for mask in old]
    n_parameters = _products(sizes) + sum(sizes[1:])
    of_parameters = n_parameters, positions(old), positions(new)
    of_groups = len(metric.sizes), *(metric.survivors(kept).cpu().numpy() for kept in (old, new))
    result = dict(state)
    for name, value in state.items():
        if isinstance(value, np.ndarray):
            per_parameter = len(value) == len(of_parameters[1])
            size, here, there = of_parameters if per_parameter else of_groups
            full = np.zeros(size, dtype=value.dtype)
            full[here] = value
            result[name] = full[there]
    return result
