"""Activations, whichever are registered: numpy, torch kernels and torch module are one function."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from sgnn.networks.activations import ACTIVATIONS

# Written out a second time, for those that are built in.
FORMULAS = {
    "identity": lambda x: x,
    "relu": lambda x: np.where(x > 0, x, 0.0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "tanh": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "gelu": lambda x: x * norm.cdf(x),
}
RTOL = {"float32": 1e-5, "float64": 1e-12}

every = pytest.mark.parametrize("name", ACTIVATIONS.names())
both = pytest.mark.parametrize("dtype", RTOL)


def numbers(dtype="float64"):
    """Return a matrix of numbers of both signs and many sizes, among them no kink.

    Up to 15, since torch has approximations for larger ones, such as in softplus.
    """
    rng = np.random.default_rng(0)
    sizes = rng.choice([0.03, 0.3, 3.0, 6.0], size=(40, 5))
    return np.clip(sizes * rng.normal(size=(40, 5)), -15, 15).astype(dtype)


def module_values(name, x):
    return ACTIVATIONS[name].module(torch.nn)(torch.from_numpy(x.copy())).numpy()


def forward(name, pre):
    """Return the values of the kernel and what its backward pass wants."""
    forward_, _ = ACTIVATIONS[name].kernels(torch)
    values = forward_(pre)
    return values, (pre if ACTIVATIONS[name].keeps_pre else values)


def derivative(name, pre):
    """Return the derivative by the kernels, for a tensor that is not changed."""
    _, saved = forward(name, pre.clone())
    gradient = torch.ones_like(pre)
    ACTIVATIONS[name].kernels(torch)[1](gradient, saved)
    return gradient


@both
@pytest.mark.parametrize("name", FORMULAS)
def test_values_are_those_of_the_formula(name, dtype):
    x = numbers(dtype)
    expected = FORMULAS[name](x.astype(np.float64))
    values = ACTIVATIONS[name].values(x)
    np.testing.assert_allclose(values, expected, rtol=RTOL[dtype], atol=RTOL[dtype])


@both
@every
def test_numpy_kernel_and_module_are_one_function_in_one_data_type(name, dtype):
    x = numbers(dtype)
    expected = module_values(name, x.astype(np.float64))
    values = ACTIVATIONS[name].values(x.copy())
    by_kernel, _ = forward(name, torch.from_numpy(x.copy()))
    for found in (values, by_kernel.numpy(), module_values(name, x)):
        assert found.dtype == dtype
        assert found.shape == x.shape
        np.testing.assert_allclose(found, expected, rtol=RTOL[dtype], atol=RTOL[dtype])


@every
def test_numpy_takes_vectors_and_nothing_as_it_takes_matrices(name):
    x = numbers()
    expected = ACTIVATIONS[name].values(x.copy())
    np.testing.assert_array_equal(ACTIVATIONS[name].values(x[3].copy()), expected[3])
    assert ACTIVATIONS[name].values(x[:0].copy()).shape == (0, 5)


@both
@every
def test_the_backward_kernel_is_autograd_of_the_module(name, dtype):
    x = torch.from_numpy(numbers(dtype))
    arriving = torch.from_numpy(np.random.default_rng(1).normal(size=x.shape).astype(dtype))
    leaf = x.to(torch.float64, copy=True).requires_grad_()
    ACTIVATIONS[name].module(torch.nn)(leaf).backward(arriving.double())
    _, saved = forward(name, x)
    ACTIVATIONS[name].kernels(torch)[1](arriving, saved)
    rtol = 10 * RTOL[dtype]
    np.testing.assert_allclose(arriving, leaf.grad, rtol=rtol, atol=rtol)


@every
def test_the_backward_kernel_is_the_slope_of_the_values(name):
    x, step = numbers(), 1e-6
    values = ACTIVATIONS[name].values
    slopes = (values(x + step) - values(x - step)) / (2 * step)
    found = derivative(name, torch.from_numpy(x))
    np.testing.assert_allclose(found, slopes, rtol=1e-6, atol=1e-7)


@every
def test_kernels_work_in_place_but_for_what_is_kept(name):
    x = numbers()
    buffer = torch.full((len(x) + 2, x.shape[1]), torch.nan, dtype=torch.float64)
    pre = buffer[1:-1]
    pre.copy_(torch.from_numpy(x))
    values, saved = forward(name, pre)
    in_place = values.data_ptr() == pre.data_ptr()
    assert in_place != ACTIVATIONS[name].keeps_pre
    np.testing.assert_array_equal(pre, x if ACTIVATIONS[name].keeps_pre else values)
    assert buffer[[0, -1]].isnan().all()

    before = saved.clone()
    expected = derivative(name, torch.from_numpy(x))
    gradients = torch.ones_like(buffer)
    ACTIVATIONS[name].kernels(torch)[1](gradients[1:-1], saved)
    assert torch.equal(gradients[1:-1], expected)
    assert (gradients[[0, -1]] == 1).all()
    assert torch.equal(saved, before)


@every
def test_it_is_homogeneous_exactly_if_it_says_so(name):
    x, values = numbers(), ACTIVATIONS[name].values
    scales = all(
        np.allclose(values(c * x), c * values(x.copy()), rtol=1e-12, atol=0)
        for c in (1e-3, 0.5, 7.0)
    )
    assert ACTIVATIONS[name].is_homogeneous == scales


@both
@every
def test_nothing_is_nan_however_large_the_numbers(name, dtype):
    largest = np.finfo(dtype).max
    sizes = np.array([0, 1e2, 1e4, 1e10, 1e30, largest], dtype=dtype)
    x = np.concatenate([sizes, -sizes])
    pre = torch.from_numpy(x.copy())
    by_kernel, saved = forward(name, pre)
    gradient = torch.ones_like(pre)
    ACTIVATIONS[name].kernels(torch)[1](gradient, saved)
    assert not gradient.isnan().any()
    for found in (ACTIVATIONS[name].values(x.copy()), by_kernel.numpy(), module_values(name, x)):
        assert not np.isnan(found).any()


@every
def test_the_bound_of_the_first_weights_is_positive(name):
    assert ACTIVATIONS[name].glorot_factor > 0
