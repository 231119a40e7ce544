"""From parameters and checked data to the problem that training solves, and where it starts."""

from copy import deepcopy
from dataclasses import fields, replace

import numpy as np

from sgnn.estimators.checks import check_hidden_layer_sizes
from sgnn.networks.activations import ACTIVATIONS
from sgnn.penalties import get_penalty
from sgnn.training.initial import random_network
from sgnn.training.problem import Problem, Settings
from sgnn.training.scales import Scales
from sgnn.training.state import State

MAX_SEED = 2**31 - 1


def settings_of(estimator):
    """Return how an estimator wants to minimise."""
    return Settings(**{field.name: getattr(estimator, field.name) for field in fields(Settings)})


def prepare(estimator, data, rng, last=None):
    """Return what training solves, and where it starts.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
        Its parameters count.
    data : Checked
    rng : numpy.random.RandomState
        Draws what is new, then shuffles.
    last : State, default=None
        What training goes on from.

    Returns
    -------
    Problem
    State
        At full size.

    Raises
    ------
    ValueError, TypeError
        If a parameter does not fit the data, or `last` does not fit both.
    """
    form = data.form
    hidden = check_hidden_layer_sizes(estimator.hidden_layer_sizes)
    sizes = (form.n_features, *hidden, form.targets.n_outputs)
    problem = _problem(estimator, data, sizes)
    state = State(None) if last is None else last
    if last is None:
        network = random_network(problem, sizes, rng)
    else:
        network = _full_size(last.network, sizes).astype(data.X.dtype)
    seed = state.seed
    if problem.is_partial:
        seed = rng.randint(MAX_SEED) if seed is None else seed
        problem = replace(problem, seed=seed)
    return problem, replace(state, network=network, rng=rng, seed=seed)


def weigh_call(problem, state, samples_per_batch):
    """Weigh the data of a call of `partial_fit` against those of all calls so far, this included.

    What counts is the weight of a mini-batch, the sum over its samples; that of a sample without
    weight is 1.

    Returns
    -------
    Problem
    State
    """
    n_samples, weights = problem.X.shape[0], problem.sample_weight
    weight = n_samples if weights is None else float(weights.sum(dtype=np.float64))
    n_batches = -(-n_samples // samples_per_batch)
    weight_seen, n_batches_seen = state.weight_seen + weight, state.n_batches_seen + n_batches
    importance = (weight / n_batches) / (weight_seen / n_batches_seen)
    state = replace(state, weight_seen=weight_seen, n_batches_seen=n_batches_seen)
    return replace(problem, importance=importance), state


def rng_of(state):
    """Return a copy of the generator of a state, so that a call that fails does not move it."""
    return deepcopy(state.rng)


def _problem(estimator, data, sizes):
    form, loss = data.form, data.form.targets.loss
    size, n_samples = estimator.batch_size, data.X.shape[0]
    if not loss.separable and size != "auto" and size < n_samples:
        raise ValueError(
            f"batch_size={size}: under {loss!r} the loss of a sample depends on all others, and a "
            f"batch holds all {n_samples} samples; it must be 'auto', or as many."
        )
    penalties = get_penalty(estimator.penalty)
    for penalty in penalties:
        penalty.check(sizes, form.blocks)
    n_layers = len(sizes) - 1
    homogeneous = ACTIVATIONS[estimator.activation].is_homogeneous
    alpha = estimator.alpha
    if alpha == "auto":
        factor = estimator._auto_alpha
        alpha = factor * form.n_effective**-0.85 * form.slope * form.unit ** (1 - 1 / n_layers)
    return Problem(
        X=data.X,
        targets=data.targets,
        n_outputs=form.targets.n_outputs,
        loss=loss,
        activation=estimator.activation,
        sample_weight=data.sample_weight,
        held_out=data.held_out,
        penalties=penalties,
        alpha=float(alpha),
        l2=float(estimator.l2),
        blocks=form.blocks,
        scales=Scales.of_targets(form.unit, n_layers, homogeneous, form.loss_unit),
    )


def _full_size(network, sizes):
    if network.sizes != sizes:
        raise ValueError(
            f"The network to go on from has layers of {network.sizes} units, and the parameters "
            f"and data ask for {sizes}: keep the sizes, or start anew by fit with warm_start=False."
        )
    return network.expand()
