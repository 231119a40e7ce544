"""Whatever goes wrong, and whenever: the estimator is what it was before the call."""

import warnings
from contextlib import contextmanager
from itertools import count

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from sgnn import (
    SgnnWarning,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPSelector,
    StabilitySelector,
)
from sgnn.proximal.adam import ProxAdam
from sgnn.training.walk import Walk

X, Y = scale(load_iris().data), load_iris().target
WILD, WITH_NAN = X * [1e4, 1, 1, 1], np.where(X > 2, np.nan, X)
DIVERGES = {"solver": "sgd", "learning_rate_init": 1e200, "batch_size": 50}
CLASSIFIER = SparseMLPClassifier((4,), max_iter=4, batch_size=50, random_state=0)
WALK = {"alphas": [0.01, 0.02, 0.03, 0.3], "max_iter": 2}


def traces(model):
    """Return what is written on an estimator, its callbacks apart."""
    return {name: joblib.hash(value) for name, value in vars(model).items() if "skl" not in name}


@contextmanager
def leaves_as_it_was(model, error):
    before, names = traces(model), set(vars(model))
    action = "error" if error is SgnnWarning else "ignore"
    with pytest.raises(error), warnings.catch_warnings(action=action):
        yield
    assert set(vars(model)) == names
    assert traces(model) == before


def breaks_off(monkeypatch, cls, error, at):
    """Raise an error at a call of ``cls.step``, counted from 1."""
    numbers, step = count(1), cls.step

    def broken(self, *arguments):
        if next(numbers) == at:
            raise error
        return step(self, *arguments)

    monkeypatch.setattr(cls, "step", broken)


class Raises:
    """A callback that raises when a task of a name has ended for the n-th time."""

    def __init__(self, task_name, number, error):
        self.task_name, self.error, self._numbers = task_name, error, iter(range(-number + 1, 99))

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        assert fitted_estimator.predict(X).shape == (150,)
        if context.task_name == self.task_name and next(self._numbers) == 0:
            raise self.error


# parameters, inputs, the task at whose end a callback raises and the number of its end, the step of
# the optimiser at which the user breaks off, the error; the first epoch has three steps.
FAILURES = {
    "bad parameter": ({"alpha": -1}, X, None, None, ValueError),
    "bad inputs": ({}, WITH_NAN, None, None, ValueError),
    "warning before training": ({}, WILD, None, None, SgnnWarning),
    "divergence": (DIVERGES, X, None, None, ValueError),
    "callback at an epoch": ({}, X, ("epoch", 1), None, RuntimeError),
    "callback at epoch 2": ({}, X, ("epoch", 2), None, RuntimeError),
    "callback at the end": ({}, X, ("fit", 1), None, RuntimeError),
    "interrupt": ({}, X, None, 2, KeyboardInterrupt),
    "warning of an empty network": ({"alpha": 1e9}, X, None, None, SgnnWarning),
    "warning of too few epochs": ({"learning_rate": "constant"}, X, None, None, SgnnWarning),
}
ONLY_FIT = {"callback at epoch 2", "warning of too few epochs"}
CASES = [
    (kind, method)
    for kind in FAILURES
    for method in ("fit", "partial_fit")
    if method == "fit" or kind not in ONLY_FIT
]


@pytest.mark.parametrize("before", ["nothing", "fit", "partial_fit", "warm start"])
@pytest.mark.parametrize(("kind", "method"), CASES, ids=lambda case: case)
def test_a_fit_that_fails_writes_nothing(monkeypatch, kind, method, before):
    parameters, inputs, raises_at, interrupt_at, error = FAILURES[kind]
    model = clone(CLASSIFIER).set_params(warm_start=before == "warm start")
    if before != "nothing":
        getattr(model, before.replace("warm start", "fit"))(X[::-1], Y[::-1])
    model.set_params(**parameters)
    if raises_at is not None:
        model.set_callbacks(Raises(*raises_at, RuntimeError("from the callback")))
    if interrupt_at is not None:
        breaks_off(monkeypatch, ProxAdam, KeyboardInterrupt, interrupt_at)
    with leaves_as_it_was(model, error):
        getattr(model, method)(inputs, Y)


