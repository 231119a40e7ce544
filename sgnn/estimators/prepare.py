"""From parameters and checked data to the problem that training solves, and where it starts."""

import sys
from copy import deepcopy
from dataclasses import fields, replace

import numpy as np

from sgnn._common.warnings import warn
from sgnn._common.words import cut
from sgnn.estimators.checks import check_hidden_layer_sizes
from sgnn.estimators.units import FAR_APART, units_of
from sgnn.networks.units import n_products
from sgnn.penalties import get_penalty
from sgnn.proximal._registry import SOLVERS
from sgnn.training.initial import random_network
from sgnn.training.problem import Problem, Settings
from sgnn.training.shard import Shard
from sgnn.training.state import State
from sgnn.training.stream import Stream

MAX_SEED = 2**31 - 1
_BATCH_SIZE = 200


def settings_of(estimator):
    """Return how an estimator wants to minimise."""
    return Settings(**{field.name: getattr(estimator, field.name) for field in fields(Settings)})


def settings_of_steps(estimator):
    """Return how an estimator wants to minimise where steps are counted, and not epochs.

    So it is along paths, in committees and from call to call of `partial_fit`. Batches are then of
    one size, whatever the number of samples.
    """
    settings = settings_of(estimator)
    is_free = settings.batch_size == "auto"
    return replace(settings, batch_size=_BATCH_SIZE) if is_free else settings


def prepare(estimator, data, rng, last=None, on_path=False, as_given=True):
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
    on_path : bool, default=False
        Whether other strengths will take the place of `alpha`.
    as_given : bool, default=True
        Whether those, and the ridge, will be for the targets as they were given; else they are in
        natural units, as for ``alpha="auto"``.

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
    if not (form.targets.loss.differentiable or SOLVERS[estimator.solver].has_rate):
        raise ValueError(
            f"solver={estimator.solver!r} needs a loss with a gradient everywhere, not "
            f"{type(form.targets.loss).__name__}: take solver='adam' or 'sgd'."
        )
    hidden = check_hidden_layer_sizes(estimator.hidden_layer_sizes)
    sizes = (form.n_features, *hidden, form.targets.n_outputs)
    if n_products(sizes) * data.X.dtype.itemsize > sys.maxsize:
        raise MemoryError
    problem = _problem(estimator, data, sizes, on_path, as_given)
    state = State(None) if last is None else last
    if last is None:
        network = random_network(problem, sizes, rng)
    else:
        network = problem.untell(_full_size(last.network, sizes).astype(data.X.dtype))
    seed = state.seed
    if problem.is_partial:
        seed = rng.randint(MAX_SEED) if seed is None else seed
        problem = replace(problem, seed=seed)
    return problem, replace(state, network=network, rng=rng, seed=seed)


def carried_over(estimator, network, before, now):
    """Return what a warm start goes on from: the last network, in the units of the targets of now.

    Targets whose units have changed by more than a factor of 10 are taken for others of the same
    kind, with a warning: what was learnt stays, times the factor, around their mean.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    network : Network
        Of the last fit.
    before, now : Form
        Of the data of the last fit, and of this one.
    """
    fixed = network.sizes, estimator.activation, get_penalty(estimator.penalty)
    old, new = (units_of(form, *fixed, as_given=False).told for form in (before, now))
    if new is None:
        return network
    ratios = new.relative_to(old)
    factors = np.atleast_1d(ratios.biases[-1] * np.exp(ratios.shift))
    if factors.max() <= FAR_APART and factors.min() >= 1 / FAR_APART:
        return network
    said = ", ".join(f"{factor:.3g}" for factor in factors)
    warn(
        f"warm_start=True: the unit of y has changed by a factor of {cut(said, 80)} since the last "
        "fit. The last network is trained on in the new unit."
    )
    if not now.targets.loss.log_link:
        ratios = replace(ratios, shift=now.moments.mean - factors * before.moments.mean)
    return network.expand().times(ratios)


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


def _problem(estimator, data, sizes, on_path, as_given):
    form = data.form
    size, n_samples = estimator.batch_size, data.X.shape[0]
    if not form.targets.loss.separable and size != "auto" and size < n_samples:
        raise ValueError(
            f"batch_size={size}: under {form.targets.loss!r} the loss of a sample depends on all "
            f"others, and a batch holds all {n_samples} samples; it must be 'auto', or as many."
        )
    penalties = get_penalty(estimator.penalty)
    for penalty in penalties:
        penalty.check(sizes, form.blocks)
    loss, alpha, l2 = form.targets.loss, estimator.alpha, estimator.l2
    if not on_path:
        as_given = alpha != "auto"
    counts = as_given and (on_path or l2 or (penalties and alpha))
    units = units_of(form, sizes, estimator.activation, penalties, as_given=counts)
    if units.far_apart and not on_path:
        warn(
            "The standard deviations of the outputs of y differ by more than a factor of 10: they "
            f"are brought to a common unit, for which alpha={alpha!r} and l2={l2!r} hold. Scale y, "
            'or leave alpha="auto".'
        )
    loss = loss if units.divisors is None else loss.in_units(units.divisors)
    targets, n_outputs = units.divided(data.targets), form.targets.n_outputs
    if on_path:
        alpha = 1.0
    elif alpha == "auto":
        slope = loss.slope(targets, data.sample_weight, n_outputs)
        alpha = estimator._auto_alpha * slope * form.moments.n_effective**-0.85 * units.alpha
    if as_given:
        l2 = l2 / units.l2
    held_out = data.held_out
    if held_out is not None:
        held_out = replace(held_out, targets=units.divided(held_out.targets))
    return Problem(
        X=data.X.with_targets(units.divided) if isinstance(data.X, (Shard, Stream)) else data.X,
        targets=targets,
        n_outputs=n_outputs,
        loss=loss,
        activation=estimator.activation,
        sample_weight=data.sample_weight,
        held_out=held_out,
        penalties=penalties,
        alpha=float(alpha),
        l2=float(l2),
        blocks=form.blocks,
        scales=units.scales,
        told=units.told,
        alpha_unit=float(units.alpha),
        follows_noise=bool(penalties) and estimator.alpha == "auto" and loss.follows_noise,
    )


def _full_size(network, sizes):
    if network.sizes != sizes:
        raise ValueError(
            f"The network to go on from has layers of {network.sizes} units, and the parameters "
            f"and data ask for {sizes}: keep the sizes, or start anew by fit with warm_start=False."
        )
    return network.expand()
