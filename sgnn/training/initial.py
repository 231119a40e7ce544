"""Where training starts: random weights, and biases that predict the best constant."""

from itertools import pairwise

import numpy as np

from sgnn.networks.activations import ACTIVATIONS
from sgnn.networks.network import Network


def random_network(problem, sizes, rng):
    """Draw Glorot's uniform weights as ``MLPClassifier`` does, in the scales of the problem.

    Parameters
    ----------
    problem : Problem
    sizes : sequence of int
        Units per layer, inputs first, outputs last.
    rng : numpy.random.RandomState

    Returns
    -------
    Network
        The last bias is the best constant.
    """
    factor = ACTIVATIONS[problem.activation].glorot_factor
    dtype, scales = problem.X.dtype, problem.scales
    coefs, intercepts = [], []
    for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
        bound = np.sqrt(factor / (n_in + n_out))
        coef = rng.uniform(-bound, bound, (n_in, n_out)) * scales.weights[layer]
        intercept = rng.uniform(-bound, bound, n_out) * scales.biases[layer]
        coefs.append(coef.astype(dtype))
        intercepts.append(intercept.astype(dtype))
    network = Network.whole(coefs, intercepts, problem.activation)
    return network.with_constant(problem.best_constant)
