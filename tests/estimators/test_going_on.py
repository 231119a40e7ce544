"""Training on: warm starts and partial fits."""

import re

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split

from sgnn import SgnnWarning, SparseMLPRegressor
from sgnn.penalties import L1, GroupLasso
from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    NAMES,
    TASKS,
    assert_consistent,
    classifier,
    mean_loss,
    regressor,
    task,
    weights_equal,
)

# Warm starts


def test_warm_start_goes_on_from_the_last_network():
    model = regressor(warm_start=True, batch_size=1000, alpha=0.01).fit(DIABETES_X, DIABETES_Y)
    last, loss = model.objective_curve_, mean_loss(model, DIABETES_X, DIABETES_Y)
    model.fit(DIABETES_X, DIABETES_Y)
    assert model.loss_curve_[0] == pytest.approx(loss, rel=1e-8)
    assert abs(model.objective_curve_[0] / last[-1] - 1) < 0.1
    assert model.objective_curve_[-1] < last[-1] < last[0]
    cold = regressor(batch_size=1000, alpha=0.01).fit(DIABETES_X, DIABETES_Y)
    assert cold.objective_curve_ == last


def test_without_warm_start_a_second_fit_starts_anew():
    model = regressor().fit(DIABETES_X[:100], DIABETES_Y[:100]).fit(DIABETES_X, DIABETES_Y)
    assert weights_equal(model, regressor().fit(DIABETES_X, DIABETES_Y))


def test_zeros_may_come_back_after_a_warm_start():
    model = regressor(warm_start=True, alpha=0.05).fit(DIABETES_X, DIABETES_Y)
    assert model.n_neurons_[0] < 10
    model.set_params(alpha=1e-4).fit(DIABETES_X, DIABETES_Y)
    assert model.n_neurons_[0] == 10


def test_warm_start_after_everything_was_removed_learns_again():
    model = regressor(warm_start=True, alpha=1e9, max_iter=2)
    with pytest.warns(UserWarning, match="left no weight"):
        model.fit(DIABETES_X, DIABETES_Y)
    model.set_params(alpha=1e-3, max_iter=50).fit(DIABETES_X, DIABETES_Y)
    assert model.score(DIABETES_X, DIABETES_Y) > 0.4


POSITIVE = np.exp(DIABETES_Y / DIABETES_Y.std())
TWO = np.column_stack([DIABETES_Y, DIABETES_X[:, 1] + DIABETES_X[:, 6] ** 2])
CHANGES = {
    "relu": (DIABETES_Y, {}),
    "tanh": (DIABETES_Y, {"activation": "tanh"}),
    "concave": (DIABETES_Y, {"penalty": "mcp"}),
    "two outputs": (TWO, {"solver": "sgd"}),
    # All errors are squared, in all units.
    "huber": (1e-15 * DIABETES_Y, {"loss": "huber", "alpha": 0}),
    "poisson": (POSITIVE, {"loss": "poisson"}),
    "gamma": (POSITIVE, {"loss": "gamma"}),
}


@pytest.mark.parametrize("power", [-10, 5])
@pytest.mark.parametrize("name", CHANGES)
def test_warm_start_goes_on_in_the_unit_that_y_has_now(name, power):
    y, parameters = CHANGES[name]
    factor = 10.0**power
    parameters = {"alpha": "auto", "warm_start": True, "max_iter": 8, **parameters}
    model = regressor(**parameters).fit(DIABETES_X, y)
    expected = clone(model).fit(DIABETES_X, y).fit(DIABETES_X, y).predict(DIABETES_X)
    with pytest.warns(SgnnWarning, match=rf"factor of {re.escape(f'{factor:.3g}')}") as warned:
        model.fit(DIABETES_X, factor * y)
    assert len([one for one in warned if "has changed" in str(one.message)]) == 1
    tolerance = {"rtol": 1e-4, "atol": 1e-4 * expected.std()}
    np.testing.assert_allclose(model.predict(DIABETES_X) / factor, expected, **tolerance)


