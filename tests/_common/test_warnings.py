"""Warnings point at the line of the user, however deep they come from."""

import inspect
import warnings
from itertools import permutations

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgnn import SgnnConvergenceWarning, SgnnWarning, SparseMLPRegressor
from sgnn._common.warnings import warn


def caller_in(module):
    """Return a function of a module of that name, which calls in its second line what it gets."""
    names = {"__name__": module}
    exec(compile("def call(function, *more):\n    function(*more)", module, "exec"), names)
    return names["call"]


def warnings_of(function, *arguments):
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        function(*arguments)
    return given


def test_a_warning_points_at_the_line_that_asked_for_it():
    def ask():
        warn("anything")

    (given,) = warnings_of(ask)
    lines, first = inspect.getsourcelines(ask)
    assert given.filename == inspect.getsourcefile(ask)
    assert lines[given.lineno - first].strip() == 'warn("anything")'
    assert str(given.message) == "anything"
    assert given.category is SgnnWarning


@pytest.mark.parametrize("order", [*permutations(["sgnn", "sklearn.base", "joblib.parallel"])])
def test_frames_of_sgnn_scikit_learn_and_joblib_are_passed_over(order):
    calls = [caller_in(module) for module in ("user", *order)]
    (given,) = warnings_of(*calls, warn, "anything")
    assert (given.filename, given.lineno) == ("user", 2)


@pytest.mark.parametrize("module", ["sgnn_of_mine", "my.sgnn", "sklearnex", "__main__"])
def test_the_user_is_whoever_comes_first_and_may_have_a_similar_name(module):
    calls = [caller_in(name) for name in ("user", "sgnn.paths", module, "sgnn.training.fit")]
    (given,) = warnings_of(*calls, warn, "anything")
    assert given.filename == module


@pytest.mark.parametrize("filtered", [UserWarning, SgnnWarning, ConvergenceWarning])
def test_classes_of_warnings_can_be_filtered_by_those_that_users_know(filtered):
    def ask():
        warnings.simplefilter("ignore", filtered)
        warn("of convergence", SgnnConvergenceWarning)
        warn("of data")

    left = [str(given.message) for given in warnings_of(ask)]
    assert left == (["of data"] if filtered is ConvergenceWarning else [])


@pytest.mark.parametrize("how", ["fit", "pipeline", "cross-validation"])
def test_a_warning_of_a_fit_points_here(how):
    rng = np.random.RandomState(0)
    X, y = rng.randn(40, 3), rng.randn(40)
    model = SparseMLPRegressor((4,), learning_rate="constant", max_iter=2, tol=0.0)

    def train():
        if how == "fit":
            model.fit(X, y)
        elif how == "pipeline":
            make_pipeline(StandardScaler(), model).fit(X, y)
        else:
            cross_val_score(model, X, y, cv=2)

    given = warnings_of(train)
    lines, first = inspect.getsourcelines(train)
    assert len(given) == (2 if how == "cross-validation" else 1)
    for warning in given:
        assert warning.category is SgnnConvergenceWarning
        assert warning.filename == __file__
        assert 0 < warning.lineno - first < len(lines)
