"""What fit refuses and warns of, partial_fit does too, in the same words."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone

from sgnn import SgnnConvergenceWarning, SparseMLPClassifier, SparseMLPRegressor
from sgnn.penalties import L1, GroupLasso, LogSum, SparseGroupLasso
from tests.estimators.bad import (
    BAD_CLASS_WEIGHTS,
    BAD_CLASSES,
    BAD_PARAMETERS,
    BAD_TARGETS,
    BAD_WEIGHTS,
    BAD_X,
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
)

SMALL = {"hidden_layer_sizes": (6,), "max_iter": 1, "random_state": 0}
CLASSIFIER, REGRESSOR = SparseMLPClassifier(**SMALL), SparseMLPRegressor(**SMALL)
CLASSES, TARGETS = (IRIS_X, IRIS_Y), (DIABETES_X, DIABETES_Y)


def outcomes(model, *data, sample_weight=None):
    """Return what each method raises, and what it warns of but that max_iter was too small."""
    found = []
    for method in ("fit", "partial_fit"):
        error = None
        with warnings.catch_warnings(record=True) as record:
            warnings.simplefilter("always")
            try:
                getattr(clone(model), method)(*data, sample_weight=sample_weight)
            except (ValueError, TypeError) as caught:
                error = type(caught), str(caught)
        given = [(one.category, str(one.message)) for one in record]
        found.append((error, [one for one in given if one[0] is not SgnnConvergenceWarning]))
    return found


def assert_refused_alike(model, *data, **weights):
    by_fit, by_partial_fit = outcomes(model, *data, **weights)
    assert by_fit[0] is not None
    assert by_fit == by_partial_fit


def changed(model, **parameters):
    return clone(model).set_params(**parameters)


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD_PARAMETERS.items() for value in values],
    ids=lambda case: repr(case)[:40],
)
def test_bad_parameters(name, value):
    assert_refused_alike(changed(CLASSIFIER, **{name: value}), *CLASSES)
    assert_refused_alike(changed(REGRESSOR, **{name: value}), *TARGETS)


@pytest.mark.parametrize(
    "penalty",
    [
        *("grouplasso", ["l1", "mpc"], SparseGroupLasso(1.5), LogSum(0), [L1(), LogSum(-1)]),
        GroupLasso(layers="inputs"),
        GroupLasso(fraction=2),
    ],
    ids=repr,
)
def test_bad_penalties(penalty):
    assert_refused_alike(changed(REGRESSOR, penalty=penalty), *TARGETS)


@pytest.mark.parametrize("value", BAD_CLASS_WEIGHTS, ids=repr)
def test_bad_class_weights(value):
    assert_refused_alike(changed(CLASSIFIER, class_weight=value), *CLASSES)


@pytest.mark.parametrize("kind", BAD_X)
def test_bad_inputs(kind):
    assert_refused_alike(CLASSIFIER, BAD_X[kind][0], IRIS_Y)
    assert_refused_alike(REGRESSOR, BAD_X[kind][0], DIABETES_Y)


@pytest.mark.parametrize("kind", BAD_CLASSES)
def test_bad_classes(kind):
    assert_refused_alike(CLASSIFIER, IRIS_X, BAD_CLASSES[kind][0])


@pytest.mark.parametrize("kind", BAD_TARGETS)
def test_bad_targets(kind):
    assert_refused_alike(REGRESSOR, DIABETES_X, BAD_TARGETS[kind][0])


@pytest.mark.parametrize("kind", BAD_WEIGHTS)
def test_bad_sample_weights(kind):
    assert_refused_alike(CLASSIFIER, *CLASSES, sample_weight=BAD_WEIGHTS[kind][0])
    assert_refused_alike(REGRESSOR, *TARGETS, sample_weight=BAD_WEIGHTS[kind][0])


@pytest.mark.parametrize(
    "data",
    [(1e200 * DIABETES_X, DIABETES_Y), (DIABETES_X, np.where(DIABETES_Y > 0, 1e200, 0))],
    ids=["inputs", "targets"],
)
def test_what_is_too_large(data):
    assert_refused_alike(REGRESSOR, *data)


@pytest.mark.parametrize(
    ("parameters", "X", "y"),
    [
        ({}, DIABETES_X * np.r_[1e4, np.ones(9)], DIABETES_Y),
        ({}, 100 * DIABETES_X, DIABETES_Y),
        ({"alpha": 0.0}, 1e-4 * DIABETES_X, DIABETES_Y),
        ({}, DIABETES_X + 30, DIABETES_Y),
        ({}, DIABETES_X, DIABETES_Y[:, None]),
        ({"penalty": GroupLasso(layers="input")}, DIABETES_X, DIABETES_Y),
        ({"penalty": L1(fraction=0.5)}, DIABETES_X, DIABETES_Y),
        ({"alpha": 1e9}, DIABETES_X, DIABETES_Y),
    ],
    ids=["wild", "large", "small", "far", "column", "one layer", "partial", "nothing left"],
)
def test_warnings(parameters, X, y):
    (error, by_fit), by_partial_fit = outcomes(changed(REGRESSOR, **parameters), X, y)
    assert error is None
    assert len(by_fit) == 1
    assert by_partial_fit == (None, by_fit)
