"""The squared error against torch's loss and scikit-learn's metrics."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.preprocessing import StandardScaler

from sgnn.losses import SquaredError
from tests.losses.cases import written

N_SAMPLES = 7

sizes = pytest.mark.parametrize("n_outputs", [1, 3])


def make_data(n_outputs, spread=1.0, n_samples=N_SAMPLES):
    """Return outputs, targets and weights."""
    rng = np.random.RandomState(0)
    outputs, targets = rng.randn(2, n_samples, n_outputs)
    return spread * outputs, 5 + 2 * targets, rng.exponential(size=n_samples)


@sizes
@pytest.mark.parametrize("spread", [1.0, 30.0, 1000.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_value_and_gradient_equal_autograd(n_outputs, spread, weighted):
    outputs, targets, weights = make_data(n_outputs, spread)
    weights = weights if weighted else np.ones(N_SAMPLES)
    leaf = torch.tensor(outputs, requires_grad=True)
    losses = torch.nn.functional.mse_loss(leaf, torch.from_numpy(targets), reduction="none")
    expected = 0.5 * losses.sum(dim=1)
    (expected * torch.from_numpy(weights)).mean().backward()
    losses, gradient = written(SquaredError(), outputs, targets, weights if weighted else None)
    np.testing.assert_allclose(losses, expected.detach(), rtol=1e-12)
    np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-12)


@sizes
def test_the_mean_loss_is_half_the_metric_of_each_output(n_outputs):
    outputs, targets, weights = make_data(n_outputs)
    losses, _ = written(SquaredError(), outputs, targets)
    metric = mean_squared_error(targets, outputs, sample_weight=weights)
    expected = 0.5 * n_outputs * metric
    assert np.average(losses, weights=weights) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@sizes
def test_constant_and_units_are_those_of_a_standard_scaler(n_outputs, weighted):
    _, targets, weights = make_data(n_outputs)
    weights = weights if weighted else None
    scaler = StandardScaler().fit(targets, sample_weight=weights)
    constant = SquaredError().constant(targets, weights, n_outputs)
    np.testing.assert_allclose(constant, scaler.mean_, rtol=1e-12)
    units = SquaredError().units(scaler.mean_, scaler.var_)
    np.testing.assert_allclose(units, scaler.scale_, rtol=1e-12)
    assert SquaredError().loss_unit(units) == pytest.approx(scaler.var_.mean(), rel=1e-12)


def test_the_constant_of_single_precision_is_computed_in_double():
    targets = np.full((10**5, 1), 1e3, dtype=np.float32)
    targets[::2] += 1
    assert SquaredError().constant(targets, None, 1)[0] == pytest.approx(1000.5, rel=1e-12)


def test_targets_that_do_not_vary_have_the_unit_of_the_others_or_one():
    mean, variance = np.array([3.0, 0.1, -2.0]), np.array([0.0, 1e-33, 4.0])
    np.testing.assert_array_equal(SquaredError().units(mean, variance), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(SquaredError().units(mean[:2], variance[:2]), [1.0, 1.0])


def column_by_column(n_outputs):
    """Yield targets and outputs: as they come, of one output without variance, and exact ones."""
    outputs, targets, _ = make_data(n_outputs)
    yield targets, outputs
    constant = targets.copy()
    constant[:, 0] = 3.0
    yield constant, outputs
    exact = outputs.copy()
    exact[:, 0] = 3.0
    yield constant, exact
    yield constant, constant
    yield targets, targets


@sizes
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_mean_score_is_r2_also_of_outputs_that_do_not_vary(n_outputs, dtype):
    for targets, outputs in column_by_column(n_outputs):
        targets, outputs = targets.astype(dtype), outputs.astype(dtype)
        scores = SquaredError().scores(outputs, targets)
        expected = r2_score(targets.astype(float), outputs.astype(float))
        assert scores.mean() == pytest.approx(expected, rel=1e-6 if dtype == np.float32 else 1e-12)


def test_scores_are_larger_where_the_error_is_smaller():
    outputs, targets, _ = make_data(1)
    scores = SquaredError().scores(outputs, targets)
    errors = np.abs(outputs - targets).ravel()
    np.testing.assert_array_equal(np.argsort(scores), np.argsort(-errors))


def test_predictions_are_the_outputs():
    outputs, *_ = make_data(3)
    np.testing.assert_array_equal(SquaredError().predicted(outputs), outputs)
