"""Targets in other units give the same model in other units."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from sgnn import SparseMLPRegressor, SparseMLPRegressorCV, sparse_mlp_path
from sgnn.networks.activations import ACTIVATIONS
from sgnn.penalties import available
from sgnn.penalties._registry import PENALTIES
from sgnn.proximal._registry import SOLVERS
from tests.estimators.tasks import DIABETES_X, DIABETES_Y

X, Y = DIABETES_X[:200], DIABETES_Y[:200] / DIABETES_Y.std()
# The second output needs an input that says little about the first.
OUTPUTS = {1: Y, 2: np.column_stack([Y, X[:, 1] + X[:, 6] ** 2])}
POWERS = -12, 12


def make(activation="relu", **parameters):
    shared = {"hidden_layer_sizes": (12,), "max_iter": 15, "random_state": 0}
    return SparseMLPRegressor(activation=activation, **{**shared, **parameters})


def scores(model, X, y):
    return r2_score(y, model.predict(X).astype(float), multioutput="raw_values")


def assert_the_same_in_all_units(model, X, y, tolerance):
    expected = scores(model.fit(X, y), X, y)
    assert (expected > 0.03).all()
    for power in POWERS:
        scaled = 10.0**power * y
        np.testing.assert_allclose(
            scores(model.fit(X, scaled), X, scaled), expected, atol=tolerance
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_outputs", OUTPUTS)
@pytest.mark.parametrize("solver", SOLVERS.names())
@pytest.mark.parametrize("activation", ACTIVATIONS.names())
def test_with_every_activation_and_solver(activation, solver, n_outputs, dtype):
    model = make(activation, solver=solver, learning_rate_init=0.03)
    assert_the_same_in_all_units(model, X.astype(dtype), OUTPUTS[n_outputs], 1e-3)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("penalty", [None, *available()])
def test_with_every_penalty(penalty, activation):
    if "graph" in (penalty or ""):
        penalty = PENALTIES[penalty](graph=[(0, 1), (2, 3)])
    model = make(activation, penalty=penalty, l2=1e-3, learning_rate_init=0.03)
    expected = model.fit(X, Y).predict(X)
    for power in (-12, 12):
        scaled = model.fit(X, 10.0**power * Y).predict(X) / 10.0**power
        np.testing.assert_allclose(scaled, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("alpha", "penalty"), [("auto", "group_lasso"), ("auto", "mcp"), (0.0, None), (1e-3, "l1")]
)
@pytest.mark.filterwarnings("ignore:The standard deviations of the outputs")
def test_outputs_far_apart_are_each_learnt(alpha, penalty):
    y = OUTPUTS[2]
    model = make("tanh", alpha=alpha, penalty=penalty, max_iter=100)
    alike = scores(model.fit(X, y), X, y)
    for units in ([1.0, 1e3], [1e3, 1.0], [1e-6, 1e6]):
        apart = y * units
        assert (scores(model.fit(X, apart), X, apart) > alike - 0.1).all()


def test_a_strength_that_is_given_for_outputs_far_apart_says_what_it_holds_for():
    apart = OUTPUTS[2] * [1.0, 1e3]
    with pytest.warns(UserWarning, match=r"outputs of y differ .* alpha=0.02 and l2=0.0 hold"):
        given = make(alpha=0.02, max_iter=3).fit(X, apart)
    units = apart.std(axis=0)
    common = apart / units * np.sqrt(np.mean(units**2))
    brought = make(alpha=0.02, max_iter=3).fit(X, common)
    np.testing.assert_allclose(
        given.predict(X) / units, brought.predict(X) / np.sqrt(np.mean(units**2)), rtol=1e-6
    )


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_loss_and_objective_are_told_in_the_unit_of_the_targets(activation):
    model = make(activation, hidden_layer_sizes=(), penalty="l1", alpha=5.0, max_iter=60)
    residuals = model.fit(X, 50 * Y).predict(X) - 50 * Y
    assert model.loss_curve_[-1] == pytest.approx(0.5 * np.mean(residuals**2), rel=0.01)
    penalty = 5.0 * np.abs(model.coefs_[0]).sum()
    told = model.objective_curve_[-1] - model.loss_curve_[-1]
    assert told == pytest.approx(penalty, rel=1e-6)


@pytest.mark.parametrize("y", [1e-60 * Y, 1e60 * Y], ids=["tiny", "huge"])
def test_units_beyond_the_numbers_of_a_data_type_are_refused(y):
    with pytest.raises(ValueError, match="scale y"):
        make("tanh", alpha=1e-3).fit(X, y)


@pytest.mark.parametrize("y", [1e-60 * Y, 1e9 + Y], ids=["tiny", "far from zero"])
def test_targets_that_single_precision_cannot_tell_apart_are_refused(y):
    with pytest.raises(ValueError, match=r"y varies by .* float32"):
        make().fit(X.astype(np.float32), y)


def test_a_path_and_its_cross_validation_choose_the_same_in_all_units():
    paths = [
        sparse_mlp_path(make(), X, factor * Y, alphas=6) for factor in (1.0, 2.0**-30, 2.0**30)
    ]
    for path in paths[1:]:
        assert [p.n_neurons for p in path] == [p.n_neurons for p in paths[0]]
        np.testing.assert_allclose(path.train_scores, paths[0].train_scores, atol=1e-3)
    chosen = [
        SparseMLPRegressorCV(make(), cv=2, alphas=6).fit(X, factor * Y).n_neurons_
        for factor in (1.0, 2.0**30)
    ]
    assert chosen[0] == chosen[1]
