"""The hand-written forward and backward pass against torch's autograd."""

import numpy as np
import pytest
import torch

from sgnn.losses.losses import LOSSES
from sgnn.networks.parameters import Parameters
from sgnn.training.backprop import ACTIVATIONS, Network

FUNCTIONS = {
    "identity": lambda x: x,
    "relu": torch.relu,
    "leaky_relu": torch.nn.LeakyReLU(0.01),
    "tanh": torch.tanh,
    "logistic": torch.sigmoid,
    "gelu": torch.nn.GELU(),
}
N_SAMPLES, N_FEATURES, N_OUTPUTS = 9, 4, 3
HIDDEN = [(), (5,), (6, 5)]


def make_parameters(hidden, seed=0, dtype=torch.float64):
    parameters = Parameters((N_FEATURES, *hidden, N_OUTPUTS), dtype, torch.device("cpu"))
    draw = torch.Generator().manual_seed(seed)
    parameters.flat.copy_(torch.randn(len(parameters.flat), generator=draw, dtype=torch.float64))
    return parameters


def make_batch(loss, n_samples=N_SAMPLES, dtype=torch.float64):
    rng = np.random.RandomState(0)
    X = torch.tensor(rng.randn(n_samples, N_FEATURES), dtype=dtype)
    targets = {
        "squared_error": torch.tensor(rng.randn(n_samples, N_OUTPUTS), dtype=dtype),
        "logistic": torch.tensor(rng.rand(n_samples, N_OUTPUTS) < 0.5, dtype=dtype),
        "softmax": torch.tensor(rng.randint(N_OUTPUTS, size=n_samples)),
    }[loss]
    return X, targets, torch.tensor(rng.exponential(size=n_samples), dtype=dtype)


def autograd(parameters, activation, loss, X, targets, weights):
    """Return outputs, losses and the gradients of all weights and biases."""
    functional = torch.nn.functional
    leaves = [
        (layer.weight.clone().requires_grad_(), layer.bias.clone().requires_grad_())
        for layer in parameters.layers
    ]
    values = X
    for index, (weight, bias) in enumerate(leaves):
        values = functional.linear(values, weight.t(), bias)
        if index < len(leaves) - 1:
            values = FUNCTIONS[activation](values)
    if loss == "squared_error":
        losses = 0.5 * (values - targets).square().sum(dim=1)
    elif loss == "logistic":
        losses = functional.binary_cross_entropy_with_logits(values, targets, reduction="none")
        losses = losses.sum(dim=1)
    else:
        losses = functional.cross_entropy(values, targets, reduction="none")
    (losses if weights is None else losses * weights).mean().backward()
    return values.detach(), losses.detach(), [(w.grad, b.grad) for w, b in leaves]


def test_every_activation_is_compared():
    assert FUNCTIONS.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_gradient_equals_autograd(activation, loss, weighted, hidden):
    parameters = make_parameters(hidden)
    before = parameters.flat.clone()
    X, targets, weights = make_batch(loss)
    weights = weights if weighted else None
    outputs, expected, gradients = autograd(parameters, activation, loss, X, targets, weights)
    network = Network(parameters, activation, LOSSES[loss])
    losses = torch.full((N_SAMPLES,), torch.nan, dtype=torch.float64)
    close = {"rtol": 1e-12, "atol": 1e-13}
    torch.testing.assert_close(network.forward(X).t(), outputs, **close)
    network.forward_backward(X, targets, weights, losses)
    torch.testing.assert_close(losses, expected, rtol=1e-9, atol=3e-9)
    for layer, (weight, bias) in zip(network.gradient.layers, gradients, strict=True):
        torch.testing.assert_close(layer.weight, weight, **close)
        torch.testing.assert_close(layer.bias, bias, **close)
    assert torch.equal(parameters.flat, before)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_batches_of_different_sizes_do_not_disturb_each_other(activation):
    parameters = make_parameters((5,))
    network = Network(parameters, activation, LOSSES["squared_error"])
    for n_samples in (9, 2, 9, 1, 2):
        X, targets, _ = make_batch("squared_error", n_samples)
        losses = torch.empty(n_samples, dtype=torch.float64)
        network.forward_backward(X, targets, None, losses)
        *_, gradients = autograd(parameters, activation, "squared_error", X, targets, None)
        torch.testing.assert_close(network.gradient.layers[0].weight, gradients[0][0])


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_single_precision_agrees_with_autograd_in_double(activation):
    single = make_parameters((6, 5), dtype=torch.float32)
    double = make_parameters((6, 5))
    double.flat.copy_(single.flat)
    X, targets, weights = make_batch("softmax", dtype=torch.float32)
    losses = torch.empty(N_SAMPLES)
    network = Network(single, activation, LOSSES["softmax"])
    network.forward_backward(X, targets, weights, losses)
    *_, gradients = autograd(double, activation, "softmax", X.double(), targets, weights.double())
    for layer, (weight, bias) in zip(network.gradient.layers, gradients, strict=True):
        torch.testing.assert_close(layer.weight.double(), weight, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(layer.bias.double(), bias, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_layers_are_views_that_cover_the_flat_buffer_once(hidden):
    parameters = make_parameters(hidden)
    parameters.flat.zero_()
    for layer in parameters.layers:
        layer.weight.add_(1)
        layer.bias.add_(2)
    n_weights = sum(layer.weight.numel() for layer in parameters.layers)
    assert (parameters.weights == 1).all()
    assert len(parameters.weights) == n_weights
    assert (parameters.flat[n_weights:] == 2).all()


@pytest.mark.parametrize("hidden", HIDDEN)
def test_parameters_survive_the_way_through_numpy(hidden):
    parameters = make_parameters(hidden)
    coefs, intercepts = parameters.to_numpy()
    other = parameters.zeros_like()
    assert (other.flat == 0).all()
    other.set(coefs, intercepts)
    assert torch.equal(other.flat, parameters.flat)
    coefs[0][:] = 0
    assert (parameters.layers[0].weight != 0).all()
