"""The hand-written forward and backward pass against torch's autograd."""

import numpy as np
import pytest
import torch

from sgnn.losses import LogLoss, SquaredError
from sgnn.networks.activations import ACTIVATIONS
from sgnn.networks.parameters import Parameters
from sgnn.training.backprop import Perceptron
from tests.losses.cases import cases, written

N_SAMPLES, N_FEATURES, N_OUTPUTS = 9, 4, 3
HIDDEN = [(), (5,), (6, 5)]

activations = pytest.mark.parametrize("activation", ACTIVATIONS.names())


def make_parameters(hidden, seed=0, dtype=torch.float64):
    parameters = Parameters((N_FEATURES, *hidden, N_OUTPUTS), dtype, torch.device("cpu"))
    draw = torch.Generator().manual_seed(seed)
    parameters.flat.copy_(torch.randn(len(parameters.flat), generator=draw, dtype=torch.float64))
    return parameters


def make_batch(targets, dtype=torch.float64):
    """Return inputs, targets and weights as tensors."""
    rng = np.random.RandomState(0)
    X = torch.tensor(rng.randn(len(targets), N_FEATURES), dtype=dtype)
    weights = torch.tensor(rng.exponential(size=len(targets)), dtype=dtype)
    targets = torch.tensor(targets)
    return X, targets.to(dtype) if targets.is_floating_point() else targets, weights


def make_numbers(n_samples, dtype=torch.float64):
    targets = np.random.RandomState(1).randn(n_samples, N_OUTPUTS)
    return make_batch(targets, dtype)


def autograd(parameters, activation, loss, X, targets, weights):
    """Return outputs, losses and the gradients of all weights and biases.

    What arrives at the outputs is by the loss itself, which tests/losses has against others.
    """
    leaves = [
        (layer.weight.clone().requires_grad_(), layer.bias.clone().requires_grad_())
        for layer in parameters.layers
    ]
    values = X
    for index, (weight, bias) in enumerate(leaves):
        values = torch.nn.functional.linear(values, weight.t(), bias)
        if index < len(leaves) - 1:
            values = ACTIVATIONS[activation].module(torch.nn)(values)
    outputs = values.detach()
    weights = None if weights is None else weights.numpy()
    losses, delta = written(loss, outputs.numpy(), targets.numpy(), weights)
    values.backward(torch.tensor(delta))
    return outputs, torch.tensor(losses), [(w.grad, b.grad) for w, b in leaves]


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", cases())
@activations
def test_gradient_equals_autograd(activation, case, weighted, hidden):
    parameters = make_parameters(hidden)
    before = parameters.flat.clone()
    X, targets, weights = make_batch(case.targets(N_SAMPLES, N_OUTPUTS))
    weights = weights if weighted else None
    outputs, expected, gradients = autograd(parameters, activation, case.loss, X, targets, weights)
    model = Perceptron(parameters, activation, case.loss)
    losses = torch.full((N_SAMPLES,), torch.nan, dtype=torch.float64)
    close = {"rtol": 1e-12, "atol": 1e-13}
    torch.testing.assert_close(model.forward(X.numpy()).t(), outputs, **close)
    model.forward_backward(X, targets, weights, losses)
    torch.testing.assert_close(losses, expected, rtol=1e-9, atol=3e-9)
    for layer, (weight, bias) in zip(model.gradient.layers, gradients, strict=True):
        torch.testing.assert_close(layer.weight, weight, **close)
        torch.testing.assert_close(layer.bias, bias, **close)
    assert torch.equal(parameters.flat, before)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_gradient_is_the_slope_of_the_mean_loss(hidden):
    """Without any help of torch's autograd or of the gradient that the loss writes."""
    parameters = make_parameters(hidden)
    X, targets, weights = make_numbers(N_SAMPLES)
    model = Perceptron(parameters, "tanh", SquaredError())
    losses = torch.empty(N_SAMPLES, dtype=torch.float64)
    model.forward_backward(X, targets, weights, losses)
    gradient, step = model.gradient.flat.clone(), 1e-6

    def mean_loss():
        errors = model.forward(X.numpy()).t() - targets
        return 0.5 * (weights[:, None] * errors**2).sum() / N_SAMPLES

    for index, value in enumerate(parameters.flat.tolist()):
        parameters.flat[index] = value + step
        rise = mean_loss()
        parameters.flat[index] = value - step
        rise -= mean_loss()
        parameters.flat[index] = value
        assert gradient[index].item() == pytest.approx(rise.item() / (2 * step), rel=1e-5, abs=1e-7)


@activations
def test_batches_of_different_sizes_do_not_disturb_each_other(activation):
    parameters = make_parameters((5,))
    loss = SquaredError()
    model = Perceptron(parameters, activation, loss)
    for n_samples in (9, 2, 9, 1, 2):
        X, targets, _ = make_numbers(n_samples)
        losses = torch.empty(n_samples, dtype=torch.float64)
        model.forward_backward(X, targets, None, losses)
        *_, gradients = autograd(parameters, activation, loss, X, targets, None)
        torch.testing.assert_close(model.gradient.layers[0].weight, gradients[0][0])


@activations
def test_single_precision_agrees_with_autograd_in_double(activation):
    single = make_parameters((6, 5), dtype=torch.float32)
    double = make_parameters((6, 5))
    double.flat.copy_(single.flat)
    loss = LogLoss()
    X, targets, weights = make_batch(np.arange(N_SAMPLES) % N_OUTPUTS, dtype=torch.float32)
    losses = torch.empty(N_SAMPLES)
    model = Perceptron(single, activation, loss)
    model.forward_backward(X, targets, weights, losses)
    *_, gradients = autograd(double, activation, loss, X.double(), targets, weights.double())
    for layer, (weight, bias) in zip(model.gradient.layers, gradients, strict=True):
        torch.testing.assert_close(layer.weight.double(), weight, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(layer.bias.double(), bias, rtol=1e-4, atol=1e-5)
