"""Where training starts: random weights, and biases that predict the best constant."""

from itertools import pairwise

import numpy as np

_SMALLEST_PROBABILITY = 1e-9


def random_network(problem, sizes, rng):
    """Draw Glorot's uniform weights as ``MLPClassifier`` does, in the units of the problem.

    Parameters
    ----------
    problem : Problem
    sizes : sequence of int
        Units per layer, inputs first, outputs last.
    rng : numpy.random.RandomState

    Returns
    -------
    coefs, intercepts : list of ndarray
        The last bias is the best constant.
    """
    factor = 2.0 if problem.activation == "logistic" else 6.0
    dtype, units = problem.X.dtype, problem.units
    coefs, intercepts = [], []
    for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
        bound = np.sqrt(factor / (n_in + n_out))
        coef = rng.uniform(-bound, bound, (n_in, n_out)) * units.weights[layer]
        intercept = rng.uniform(-bound, bound, n_out) * units.biases[layer]
        coefs.append(coef.astype(dtype))
        intercepts.append(intercept.astype(dtype))
    return coefs, [*intercepts[:-1], best_constant(problem)]


def best_constant(problem):
    """Return the raw outputs of the best model without inputs.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    ndarray of shape (n_outputs,)
        Log odds are finite: probabilities are kept 1e-9 away from 0 and 1.
    """
    targets, weights, dtype = problem.targets, problem.sample_weight, problem.X.dtype
    if problem.loss == "softmax":
        counts = np.bincount(targets, weights=weights, minlength=problem.n_outputs)
        constant = np.log(np.maximum(counts / counts.sum(), _SMALLEST_PROBABILITY))
        return constant.astype(dtype)
    mean = np.average(targets.astype(np.float64, copy=False), axis=0, weights=weights)
    if problem.loss == "squared_error":
        return mean.astype(dtype)
    mean = np.clip(mean, _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY)
    return (np.log(mean) - np.log1p(-mean)).astype(dtype)
