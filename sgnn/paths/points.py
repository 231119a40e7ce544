"""The points of a path, one after the other."""

import math
import time
from dataclasses import replace
from numbers import Integral

import numpy as np

from sgnn._common.words import brief
from sgnn.estimators.prepare import settings_of_steps
from sgnn.networks.units import units_on_paths
from sgnn.paths.choice import least_gain, standard_error
from sgnn.paths.point import PathPoint
from sgnn.training.course import History
from sgnn.training.listeners import Silent

_STEPS_PER_ALPHA = 120
_LEAST_EPOCHS = 5


def points_of(model, problem, start, alphas, max_iter, journal, n_steps=None):
    """Yield the points of a path, the dense one first.

    Parameters
    ----------
    model : SparseMLPClassifier or SparseMLPRegressor
        Its parameters count.
    problem : Problem
    start : State
    alphas : int or ndarray of float
        The number of steps at most, or the strengths.
    max_iter : int or "auto"
        Epochs at each strength.
    journal : Blank
        Where it is written down how far the path is, and what draws from the `rng` of `start`.
    n_steps : int or None
        The number of steps by which strengths were found that are given.

    Yields
    ------
    PathPoint
    bool
        Whether its training loss is far above that of the best constant.

    Raises
    ------
    FloatingPointError
        If the objective, a parameter or a prediction is not finite.
    KeyboardInterrupt
        If the user breaks off. What there is of the dense network, or of a refit, is a point, and
        the last one.
    """
    from sgnn.paths.strengths import given, growing
    from sgnn.training.fit import minimise
    from sgnn.training.last_look import look_at
    from sgnn.training.walk import Walk

    def looked_at(alpha, network, history):
        outputs, told = network.forward(problem.X), problem.tell(network)
        lost = look_at(problem, outputs, told, start.network, False, model.n_threads)
        return _point(problem, alpha, network, outputs, history, began, journal.clock), lost

    began = journal.clock()
    settings = settings_of_steps(model)
    outcome = minimise(problem.without_penalty(), settings, start, Silent(), journal)
    dense, interrupted = outcome.network, outcome.interrupted
    yield looked_at(0.0, dense.compact(problem.blocks), outcome.histories[0])
    del outcome  # The memory of its optimiser is as large as two networks.
    if interrupted:
        raise KeyboardInterrupt
    if problem.is_adaptive:
        problem = replace(problem, pilot=dense)
    if max_iter == "auto":
        n_batches = -(-problem.X.shape[0] // problem.samples_per_batch(settings))
        max_iter = max(-(-_STEPS_PER_ALPHA // n_batches), _LEAST_EPOCHS)
    settings = replace(settings, max_iter=max_iter, early_stopping=False)
    walk = Walk(problem, settings, dense, start.rng, journal)
    if not walk.penalty_at_start > 0:
        raise ValueError(
            f"penalty={brief(model.penalty)} is 0 on the dense network: a path needs layers and "
            "groups that are penalised."
        )
    places = growing(walk, alphas) if isinstance(alphas, Integral) else given(walk, alphas, n_steps)
    began = journal.clock()
    for alpha, network, history in places:
        interrupted = False
        if network.is_empty:
            network = network.of_constant(problem.best_constant)
        elif model.refit:
            on_support = problem.without_held_out().on_support(network.kept[0])
            alone = replace(start, network=network.alone())
            refitted = minimise(on_support, settings, alone, Silent(), journal)
            network, interrupted = network.refilled(refitted.network), refitted.interrupted
        yield looked_at(alpha, network, history)
        if interrupted:
            raise KeyboardInterrupt
        began = journal.clock()


def empty_point(problem, start, model):
    """Return the point of the best constant, for an infinite strength.

    Parameters
    ----------
    problem : Problem
    start : State
    model : SparseMLPClassifier or SparseMLPRegressor
    """
    from sgnn.training.last_look import mean_loss

    began = time.perf_counter()
    nothing = start.network.emptied(problem.best_constant)
    outputs = nothing.forward(problem.X)
    loss = mean_loss(problem, outputs, model.n_threads) * problem.loss_unit
    history = History(loss=[loss], objective=[loss], n_neurons=[nothing.n_neurons])
    return _point(problem, math.inf, nothing, outputs, history, began)


def _point(problem, alpha, network, outputs, history, began, clock=time.perf_counter):
    """Return a point that was begun at a time on the clock."""
    network = replace(network, kept=[*network.kept[:-1], units_on_paths(network.coefs)[-1]])

    loss, held_out, score, error, least = problem.loss, problem.held_out, None, None, None
    if held_out is not None:
        raw, data = network.forward(held_out.X), (held_out.targets, held_out.sample_weight)
        score, scores = loss.score(raw, *data), loss.scores(raw, *data)
        error = float(standard_error(scores, held_out.sample_weight))
        constant = np.broadcast_to(problem.best_constant, raw.shape)
        gains = np.subtract(scores, loss.scores(constant, *data), dtype=float)
        least = float(least_gain(gains, held_out.sample_weight))
    return PathPoint(
        alpha=float(alpha),
        objective=history.objective[-1],
        train_score=loss.score(outputs, problem.targets, problem.sample_weight),
        validation_score=score,
        validation_error=error,
        least_gain=least,
        seconds=clock() - began,
        network=problem.tell(network),
        history=history,
        baseline=problem.baseline(network),
    )
