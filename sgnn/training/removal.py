"""Which units a network can do without while it trains, and moving its state to those that stay.

A unit is dead when it lies on no path of non-zero weights from an input to an output. Dead units
are removed once that saves a quarter of the multiplications of a step. Removal is a guess: the loss
may want an input back later. So before anything is removed, and again from time to time and at the
end of training, the gradient of the loss over all samples is taken with all inputs in place. What
the next proximal gradient step would bring to life, however short it is, stays or returns. Under a
convex penalty on a network without hidden layers this is the optimality condition of the inputs
that are zero, and training ends at the minimum of the full problem, as working-set solvers do.
"""

import numpy as np
import torch

from sgnn.networks.units import n_products, units_on_paths
from sgnn.training.together import mean_gradient

LEAST_SAVING = 0.25
MARGIN = 1.5
_SHORT_STEP, _LONG_STEP = 1e-4, 1.0


def live_units(coefs, blocks):
    """Return, per layer, which units lie on a path from an input to an output.

    Parameters
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
    blocks : ndarray of int, shape (n_in,), or None
        Blocks of inputs that live as long as one of them does.
    """
    alive = units_on_paths(coefs, blocks)
    return [*alive[:-1], np.ones_like(alive[-1])]


def saves_enough(alive):
    """Whether so many units are dead, but some alive in each layer, that removal pays."""
    counts = [mask.sum() for mask in alive]
    return all(counts) and n_products(counts) <= (1 - LEAST_SAVING) * n_products(map(len, alive))


def revived_units(model, regulariser, batches, l2, scales, blocks, margin):
    """Return, per layer, the units that are alive after a proximal gradient step of what is zero.

    The penalty has its full strength, also where it still warms up. The step is short, so that it
    tells whether the objective falls at all; under a penalty that is not convex it is that of one
    coordinate of a standardised input, because zero can be a local minimum however steep the loss.

    Parameters
    ----------
    model : Perceptron
    regulariser : Regulariser
    batches : Batches
        The whole training set, for this model.
    l2 : float
    scales : Scales
    blocks : ndarray of int or None
        As in :func:`live_units`.
    margin : float
        Factor of the gradient: with more than 1, what is close to coming alive is counted too.
    """
    parameters = model.parameters
    gradient, after = mean_gradient(model, batches, l2), parameters.zeros_like()
    step = _SHORT_STEP if regulariser.is_convex else _LONG_STEP
    step = step * scales.weights[0] ** 2 / scales.loss
    after.flat.copy_(parameters.flat).sub_(gradient.flat, alpha=margin * step)
    regulariser.prox_(after, step)
    after.weights.copy_(torch.where(parameters.weights == 0, after.weights, parameters.weights))
    return live_units(after.to_numpy()[0], blocks)
