"""When training ends by itself."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from tests.estimators.tasks import DIABETES_X, DIABETES_Y, regressor


def test_a_constant_rate_stops_when_objective_and_units_stand_still():
    model = regressor(
        learning_rate="constant", max_iter=1000, tol=1e-3, n_iter_no_change=5, batch_size=1000
    ).fit(DIABETES_X, DIABETES_Y)
    curve, units = np.array(model.objective_curve_), model.n_neurons_curve_
    progress = np.minimum.accumulate(curve)[:-1] - curve[1:]
    still = [end for end in range(7, len(curve) + 1) if (progress[end - 7 : end - 1] < 1e-3).all()]
    assert model.n_iter_ in still
    assert model.n_iter_ < 1000
    assert len(set(units[-6:])) == 1
    assert len(set(units[still[0] - 6 : still[0]])) > 1


@pytest.mark.parametrize("learning_rate", ["constant", "adaptive"])
def test_too_few_epochs_are_reported(learning_rate):
    model = regressor(learning_rate=learning_rate, max_iter=3)
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        model.fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == 3


def test_a_cosine_rate_takes_all_epochs_without_a_word():
    assert regressor(max_iter=3).fit(DIABETES_X, DIABETES_Y).n_iter_ == 3
