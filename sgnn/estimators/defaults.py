"""The estimator that paths and selectors use when they are given none."""

import math
from dataclasses import replace
from functools import wraps

import numpy as np
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import indexable

from sgnn._common.private_sklearn import _num_samples, _safe_indexing
from sgnn._common.warnings import warn
from sgnn._common.words import brief, cut
from sgnn.estimators.checks import check_weights
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.data import check_data, rows_with_weight
from sgnn.estimators.explained import explained
from sgnn.estimators.labels import check_order
from sgnn.estimators.moments import n_effective
from sgnn.estimators.prepare import prepare, settings_of
from sgnn.estimators.regressor import SparseMLPRegressor

_KINDS = SparseMLPClassifier, SparseMLPRegressor
_DENSE_STEPS, _BATCH_SIZE = 1000, 200
_L2, _LEAST_L2, _MOST_L2 = 1e-3, 1e-4, 0.1
_L2_PER_NOISE = 7.0
_MOST_SAMPLES = 2000
_LEAST_EPOCHS, _MOST_EPOCHS = 20, 400
_LEAST_SAMPLES_OF_CLASS = 5


def takes_estimator(cls):
    """Let a dataclass with a parameter `estimator` say where the parameters of networks go."""
    init = cls.__init__
    fitting = tuple(filter(None, cls._parameter_constraints["estimator"]))
    names = [kind.__name__ for kind in _KINDS if issubclass(kind, fitting)]
    of_networks = {name for kind in _KINDS for name in kind._parameter_constraints}

    @wraps(init)
    def given(self, *args, **kwargs):
        misplaced = of_networks.intersection(kwargs).difference(cls._parameter_constraints)
        if misplaced:
            given = ", ".join(f"{name}={brief(kwargs[name], 40)}" for name in sorted(misplaced))
            raise TypeError(
                f"{cls.__name__}: {cut(given, 200)} is for the network: give it one as estimator="
                f"{names[0]}({cut(given, 80)}){''.join(f', or a {name}' for name in names[1:])}."
            )
        init(self, *args, **kwargs)

    cls.__init__ = given
    return cls


def check_no_pipeline(estimator):
    """Raise a TypeError that says where the steps go if an estimator is a pipeline."""
    if isinstance(estimator, Pipeline):
        raise TypeError(
            f"estimator={brief(estimator, 60)} must be a network. Put the steps in front of what "
            "takes it: make_pipeline(StandardScaler(), SparseMLPSelector(network)). To fit them "
            "inside of folds, search over n_features_to_select of that pipeline by GridSearchCV; "
            "with memory= of the selector that is one path per fold."
        )


def default_estimator(kind, X, sample_weight=None):
    """Return an estimator with the penalty that selects best, its training cut to the data.

    The dense network of a path need not be trained to the end: a thousand steps will do.

    Parameters
    ----------
    kind : {"classifier", "regressor"}
    X : array-like of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,), default=None
    """
    of_kind = {"classifier": SparseMLPClassifier, "regressor": SparseMLPRegressor}
    n_samples = n_effective(_num_samples(X), check_weights(sample_weight, X))
    n_epochs = _DENSE_STEPS // max(1, math.ceil(n_samples / _BATCH_SIZE))
    max_iter = min(max(n_epochs, _LEAST_EPOCHS), _MOST_EPOCHS)
    return of_kind[kind](penalty="log_sum", l2=_L2, max_iter=max_iter)


