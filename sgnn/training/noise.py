"""A strength of the penalty in proportion to the noise in the targets."""

from dataclasses import replace

import numpy as np

from sgnn.training.initial import random_network
from sgnn.training.listeners import Silent
from sgnn.training.shard import Shard
from sgnn.training.state import State
from sgnn.training.stream import Stream, joined

_N_ROUNDS, _PART = 4, 0.5
_N_SPLIT = 4
_LEAST_SAMPLES = 20
_LEAST_SHARE = 0.01
_MOST_SAMPLES = 2**16


def strength_of_noise(problem, sizes, settings):
    r"""Return the strength that the noise asks for, from a pilot fit.

    .. math:: \alpha \sqrt{D / D_0}

    with the strength :math:`\alpha` for the best constant, its loss :math:`D_0`, and the loss
    :math:`D` of a network, both on a quarter of the samples that is held out. For the squared error
    the root is the standard deviation of what is not explained, relative to that of the targets,
    and the strength is in proportion to it, as in the scaled lasso. There it is found along with
    the model, on the same samples, which a network may know by heart. The pilot is trained for half
    of the epochs in four rounds, each with the strength that the last one asks for. Of samples that
    are elsewhere, in a stream or in other processes, it takes as many as may be in memory, evenly
    from all.

    Parameters
    ----------
    problem : Problem
    sizes : sequence of int
        Units per layer.
    settings : Settings

    Returns
    -------
    float
        Between a hundredth of `alpha` and `alpha`. It depends on no random numbers but its own.

    Raises
    ------
    FloatingPointError
        If the objective or a parameter is not finite.
    KeyboardInterrupt
        If the user breaks off.

    References
    ----------
    Sun & Zhang (2012), "Scaled sparse linear regression", doi:10.1093/biomet/ass043.
    """
    from sgnn.training.fit import minimise
    from sgnn.training.last_look import mean_loss

    n_samples, n_epochs = len(problem.targets), int(settings.max_iter * _PART / _N_ROUNDS)
    if n_samples < _LEAST_SAMPLES or not n_epochs:
        return problem.alpha
    problem = _at_hand(problem, problem.samples_per_batch(settings))
    n_samples = len(problem.targets)
    rng = np.random.RandomState(0)
    held_out, rows = np.split(rng.permutation(n_samples), [n_samples // _N_SPLIT])
    part = problem.with_held_out(np.sort(rows), np.sort(held_out))
    tested = replace(problem, **vars(part.held_out), held_out=None)
    constant = np.broadcast_to(part.best_constant, tested.targets.shape)
    of_constant = mean_loss(tested, constant, settings.n_threads)
    if not of_constant > 0:
        return problem.alpha
    schedule = {"max_iter": n_epochs, "learning_rate": "cosine", "early_stopping": False}
    settings = replace(settings, **schedule)
    state = State(random_network(part, sizes, rng), rng=rng)
    alpha = problem.alpha / 2
    for _ in range(_N_ROUNDS):
        outcome = minimise(replace(part, alpha=alpha), settings, state, Silent())
        if outcome.interrupted:
            raise KeyboardInterrupt
        state = replace(state, network=outcome.network)
        share = outcome.histories[0].validation_loss[-1] / problem.loss_unit / of_constant
        alpha = problem.alpha * min(max(share, 0) ** 0.5, 1.0)
        alpha = max(alpha, _LEAST_SHARE * problem.alpha)
    return alpha


def _at_hand(problem, least):
    """Return the problem of samples that are all in memory, in this process: a batch at least."""
    if not isinstance(problem.X, (Shard, Stream)):
        return problem
    most = max(getattr(problem.X, "buffer_size", _MOST_SAMPLES), least, 2 * _LEAST_SAMPLES)
    step, parts, at = -(-len(problem.targets) // most), [], 0
    for part in problem.X.read(most, None):
        places = slice(-at % step, None, step)
        parts.append(tuple(None if one is None else one[places] for one in part))
        at += part[0].shape[0]
    if problem.group is not None:
        parts = [part for of_one in problem.group.gather(parts) for part in of_one]
    X, targets, weights = (joined(column) for column in zip(*parts, strict=True))
    return replace(problem, X=X, targets=targets, sample_weight=weights, held_out=None, group=None)