@pytest.mark.parametrize("factors", [(1e4, 1e-4), (1.0, 1e6)])
def test_warm_start_goes_on_in_the_unit_of_each_output(factors):
    model = regressor(warm_start=True, alpha="auto").fit(DIABETES_X, TWO)
    expected = clone(model).fit(DIABETES_X, TWO).fit(DIABETES_X, TWO).predict(DIABETES_X)
    with pytest.warns(SgnnWarning, match="has changed"):
        model.fit(DIABETES_X, TWO * factors)
    np.testing.assert_allclose(model.predict(DIABETES_X) / factors, expected, rtol=1e-4, atol=1e-4)


def test_warm_start_on_targets_that_spread_more_goes_on_around_their_mean():
    model = regressor(warm_start=True, alpha="auto").fit(DIABETES_X, 50 + DIABETES_Y)
    with pytest.warns(SgnnWarning, match="has changed"):
        model.fit(DIABETES_X, 50 + 1e4 * DIABETES_Y)
    fresh = regressor(alpha="auto").fit(DIABETES_X, 50 + 1e4 * DIABETES_Y)
    assert model.loss_curve_[0] < fresh.loss_curve_[0]
    assert model.score(DIABETES_X, 50 + 1e4 * DIABETES_Y) > 0.5


def test_warm_start_on_few_other_samples_goes_on_from_the_same_function():
    model = regressor(warm_start=True, batch_size=1000, alpha=0.01).fit(DIABETES_X, DIABETES_Y)
    other = DIABETES_X[:40], 5 * DIABETES_Y[:40]
    loss = mean_loss(model, *other)
    model.fit(*other)
    assert model.loss_curve_[0] == pytest.approx(loss, rel=1e-8)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (list("bacd"), "column 0 of X is 'b', and in the last fit it was 'a'"),
        (list("abce"), "column 3 of X is 'e', and in the last fit it was 'd'"),
    ],
)
def test_warm_start_refuses_columns_in_another_order_or_with_other_names(names, message):
    frame = pd.DataFrame(IRIS_X, columns=list("abcd"))
    other = frame[names] if set(names) == set("abcd") else frame.set_axis(names, axis=1)
    model = classifier(warm_start=True).fit(frame, IRIS_Y)
    before = joblib.hash(vars(model))
    with pytest.raises(ValueError, match=f"warm_start=True: {message}"):
        model.fit(other, IRIS_Y)
    assert joblib.hash(vars(model)) == before
    model.fit(frame, IRIS_Y)
    classifier().fit(frame, IRIS_Y).fit(other, IRIS_Y)


@pytest.mark.parametrize("columns", [["x" * 3000, "y"], [f"column {i}" for i in range(20_000)]])
def test_warm_start_says_so_briefly(columns):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(9, len(columns))), columns=columns)
    model = regressor(
        hidden_layer_sizes=(), warm_start=True, max_iter=1, learning_rate_init=1e-6
    ).fit(X, DIABETES_Y[:9])
    with pytest.raises(ValueError, match="warm_start") as caught:
        model.fit(X[columns[::-1]], DIABETES_Y[:9])
    assert len(str(caught.value)) < 500


def test_warm_start_with_other_classes_names_classes_and_not_layers():
    model = classifier(warm_start=True).fit(IRIS_X, NAMES[IRIS_Y])
    for y in (IRIS_Y > 0, np.arange(150) % 50, NAMES[IRIS_Y] == "setosa"):
        with pytest.raises(ValueError, match="same classes as in the previous") as caught:
            model.fit(IRIS_X, y)
        assert "hidden" not in str(caught.value)


