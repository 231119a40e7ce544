"""When training ends by itself."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from tests.estimators.tasks import DIABETES_X, DIABETES_Y, IRIS_X, IRIS_Y, regressor


def test_a_constant_rate_stops_when_objective_and_units_stand_still():
    model = regressor(
        learning_rate="constant",
        alpha=0.42 * 442**-0.85,
        max_iter=1000,
        tol=1e-3,
        n_iter_no_change=5,
        batch_size=1000,
    ).fit(DIABETES_X, DIABETES_Y)
    curve, units = np.array(model.objective_curve_), model.n_neurons_curve_
    progress = np.minimum.accumulate(curve)[:-1] - curve[1:]
    still = [end for end in range(7, len(curve) + 1) if (progress[end - 7 : end - 1] < 1e-3).all()]
    assert model.n_iter_ in still
    assert model.n_iter_ < 1000
    assert len(set(units[-6:])) == 1
    assert len(set(units[still[0] - 6 : still[0]])) > 1


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("learning_rate", ["constant", "adaptive", "cosine"])
@pytest.mark.parametrize("max_iter", [1, 3])
def test_too_few_epochs_are_reported(learning_rate, max_iter, early_stopping):
    model = regressor(learning_rate=learning_rate, max_iter=max_iter, early_stopping=early_stopping)
    with pytest.warns(ConvergenceWarning, match=f"max_iter={max_iter}"):
        model.fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == max_iter


@pytest.mark.parametrize(
    ("model", "X", "y"),
    [
        (SparseMLPClassifier(random_state=0), IRIS_X, IRIS_Y),
        (SparseMLPRegressor(random_state=0, penalty="mcp"), DIABETES_X, 1e3 * DIABETES_Y),
        (SparseMLPRegressor((), random_state=0, refit=True), DIABETES_X, 1e-3 * DIABETES_Y),
    ],
    ids=["classes", "concave", "linear"],
)
@pytest.mark.filterwarnings("error")
def test_a_cosine_rate_takes_all_epochs_without_a_word(model, X, y):
    assert model.fit(X, y).n_iter_ == 160 * (1 + model.refit)


@pytest.mark.parametrize("unit", [1e-3, 1, 1e3])
def test_a_cosine_rate_is_at_rest_by_the_last_change_in_natural_units(unit):
    model = regressor(max_iter=12)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        curve = model.fit(DIABETES_X, unit * DIABETES_Y).objective_curve_
    change = abs(curve[-1] - curve[-2]) / unit**2
    model.set_params(tol=0.99 * change)
    with pytest.warns(ConvergenceWarning):
        model.fit(DIABETES_X, unit * DIABETES_Y)
    with warnings.catch_warnings(action="error"):
        model.set_params(tol=1.01 * change).fit(DIABETES_X, unit * DIABETES_Y)
