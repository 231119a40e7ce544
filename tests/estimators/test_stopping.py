"""When training ends: by itself, and by the user."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.penalties import GroupLasso
from sgnn.proximal.adam import ProxAdam
from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    assert_consistent,
    classifier,
    regressor,
    weights_equal,
)


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


# Ctrl-C


def interrupt_at_step(monkeypatch, number):
    calls = []
    step = ProxAdam.step

    def interrupted(self, *args, **kwargs):
        calls.append(None)
        if len(calls) == number:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    monkeypatch.setattr(ProxAdam, "step", interrupted)


def test_ctrl_c_keeps_the_model_of_the_last_whole_epoch(monkeypatch):
    whole = classifier(learning_rate="constant", max_iter=4).fit(IRIS_X, IRIS_Y)
    steps_per_epoch = -(-150 // 32)
    interrupt_at_step(monkeypatch, 4 * steps_per_epoch + 3)
    model = classifier(learning_rate="constant", max_iter=100)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(IRIS_X, IRIS_Y)
    assert model.n_iter_ == 4
    assert model.loss_curve_ == whole.loss_curve_
    assert weights_equal(model, whole)
    assert_consistent(model, IRIS_X, 3)


def test_ctrl_c_during_early_stopping_keeps_the_best_epoch(monkeypatch):
    interrupt_at_step(monkeypatch, 8 * 5 + 2)
    model = classifier(early_stopping=True, learning_rate_init=0.1, n_iter_no_change=50)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(IRIS_X, IRIS_Y, X_val=IRIS_X, y_val=IRIS_Y)
    assert model.n_iter_ == 8
    assert model.score(IRIS_X, IRIS_Y) == pytest.approx(max(model.validation_scores_))


def test_ctrl_c_during_the_refit_keeps_the_support(monkeypatch):
    shared = {"alpha": 0.05, "batch_size": 1000, "max_iter": 20, "refit": True}
    interrupt_at_step(monkeypatch, 25)
    model = regressor(**shared)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == 24
    assert_consistent(model, DIABETES_X, 1)


def test_ctrl_c_in_the_pilot_of_adaptive_weights_ends_the_fit(monkeypatch):
    interrupt_at_step(monkeypatch, 5)
    model = regressor(penalty=GroupLasso(adaptive=1), batch_size=1000, max_iter=20, refit=True)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == 4
    assert_consistent(model, DIABETES_X, 1)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ctrl_c_in_the_first_epoch_leaves_a_model_or_nothing(monkeypatch, method):
    interrupt_at_step(monkeypatch, 2)
    model = classifier()
    try:
        with pytest.warns(UserWarning, match="interrupted"):
            getattr(model, method)(IRIS_X, IRIS_Y)
    except KeyboardInterrupt:
        assert not [key for key in vars(model) if key.endswith("_")]
    else:
        assert np.isfinite(model.predict_proba(IRIS_X)).all()


def test_ctrl_c_is_not_swallowed_by_a_later_partial_fit(monkeypatch):
    model = classifier().partial_fit(IRIS_X, IRIS_Y)
    before = model.predict_proba(IRIS_X)
    interrupt_at_step(monkeypatch, 2)
    try:
        with pytest.warns(UserWarning, match="interrupted"):
            model.partial_fit(IRIS_X, IRIS_Y)
    except KeyboardInterrupt:
        pass
    np.testing.assert_array_equal(model.predict_proba(IRIS_X), before)