# Partial fits


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "multioutput", "deep"])
def test_partial_fits_are_the_epochs_of_one_fit(name, solver):
    model, X, y = task(name)
    shared = {"solver": solver, "batch_size": 16, "alpha": 0.003}
    n_neurons = []
    for call in range(1, 5):
        assert model.set_params(**shared).partial_fit(X, y) is model
        n_neurons.append(model.n_neurons_)
        assert model.n_iter_ == len(model.loss_curve_) == len(model.objective_curve_) == call
    whole = task(name)[0].set_params(
        **shared, learning_rate="constant", max_iter=4, tol=0, n_iter_no_change=np.inf
    )
    whole.fit(X, y)
    assert model.loss_curve_ == whole.loss_curve_
    assert model.objective_curve_ == whole.objective_curve_
    assert model.n_neurons_curve_ == whole.n_neurons_curve_ == n_neurons
    assert weights_equal(model, whole)
    assert_consistent(model, X, TASKS[name][3])


def test_partial_fit_learns_from_batches_with_classes_given_beforehand():
    clf = classifier(alpha=1e-4)
    clf.partial_fit(IRIS_X[:90], NAMES[IRIS_Y[:90]], classes=NAMES[::-1])
    np.testing.assert_array_equal(clf.classes_, NAMES)
    assert clf.predict_proba(IRIS_X).shape == (150, 3)
    rng = np.random.default_rng(0)
    for _ in range(60):
        batch = rng.choice(150, 60, replace=False)
        clf.partial_fit(IRIS_X[batch], NAMES[IRIS_Y[batch]])
    assert clf.n_iter_ == 61
    assert clf.score(IRIS_X, NAMES[IRIS_Y]) > 0.9
    # A class that the first batch did not hold must not stay all but impossible.
    frequency = clf.predict_proba(IRIS_X).mean(axis=0)
    np.testing.assert_allclose(frequency, 1 / 3, atol=0.05)


def test_partial_fit_goes_on_from_a_fit():
    model = regressor(alpha=0.02, batch_size=1000).fit(DIABETES_X, DIABETES_Y)
    loss, n_epochs = mean_loss(model, DIABETES_X, DIABETES_Y), model.n_iter_
    model.partial_fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == n_epochs + 1
    assert model.loss_curve_[-1] == pytest.approx(loss, rel=1e-8)
    assert_consistent(model, DIABETES_X, 1)


