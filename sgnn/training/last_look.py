"""A last look at what training returns: whether it predicts at all, and more than nothing."""

from dataclasses import replace

import numpy as np
import torch

from sgnn.losses.base import Loss
from sgnn.networks.network import Network
from sgnn.networks.parameters import to_tensor
from sgnn.training.arrays import of_mean_one
from sgnn.training.resources import engine

_MARGIN, _MARGIN_ON_THE_WAY = 0.01, 10.0
_ENOUGH_SAMPLES = 2**16


def look_at(problem, outputs, told, start, converged, n_threads):
    """Return whether a network is worse than a constant, beyond doubt if it is on the way.

    Parameters
    ----------
    problem, outputs, start, n_threads
        As in :func:`is_lost`.
    told : Network
        The network as it is told.
    converged : bool
        Whether training ended by itself.

    Raises
    ------
    FloatingPointError
        If the loss, or what the network puts out and predicts as it is told, is not finite.
    """
    if converged:
        is_worse = is_worse_than_constant(problem, outputs, n_threads)
    else:
        is_worse = is_lost(problem, outputs, n_threads, start)
    has_link = type(problem.loss).predicted is not Loss.predicted
    if problem.told is not None and (has_link or not is_surely_finite(problem, told)):
        for _, X, *_ in problem.parts():
            check_finite(problem.loss.predicted(told.forward(X)))
    return is_worse


def is_worse_than_constant(problem, outputs, n_threads):
    """Whether the loss of a network is above that of the best constant.

    It is if the difference is a hundredth of the unit of the loss: under a strong penalty, or
    without anything to learn, a network ends at the best constant, or about there. Of very many
    samples some are enough to tell, if it is known that the outputs for the others are finite.

    Parameters
    ----------
    problem : Problem
    outputs : Network, or ndarray of shape (n_samples, n_outputs)
        The network, or its raw outputs where they are known.
    n_threads : int or None

    Raises
    ------
    FloatingPointError
        If a raw output, or the loss, is not finite.
    """
    return _excess(problem, outputs, n_threads) > _MARGIN


def is_lost(problem, outputs, n_threads, start):
    """Whether a network on the way is worse than a constant beyond doubt.

    A network on the way (of a path, between calls of `partial_fit`, of a fit cut short) need not
    have learnt the constant yet, and that of few samples knows more than that of all. It is lost if
    its loss is above that of the best constant by a unit, more for few samples, and above that of
    the network that it came from.

    Parameters
    ----------
    problem, outputs, n_threads
        As in :func:`is_worse_than_constant`.
    start : Network
        Where training began.

    Raises
    ------
    FloatingPointError
        As in :func:`is_worse_than_constant`.
    """
    excess = _excess(problem, outputs, n_threads)
    if excess <= 1 + _MARGIN_ON_THE_WAY / len(problem.targets):
        return False
    return excess > _excess(problem, start.compact(problem.blocks), n_threads)


def is_surely_finite(problem, network):
    """Whether outputs of a network must be finite, and their squares, by bounds of its layers.

    False if that is not known. The inverse link is tried at both ends only.

    Parameters
    ----------
    problem : Problem
    network : Network
        For all inputs of the problem.
    """
    bound = problem.largest_input
    with np.errstate(over="ignore", invalid="ignore"):
        for coef, bias in zip(network.coefs, network.intercepts, strict=True):
            # No activation is further from zero than its argument by more than 1.
            sums = np.abs(coef).sum(0, dtype=np.float64)
            bound = (sums * bound + np.abs(bias)).max(initial=0.0) + 1
            if not bound < np.sqrt(np.finfo(network.dtype).max) / 2:
                return False
        ends = problem.loss.predicted(np.array([[-bound], [bound]], dtype=network.dtype))
    return bool(np.isfinite(ends).all())


def check_finite(values):
    """Raise a FloatingPointError unless outputs or a loss are finite."""
    if not np.isfinite(values).all():
        raise FloatingPointError("what the network predicts is not finite")


def mean_loss(problem, outputs, n_threads):
    """Return the mean loss of raw outputs, without penalty and ridge.

    Parameters
    ----------
    problem, n_threads
        As in :func:`is_worse_than_constant`.
    outputs : ndarray of shape (n_samples, n_outputs)
        For the inputs of the problem.

    Returns
    -------
    float
    """
    weights = of_mean_one(problem.sample_weight, outputs.dtype, "cpu")
    raw = torch.from_numpy(np.array(outputs.T, order="C"))
    losses = raw.new_empty(len(outputs))
    with engine(n_threads):
        problem.loss.write(raw, to_tensor(problem.targets, "cpu"), weights, losses)
    return float(np.average(losses.numpy().astype(np.float64), weights=problem.sample_weight))


def _excess(problem, outputs, n_threads):
    """Return how far the loss is above that of the best constant, in units of the loss."""
    total, weight, best = 0.0, 0.0, problem.best_constant
    if isinstance(outputs, Network):
        problem = _enough_of(problem, outputs)
    for rows, X, targets, weights in problem.parts():
        part = replace(problem, X=X, targets=targets, sample_weight=weights)
        raw = outputs[rows] if isinstance(outputs, np.ndarray) else outputs.forward(X)
        loss = mean_loss(part, raw, n_threads)
        check_finite(raw)
        check_finite(loss)
        constant = np.broadcast_to(best, raw.shape)
        of_part = len(raw) if weights is None else weights.sum(dtype=np.float64)
        total += of_part * (loss - mean_loss(part, constant, n_threads))
        weight += of_part
    if problem.group is not None:
        total, weight = problem.group.sum(total), problem.group.sum(weight)
    return total / weight / problem.scales.loss


def _enough_of(problem, network):
    """Return the problem of evenly spaced samples, if there are very many and all are finite."""
    step = problem.X.shape[0] // _ENOUGH_SAMPLES
    is_plain = problem.loss.separable and problem.sample_weight is None and problem.group is None
    if step < 2 or not is_plain or not is_surely_finite(problem, network):
        return problem
    return replace(problem, X=problem.X[::step], targets=problem.targets[::step])