class Breaks(Raises):
    """The same, at its beginning."""

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == self.task_name and next(self._numbers) == 0:
            raise self.error

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        pass


@pytest.mark.parametrize("callback", [Raises, Breaks])
@pytest.mark.parametrize("error", [KeyError, OverflowError, ValueError, FloatingPointError])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_the_error_of_a_callback_is_left_alone(callback, error, method):
    own = error("alloc, out of memory, " * 100)
    model = clone(CLASSIFIER).set_callbacks(callback("epoch", 1, own))
    with pytest.raises(error) as caught:
        getattr(model, method)(X, Y)
    assert caught.value is own
    assert not hasattr(model, "network_")


# Paths, searches and selectors


SEARCHES = {
    "CV": SparseMLPClassifierCV(CLASSIFIER, cv=2, rule="dense", tol=0.3, **WALK),
    "selector": SparseMLPSelector(CLASSIFIER, n_features_to_select=1, **WALK),
    "selector by folds": SparseMLPSelector(CLASSIFIER, cv=2, rule="dense", tol=0.3, **WALK),
    "stability": StabilitySelector(CLASSIFIER, n_pairs=2, n_features_to_select=1, **WALK),
}


def search(name, was_fitted):
    model = clone(SEARCHES[name])
    if was_fitted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SgnnWarning)
            model.fit(X[::-1], Y[::-1])
    return model


# parameters, inputs, class whose step fails at which call, the error
FAILURES_OF_SEARCHES = {
    "bad parameter": ({"alphas": [-1]}, X, None, ValueError),
    "bad parameter of the network": ({"estimator__l2": -1}, X, None, ValueError),
    "bad inputs": ({}, WITH_NAN, None, ValueError),
    "warning before training": ({}, WILD, None, SgnnWarning),
    "divergence": (
        {f"estimator__{name}": DIVERGES[name] for name in DIVERGES},
        X,
        None,
        ValueError,
    ),
    "interrupt of the dense network": ({}, X, (ProxAdam, KeyboardInterrupt, 2), KeyboardInterrupt),
    "interrupt of a path": ({}, X, (Walk, KeyboardInterrupt, 3), KeyboardInterrupt),
    "divergence on a path": ({}, X, (Walk, FloatingPointError, 3), ValueError),
}


@pytest.mark.parametrize("was_fitted", [False, True])
@pytest.mark.parametrize("kind", FAILURES_OF_SEARCHES)
@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_that_fails_writes_nothing(monkeypatch, name, kind, was_fitted):
    parameters, inputs, breaks_at, error = FAILURES_OF_SEARCHES[kind]
    model = search(name, was_fitted)
    model.set_params(**parameters)
    if breaks_at is not None:
        breaks_off(monkeypatch, *breaks_at)
    with leaves_as_it_was(model, error):
        model.fit(inputs, Y)


@pytest.mark.parametrize("was_fitted", [False, True])
@pytest.mark.parametrize("number", [6, 10])
@pytest.mark.parametrize("name", ["CV", "selector by folds", "stability"])
def test_a_search_that_is_broken_off_in_a_fold_writes_nothing(
    monkeypatch, name, number, was_fitted
):
    model = search(name, was_fitted)
    breaks_off(monkeypatch, Walk, KeyboardInterrupt, number)
    with leaves_as_it_was(model, KeyboardInterrupt):
        model.fit(X, Y)


def test_a_warning_at_the_end_of_a_search_that_is_turned_into_an_error_writes_nothing():
    short = {"alphas": [1e-6], "max_iter": 1}
    for name in ("CV", "selector", "selector by folds"):
        model = clone(SEARCHES[name]).set_params(**short)
        with leaves_as_it_was(model, SgnnWarning):
            model.fit(X, Y)