def test_partial_fit_after_a_fit_counts_the_samples_of_both():
    model = regressor(alpha="auto").fit(DIABETES_X, DIABETES_Y)
    score = model.score(DIABETES_X, DIABETES_Y)
    for row in range(5):
        model.partial_fit(DIABETES_X[row : row + 1], DIABETES_Y[row : row + 1])
    seen = np.r_[0:442, 0:5]
    of_all = regressor(alpha="auto", max_iter=1).fit(DIABETES_X[seen], DIABETES_Y[seen])
    assert model.alpha_ == pytest.approx(of_all.alpha_, rel=1e-12)
    assert model.score(DIABETES_X, DIABETES_Y) > score - 0.2


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_partial_fit_follows_the_number_and_the_unit_of_all_samples_so_far(n_outputs, activation):
    """The strength is that of one fit of them, and is told as that is."""
    targets = np.column_stack([DIABETES_Y, 30 * DIABETES_X[:, 2] ** 2])[:, :n_outputs]
    targets = targets.ravel() if n_outputs == 1 else targets
    model = regressor(alpha="auto", activation=activation)
    weights = 0.5 + np.arange(442) % 4
    for start in range(0, 442, 100):
        rows = slice(start, start + 100)
        model.partial_fit(DIABETES_X[rows], targets[rows], weights[rows])
    at_once = regressor(alpha="auto", activation=activation, max_iter=1)
    at_once.fit(DIABETES_X, targets, weights)
    assert model.alpha_ == pytest.approx(at_once.alpha_, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", [1000, 10_000])
def test_five_passes_over_chunks_with_a_falling_rate_come_to_the_score_of_a_fit(chunk):
    n_samples, n_passes = 200_000, 5
    X, y = make_friedman1(n_samples + 20_000, n_features=20, noise=1.0, random_state=0)
    X, X_test, y, y_test = train_test_split(3.4 * X - 1.7, y, train_size=n_samples, random_state=0)
    whole = SparseMLPRegressor((50,), max_iter=20, random_state=0).fit(X, y)
    model = SparseMLPRegressor((50,), random_state=0)
    starts = np.tile(np.arange(0, n_samples, chunk), n_passes)
    for call, start in enumerate(starts):
        model.set_params(learning_rate_init=0.005 * (1 + np.cos(np.pi * call / len(starts))))
        model.partial_fit(X[start : start + chunk], y[start : start + chunk])
    assert model.score(X_test, y_test) > whole.score(X_test, y_test) - 0.002


@pytest.mark.filterwarnings("ignore:.*left no weight")
def test_the_first_calls_of_partial_fit_may_hold_one_sample():
    model = regressor(alpha="auto")
    for row in range(442):
        model.partial_fit(DIABETES_X[row : row + 1], 1e3 * DIABETES_Y[row : row + 1])
    assert model.score(DIABETES_X, 1e3 * DIABETES_Y) > 0.3


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_partial_fit_goes_on_penalising_what_was_drawn(method):
    """Half of the weights are penalised, so strongly that they are zero; the others never are."""
    model = regressor(penalty=L1(fraction=0.5), alpha=1e3, hidden_layer_sizes=(), random_state=None)
    getattr(model, method)(DIABETES_X, DIABETES_Y)
    zeros = model.expand()[0][0] == 0
    assert zeros.sum() == 5
    for _ in range(5):
        model.partial_fit(DIABETES_X, DIABETES_Y)
        np.testing.assert_array_equal(model.expand()[0][0] == 0, zeros)


def test_partial_fit_after_a_fit_does_not_warm_up_again():
    model = regressor(penalty=GroupLasso(warm_up=10), alpha=0.02, max_iter=20)
    model.fit(DIABETES_X, DIABETES_Y).partial_fit(DIABETES_X, DIABETES_Y)
    penalties = np.subtract(model.objective_curve_, model.loss_curve_)
    assert penalties[-1] == pytest.approx(penalties[-2], rel=0.1)


def test_partial_fit_after_a_watched_fit_leaves_the_held_out_curves_alike():
    model = classifier(max_iter=3).fit(IRIS_X, IRIS_Y, X_val=IRIS_X, y_val=IRIS_Y)
    model.partial_fit(IRIS_X, IRIS_Y)
    lengths = {
        None if curve is None else len(curve)
        for curve in (model.validation_loss_curve_, model.validation_scores_)
    }
    assert len(lengths) == 1


@pytest.mark.filterwarnings("ignore:alpha=.* left no weight")
def test_partial_fit_never_removes_for_good():
    model = regressor(alpha=0.2)
    for _ in range(30):
        model.partial_fit(DIABETES_X, DIABETES_Y)
    assert model.n_neurons_[0] < 10
    model.set_params(alpha=0.0)
    for _ in range(30):
        model.partial_fit(DIABETES_X, DIABETES_Y)
    assert model.alpha_ == 0.0
    assert model.n_neurons_[0] == 10


@pytest.mark.filterwarnings("ignore:alpha=.* left no weight")
@pytest.mark.parametrize(
    "change",
    [
        {"alpha": 0.5},
        {"l2": 0.5},
        {"learning_rate_init": 0.1},
        {"penalty": "l1"},
        {"solver": "sgd"},
    ],
    ids=str,
)
def test_parameters_may_change_between_partial_fits(change):
    models = [regressor(alpha=0.01).partial_fit(DIABETES_X, DIABETES_Y) for _ in range(2)]
    models[0].set_params(**change)
    for model in models:
        model.partial_fit(DIABETES_X, DIABETES_Y)
    assert models[0].alpha_ == change.get("alpha", 0.01)
    assert not weights_equal(*models)
