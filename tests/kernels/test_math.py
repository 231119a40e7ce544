"""The exponential and the hyperbolic tangent of the kernels, seen through activations."""

import numpy as np
import pytest
import torch

from sgnn import kernels
from sgnn.losses import LogLoss, SquaredError
from sgnn.networks.parameters import Parameters
from sgnn.training.compiled import CompiledPerceptron
from tests.kernels.test_network import batches_of, gradients

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")

dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def through(activation, x):
    """Return what a network of one unit makes of numbers."""
    dtype = torch.from_numpy(x[:0]).dtype
    parameters = Parameters((1, 1, 1), dtype, torch.device("cpu"))
    parameters.weights.fill_(1)
    model = CompiledPerceptron(parameters, activation, SquaredError())
    return model.forward(x[:, None]).numpy()[0]


def numbers(dtype, low, high):
    """Return numbers of both signs from the least normal one on, many of them near `high`."""
    rng = np.random.default_rng(0)
    sizes = np.concatenate(
        [
            np.geomspace(low, high, 20_001),
            rng.uniform(0, high, 20_000),
            rng.uniform(0, 2, 20_000),
            np.nextafter(dtype(0.625), dtype([0, 1])),
        ]
    )
    return np.concatenate([sizes, -sizes, [0]]).astype(dtype)


def errors(found, exact):
    """Return errors in units in the last place of the exact values."""
    return np.abs(found - exact) / np.spacing(np.abs(exact).astype(found.dtype))


@dtypes
def test_tanh_is_exact_to_a_few_units_in_the_last_place(dtype):
    x = numbers(dtype, np.finfo(dtype).tiny, 30)
    assert errors(through("tanh", x), np.tanh(x.astype(np.longdouble))).max() <= 2.5


@dtypes
def test_logistic_is_exact_to_a_few_units_in_the_last_place(dtype):
    """Far below 0 it is the exponential, so this is a test of that, too."""
    x = numbers(dtype, np.finfo(dtype).tiny, 80 if dtype is np.float32 else 700)
    exact = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    assert errors(through("logistic", x), exact).max() <= 3


@dtypes
def test_far_out_the_functions_are_at_their_limits(dtype):
    far = np.array([100, 1e4, 1e30, np.finfo(dtype).max, np.inf], dtype)
    assert (through("tanh", far) == 1).all()
    assert (through("tanh", -far) == -1).all()
    assert (through("logistic", far) == 1).all()
    least = through("logistic", -far)
    assert (least >= 0).all()
    assert (least <= 1e-37).all()
    np.testing.assert_array_equal(through("gelu", far[:-1]), far[:-1])
    np.testing.assert_array_equal(through("gelu", -far[:-1]), 0)


@dtypes
@pytest.mark.parametrize("activation", [*kernels.ACTIVATIONS])
def test_what_is_not_a_number_stays_so(dtype, activation):
    x = np.array([np.nan, 0.5, -0.5], dtype)
    np.testing.assert_array_equal(np.isnan(through(activation, x)), [True, False, False])


@dtypes
@pytest.mark.parametrize("exclusive", [True, False])
def test_log_loss_of_extreme_outputs(dtype, exclusive):
    """Loss and slope where exponentials overflow; a linear network puts the numbers out."""
    raw = np.array([[0, 1e4], [0, -1e4], [0, 300], [0, -300], [0, 1], [3e4, 3e4]], dtype)
    loss = LogLoss(exclusive=exclusive)
    targets = np.zeros(6, np.int64) if exclusive else np.tile([1, 0], (6, 1)).astype(dtype)
    parameters = Parameters((2, 2), torch.from_numpy(raw[:0]).dtype, torch.device("cpu"))
    parameters.layers[0].weight.copy_(torch.eye(2))
    z = raw.astype(np.longdouble)
    if exclusive:
        exact = np.logaddexp(z[:, 0], z[:, 1]) - z[:, 0]
        slopes = np.exp(z - np.logaddexp(z[:, 0], z[:, 1])[:, None]) - [1, 0]
    else:
        exact = np.logaddexp(0, -z[:, 0]) + np.logaddexp(0, z[:, 1])
        slopes = np.exp(-np.logaddexp(0, -z)) - [1, 0]
    batches = batches_of(raw, targets, None, batch_size=1)
    found = torch.stack(gradients(parameters, "identity", loss, batches))[:, -2:].numpy()
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(batches.losses.numpy(), exact, rtol=4 * eps, atol=4 * eps)
    np.testing.assert_allclose(found, slopes.astype(dtype), rtol=8 * eps, atol=4 * eps)
