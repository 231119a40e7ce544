"""A strength that follows the noise: what it is, and where it stays as it is."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_gamma_deviance, mean_poisson_deviance, mean_squared_error
from sklearn.preprocessing import scale

from sgnn import SparseMLPRegressor
from sgnn.training import fit

X, Y = scale(load_diabetes().data), load_diabetes().target
FACTOR = 0.42 * len(X) ** -0.85


def regressor(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 40, "random_state": 0, "tol": 1e3}
    return SparseMLPRegressor(**{**defaults, **parameters})


@pytest.fixture
def held_out(monkeypatch):
    """Return the problems that are minimised, each with the network that it gave."""
    minimise, seen = fit.minimise, []

    def watched(problem, *arguments):
        outcome = minimise(problem, *arguments)
        seen.append((problem, outcome.network))
        return outcome

    monkeypatch.setattr(fit, "minimise", watched)
    return seen


@pytest.mark.parametrize(
    ("loss", "deviance"),
    [
        ("squared_error", mean_squared_error),
        ("poisson", mean_poisson_deviance),
        ("gamma", mean_gamma_deviance),
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_it_is_the_root_of_the_deviance_that_is_left_of_held_out_samples(
    held_out, loss, deviance, weighted, solver
):
    y = np.floor(Y / 20) + 1
    weights = np.linspace(0.5, 1.5, len(X)) if weighted else None
    model = regressor(loss=loss, solver=solver).fit(X, y, weights)
    problem, network = held_out[3]
    assert len(held_out) == 5
    part = problem.held_out
    assert (len(part.X), len(problem.X)) == (110, 332)
    given = {"sample_weight": part.sample_weight}
    found, constant = network.forward(part.X), np.full((len(part.X), 1), problem.best_constant)
    if loss != "squared_error":
        found, constant = np.exp(found), np.exp(constant)
    left = deviance(part.targets, found, **given) / deviance(part.targets, constant, **given)
    assert 0.2 < left < 0.9
    alone = regressor(loss=loss, solver=solver, max_iter=1).fit(X, y, weights).alpha_
    assert model.alpha_ == pytest.approx(alone * left**0.5, rel=1e-4)


@pytest.mark.parametrize("size", [0.1, 0.5])
def test_the_strength_is_in_proportion_to_the_noise(size):
    rng = np.random.RandomState(0)
    Z = rng.normal(size=(4000, 5))
    y = Z[:, 0] + Z[:, 1] + size * rng.normal(size=4000)
    model = regressor(hidden_layer_sizes=()).fit(Z, y)
    assert model.alpha_ == pytest.approx(0.42 * 4000**-0.85 * size, rel=0.06)


def test_noise_that_a_network_learns_by_heart_does_not_lower_it():
    rng = np.random.RandomState(0)
    Z, noise = rng.normal(size=(300, 60)), rng.normal(size=300)
    of_constant = 0.42 * 300**-0.85 * noise.std() ** 1.5
    model = regressor(hidden_layer_sizes=(50,), max_iter=160).fit(Z, noise)
    assert model.score(Z, noise) > 0.9
    assert model.alpha_ == pytest.approx(of_constant)


@pytest.mark.parametrize("parameters", [{"loss": "quantile"}, {"max_iter": 7}])
def test_else_it_stays(parameters):
    without_pilot = regressor(**{**parameters, "max_iter": 1}).fit(X, Y)
    assert regressor(**parameters).fit(X, Y).alpha_ == without_pilot.alpha_


def test_few_samples_have_no_pilot():
    for n_samples in (19, 20):
        Z, y = X[:n_samples], scale(X[:n_samples, 2])
        model = regressor(learning_rate_init=0.1).fit(Z, y)
        is_lowered = model.alpha_ < 0.99 * 0.42 * n_samples**-0.85
        assert is_lowered == (n_samples == 20)


def test_calls_of_partial_fit_keep_the_strength_of_the_constant():
    model = regressor()
    for _ in range(3):
        model.partial_fit(X, scale(Y))
    assert model.alpha_ == pytest.approx(0.42 * (3 * len(X)) ** -0.85)


def test_it_is_lowered_to_a_hundredth_at_most():
    y = X @ np.ones(10)
    model = regressor(hidden_layer_sizes=(), solver="lbfgs", max_iter=200).fit(X, y)
    assert model.alpha_ == pytest.approx(0.01 * FACTOR * y.std())


def test_it_is_a_function_of_data_and_parameters_and_as_a_number_gives_the_same_model():
    model = regressor(refit=True).fit(X, Y)
    assert regressor(random_state=1).fit(X, Y).alpha_ == model.alpha_
    given = regressor(refit=True, alpha=model.alpha_).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), given.predict(X))
