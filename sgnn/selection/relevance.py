"""Which inputs are relevant, all of them: the core that a path finds, and what a committee adds."""

from dataclasses import replace
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sgnn.estimators.data import check_data
from sgnn.estimators.explained import explained
from sgnn.estimators.prepare import prepare, settings_of_steps
from sgnn.networks.network import row_norms
from sgnn.paths.choice import choose
from sgnn.paths.inputs import set_up
from sgnn.paths.places import places_of
from sgnn.paths.point import learnt_at
from sgnn.paths.points import points_of
from sgnn.paths.progress import following
from sgnn.selection.precision import in_single_precision
from sgnn.training.checkpoint import NOWHERE
from sgnn.training.initial import random_network
from sgnn.training.listeners import Silent
from sgnn.training.state import State

_N_NETWORKS, _N_UNITS, _BATCH_SIZE, _N_STEPS = 60, 40, 100, 150
_SHARE_OF_INPUTS, _LEAST_INPUTS, _MOST_SAMPLES = 0.3, 10, 1500
_L2 = 0.03
_SHRINKAGES = 1.0, 0.5, 0.25, 0.125


def filled_up(path, n_features, estimator, X, y, *, sample_weight, alphas, max_iter, memory, tasks):
    """Return the places of the inputs: those of a path that it keeps itself, then by relevance.

    Parameters
    ----------
    path : SparseMLPPath
        On all data. It alone ranks where the network chosen has `n_features` inputs or more.
    n_features : int
    estimator, X, y, sample_weight, max_iter
        As for :func:`held_out_choice`.
    alphas : int or array-like of float
        Those of the path, as the user gave them.
    memory : joblib.Memory
    tasks : Tasks
        Hear of the second path and of the committee.

    Returns
    -------
    ndarray of int, shape (n_features,)
        As :func:`sgnn.paths.places.places_of` returns them.
    """
    n_steps = alphas if isinstance(alphas, Integral) else None
    of_path = {"alphas": path.alphas[1:], "n_steps": n_steps, "max_iter": max_iter}
    of_path["task"] = tasks.one("held-out path")
    found = memory.cache(held_out_choice, ignore=["task"])
    place = found(estimator, X, y, sample_weight=sample_weight, **of_path)
    core = path[place].kept[0]
    if core.sum() >= n_features:
        return path.ranking
    task, found = tasks.one("committee"), memory.cache(relevances, ignore=["place"])
    with task.running(X, y, sample_weight):
        relevant = found(estimator, X, y, sample_weight=sample_weight, place=task.place)
    return places_of(path.ranking, ~core, np.where(core, 0, -relevant))


def held_out_choice(estimator, X, y, *, sample_weight, alphas, max_iter, n_steps=None, task=None):
    """Return which network of a path a quarter of the samples chooses, which are held out.

    It is the last one whose score is within one standard error of the best. A network with more
    inputs that scores a little better may know by heart what the others do not need.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    X, y, sample_weight
        As ``fit`` takes them.
    alphas : ndarray of float
        The strengths of the path on all data, without 0.
    max_iter : int or "auto"
        Epochs at each strength.
    n_steps : int or None
        The number of steps by which the strengths were found.
    task : Task, default=None
        The part of a fit that it is.

    Returns
    -------
    int
        Its place on the path, 0 for the dense network.
    """
    inputs = X, y, sample_weight
    model, data, problem, start = set_up(estimator, *inputs, as_given=n_steps is None, warns=False)
    problem = problem.with_held_out(*_split(data, 4, start.rng))
    place = NOWHERE if task is None else task.place
    given, attributes = (X, y, sample_weight), partial(learnt_at, form=data.form, estimator=model)
    with (
        explained(model, data.X),
        following(model, given, 1 + len(alphas), attributes, task) as progress,
    ):
        journal = place.journal(start.rng)
        found = points_of(model, problem, start, alphas, max_iter, journal, n_steps)
        points = [point for point, _ in progress.through(found)]
    scores, errors = np.array([(p.validation_score, p.validation_error) for p in points]).T
    return choose("1se", scores, errors, 0.0)


