"""A strength that follows the noise: what it is in the end, and where it stays as it is."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_gamma_deviance, mean_poisson_deviance
from sklearn.preprocessing import scale

from sgnn import SparseMLPRegressor

X, Y = scale(load_diabetes().data), load_diabetes().target
FACTOR = 0.42 * len(X) ** -0.85


def regressor(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 40, "random_state": 0, "tol": 0.0}
    return SparseMLPRegressor(**{**defaults, **parameters})


def share_left(model, loss_of_constant):
    """Return the share of the loss that was left when half of the epochs were over."""
    return model.loss_curve_[model.max_iter // 2 - 1] / loss_of_constant


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("weighted", [False, True])
def test_squared_error_gives_the_scaled_lasso(solver, weighted):
    weights = np.linspace(0.5, 1.5, len(X)) if weighted else None
    variance = np.average((Y - np.average(Y, weights=weights)) ** 2, weights=weights)
    rate = {"sgd": {"learning_rate_init": 0.05}}.get(solver, {})
    model = regressor(solver=solver, **rate).fit(X, Y, weights)
    left = share_left(model, variance / 2)
    assert 0.3 < left < 0.9
    assert model.alpha_ == pytest.approx(FACTOR * variance**0.75 * left**0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("loss", "deviance"), [("poisson", mean_poisson_deviance), ("gamma", mean_gamma_deviance)]
)
def test_other_losses_go_by_their_deviance(loss, deviance):
    y = np.floor(Y / 20) + 1
    model = regressor(loss=loss).fit(X, y)
    unit = y.mean() if loss == "poisson" else 1.0
    slope = np.sqrt(np.mean((1 - y / y.mean()) ** 2))
    left = share_left(model, deviance(y, np.full(len(y), y.mean())) / 2)
    assert 0.2 < left < 0.9
    assert model.alpha_ == pytest.approx(FACTOR * slope * unit * left**0.5, rel=1e-4)


@pytest.mark.parametrize("size", [0.1, 0.5])
def test_the_strength_is_in_proportion_to_the_noise(size):
    rng = np.random.RandomState(0)
    Z = rng.normal(size=(2000, 5))
    y = Z[:, 0] + Z[:, 1] + size * rng.normal(size=2000)
    model = regressor(hidden_layer_sizes=(), solver="lbfgs").fit(Z, y)
    assert model.alpha_ == pytest.approx(0.42 * 2000**-0.85 * size, rel=0.05)


@pytest.mark.parametrize(
    ("parameters", "slope"),
    [
        ({"alpha": 0.01}, None),
        ({"loss": "quantile"}, None),
        ({"max_iter": 1}, 1.0),
    ],
)
def test_else_it_stays(parameters, slope):
    model = regressor(**parameters).fit(X, scale(Y))
    if "alpha" in parameters:
        assert model.alpha_ == parameters["alpha"]
    elif slope is None:
        assert model.alpha_ == regressor(**{**parameters, "max_iter": 1}).fit(X, scale(Y)).alpha_
    else:
        assert model.alpha_ == pytest.approx(FACTOR * slope)


def test_calls_of_partial_fit_keep_the_strength_of_the_constant():
    model = regressor()
    for _ in range(3):
        model.partial_fit(X, scale(Y))
    assert model.alpha_ == pytest.approx(0.42 * (3 * len(X)) ** -0.85)


def test_it_is_at_most_lowered_to_a_hundredth():
    model = regressor(hidden_layer_sizes=(), solver="lbfgs", max_iter=200).fit(X, X @ np.ones(10))
    assert model.alpha_ >= 0.0099 * FACTOR * X.sum(axis=1).std()


@pytest.mark.parametrize("shared", [{"learning_rate": "constant"}, {"early_stopping": True}])
def test_training_does_not_end_before_the_strength_is_known(shared):
    model = regressor(**shared, n_iter_no_change=1, tol=1e3, max_iter=60).fit(X, scale(Y))
    assert 30 <= model.n_iter_ < 60


def test_a_refit_keeps_it():
    model, refitted = (regressor(refit=refit).fit(X, Y) for refit in (False, True))
    assert refitted.alpha_ == model.alpha_


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_objectives_are_of_the_strength_that_is_told_also_after_removal(solver):
    rng = np.random.RandomState(0)
    Z = rng.normal(size=(300, 60))
    y = scale(np.sin(Z[:, 0]) + Z[:, 1] + 0.1 * rng.normal(size=300))
    model = regressor(hidden_layer_sizes=(30,), solver=solver, max_iter=160).fit(Z, y)
    assert sum(model.n_removed_) > 20
    coefs = model.expand()[0]
    norms = [np.sqrt(coef.shape[1]) * np.linalg.norm(coef, axis=1).sum() for coef in coefs]
    penalty = model.alpha_ * sum(norms)
    assert model.objective_curve_[-1] - model.loss_curve_[-1] == pytest.approx(penalty, rel=1e-3)


def test_early_stopping_returns_to_an_epoch_in_which_the_strength_was_known():
    model = regressor(early_stopping=True, max_iter=60, n_iter_no_change=5)
    model.fit(X[::2], scale(Y)[::2], X_val=X[1::2], y_val=scale(Y)[1::2])
    known = model.validation_scores_[29:]
    assert model.score(X[1::2], scale(Y)[1::2]) == pytest.approx(max(known))