def with_ridge(estimator, X, y, sample_weight=None):
    r"""Return a default estimator with the ridge that the noise in `y` asks for.

    It is :math:`7\, \sigma^2 / (1 - \sigma^2) / n` for quantities, in units of the variance of `y`,
    and at least 1e-4, and :math:`7\, \sigma^2 / n` for classes, and at least 1e-3; at most 0.1. So
    it is in proportion to the variance of an estimate by :math:`n` samples, and, of quantities, to
    noise over signal, as the ridge of Bayes is. The noise :math:`\sigma^2` is the share of the loss
    of the best constant that the plain default leaves of at most 2,000 samples: of quantities on
    samples that it has not seen; of classes on those that it was trained on, so that interactions
    in the midst of many inputs, which it knows by heart and no better, do not count as noise.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    X, y, sample_weight
        As ``fit`` takes them, and checked.
    """
    X, y, weights = rows_with_weight(*indexable(X, y, check_weights(sample_weight, X)))
    n_samples = _num_samples(X)
    if is_classifier(estimator):
        least = _L2
        of_least = n_samples * least / _L2_PER_NOISE
        noise = _unlearnt_share(X, y, weights, of_least) if of_least < 1 else 0.0
    else:
        least, noise = _LEAST_L2, _noise_over_signal(X, y, weights)
    l2 = min(max(_L2_PER_NOISE * noise / n_samples, least), _MOST_L2)
    return estimator.set_params(l2=l2)


def _noise_over_signal(X, y, weights):
    """Return what the plain default leaves of the variance of samples held out, over the rest."""
    from sgnn.training.noise import strength_of_noise

    rows = _some_rows(_num_samples(X))
    weights = None if weights is None else weights[rows]
    plain, rng = SparseMLPRegressor(), np.random.RandomState(0)
    data = check_data(plain, _safe_indexing(X, rows), _safe_indexing(y, rows), weights, rng=rng)
    with explained(plain, data.X):
        problem, state = prepare(plain, data, rng)
        alpha = strength_of_noise(problem, state.network.sizes, settings_of(plain))
    share = (alpha / problem.alpha) ** 2
    return share / (1 - share) if share < 1 else np.inf


def _unlearnt_share(X, y, weights, enough):
    """Return the share of the loss of the best constant that the plain default does not learn.

    Less than `enough` need not be known exactly: training ends as soon as it leaves half of that.
    """
    from sgnn.training.fit import minimise
    from sgnn.training.last_look import mean_loss
    from sgnn.training.listeners import Until

    plain, rng = SparseMLPClassifier(), np.random.RandomState(0)
    data = check_data(plain, X, y, weights, rng=rng)
    with explained(plain, data.X):
        problem, state = prepare(plain, data, rng)
        rows = _some_rows(_num_samples(X))
        problem = replace(problem.with_held_out(rows, rows[:0]), held_out=None)
        constant = np.tile(problem.best_constant, (len(rows), 1))
        of_constant = mean_loss(problem, constant, plain.n_threads)
        until = Until(enough / 2 * of_constant)
        outcome = minimise(problem, settings_of(plain), state, until)
        if outcome.interrupted:
            raise KeyboardInterrupt
        loss = mean_loss(problem, outcome.network.forward(problem.X), plain.n_threads)
    return loss / of_constant if of_constant > 0 else 0.0


def _some_rows(n_samples):
    """Return places of at most 2,000 samples, evenly from all."""
    return np.linspace(0, n_samples - 1, min(n_samples, _MOST_SAMPLES)).astype(int)


def kind_of(y):
    """Return "regressor" for continuous targets, else "classifier".

    It warns of integers that do not look like labels: more than two, and not 0, 1, ..., or 1, 2,
    ..., or some of them with less than five samples, as counts have.

    Raises
    ------
    ValueError
        If the targets are integers, more than two, and of floating point, or with fewer than five
        samples for each.
    """
    check_order("y", y)
    kind = type_of_target(y)
    if kind.startswith("multiclass") and np.asarray(y).dtype.kind == "f":
        raise ValueError(
            "y may hold quantities or classes: its numbers are of floating point, but integers. "
            "Give a SparseMLPRegressor or a SparseMLPClassifier as estimator."
        )
    if kind == "multiclass" and np.asarray(y).dtype.kind in "iu":
        values, counts = np.unique(y, return_counts=True)
        is_counted = values[0] in (0, 1) and values[-1] - values[0] == len(values) - 1
        if not is_counted or counts.min() < _LEAST_SAMPLES_OF_CLASS:
            warn(
                f"y holds {len(values)} different integers from {values[0]} to {values[-1]}, which "
                "are taken for classes. If they are quantities, give a SparseMLPRegressor as "
                "estimator; if not, a SparseMLPClassifier."
            )
    return "regressor" if kind.startswith("continuous") else "classifier"