def relevances(estimator, X, y, *, sample_weight, place=NOWHERE):
    r"""Return how relevant each input is to a committee of small networks.

    Each is trained on a random share of the inputs and two thirds of at most 1,500 samples drawn,
    under a ridge whose strength is relative to the slope of the loss. With :math:`z_m` the raw
    outputs of a network, :math:`c` the best constant and the loss :math:`L` on the other third, its
    gain :math:`\max_t [L(c) - L(c + t (z_m - c))]` over some :math:`0 < t \le 1`, and at least 0,
    says what it knows, also where it has memorised its samples. The relevance of an input is the
    mean of the gain times :math:`\|w_{mj}\|_2^2` over the networks that saw it, with
    :math:`w_{mj}` its outgoing weights; that of a block is the sum over its inputs.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
        Its activation, loss, blocks of inputs and optimiser count; not its layers, penalty and
        ridge.
    X, y, sample_weight
        As ``fit`` takes them.
    place : Nowhere, default=NOWHERE
        Where it is written down how far it is.

    Returns
    -------
    ndarray of shape (n_features,)

    References
    ----------
    Ho (1998), "The random subspace method for constructing decision forests",
    doi:10.1109/34.709601.
    """
    from sgnn.training.fit import minimise

    network = {"hidden_layer_sizes": (_N_UNITS,), "penalty": None, "alpha": "auto"}
    model = clone(estimator).set_params(**network, early_stopping=False)
    model = in_single_precision(model, X, y, sample_weight)
    rng = check_random_state(model.random_state)
    data = check_data(model, X, y, sample_weight, rng=rng)
    journal = place.journal(rng)
    with explained(model, data.X):
        problem, _ = prepare(model, data, rng)
        problem = replace(problem, l2=_L2 * problem.slope)
        total, seen = np.zeros((2, data.X.shape[1]))
        for inputs in _subspaces(data.form.blocks, len(total), rng):
            split = _split(data, 3, rng, _MOST_SAMPLES)
            part = problem.with_held_out(*split).on_inputs(inputs)
            training = part.without_held_out()
            settings = _in_steps(training, settings_of_steps(model))
            start = random_network(training, (len(inputs), _N_UNITS, problem.n_outputs), rng)
            trained = minimise(training, settings, State(start, rng=rng), Silent(), journal)
            if trained.interrupted:
                raise KeyboardInterrupt
            norms = row_norms(trained.network.coefs[0])
            gain = _gain(part, trained.network, problem.best_constant, model.n_threads)
            total[inputs] += gain * norms**2
            seen[inputs] += 1
    means = total / np.maximum(seen, 1)
    blocks = data.form.blocks
    return means if blocks is None else np.bincount(blocks, means)[blocks]


def _in_steps(problem, settings):
    """Return settings with the batches and epochs of a network of a committee."""
    settings = replace(settings, batch_size=_BATCH_SIZE)
    n_batches = -(-len(problem.targets) // problem.samples_per_batch(settings))
    return replace(settings, max_iter=-(-_N_STEPS // n_batches))


def _subspaces(blocks, n_features, rng):
    """Yield the inputs of each network of a committee, of whole blocks."""
    if blocks is None:
        blocks = np.arange(n_features)
    n_blocks = blocks.max() + 1
    size = min(n_blocks, max(_LEAST_INPUTS, int(_SHARE_OF_INPUTS * n_blocks)))
    for _ in range(_N_NETWORKS):
        yield np.flatnonzero(np.isin(blocks, rng.permutation(n_blocks)[:size]))


def _split(data, every, rng, n_most=None):
    """Return random samples, and every so manieth held out, strata shared out evenly.

    Both are in the order of the data, which a loss may rely upon.
    """
    rows, strata = rng.permutation(len(data.targets))[:n_most], data.form.targets.strata
    if len(rows) < 2:
        raise ValueError("X has one sample, and a part of the samples must be held out.")
    strata = strata(data.targets)
    if strata is not None:
        rows = rows[np.argsort(strata.ravel()[rows], kind="stable")]
    held_out = np.arange(len(rows)) % every == 1
    return np.sort(rows[~held_out]), np.sort(rows[held_out])


def _gain(problem, network, constant, n_threads):
    """Return how far the loss on held-out samples is below that of a constant."""
    from sgnn.training.last_look import mean_loss

    on_held_out = replace(problem, **vars(problem.held_out), held_out=None)
    outputs = network.forward(on_held_out.X) - constant
    of_constant, *losses = (
        mean_loss(on_held_out, constant + shrinkage * outputs, n_threads)
        for shrinkage in (0.0, *_SHRINKAGES)
    )
    return max(0.0, of_constant - min(losses))
