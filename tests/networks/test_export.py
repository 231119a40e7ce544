"""A network as a torch module."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from sgnn.networks.activations import ACTIVATIONS
from sgnn.networks.network import Network


def make_network(sizes, activation, dtype):
    rng = np.random.default_rng(0)
    coefs = [rng.normal(size=shape) * (rng.random(shape) < 0.4) for shape in pairwise(sizes)]
    intercepts = [rng.normal(size=size) for size in sizes[1:]]
    return Network.whole(coefs, intercepts, activation).compact().astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [(9, 2), (9, 8, 2), (9, 8, 7, 2)], ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS.names())
def test_a_module_takes_the_inputs_that_are_left_and_is_the_network(activation, sizes, dtype):
    network = make_network(sizes, activation, dtype)
    X = np.random.default_rng(1).normal(size=(30, 9)).astype(dtype)
    module = network.to_torch()
    outputs = module(torch.from_numpy(X[:, network.kept[0]])).detach().numpy()
    assert outputs.dtype == dtype
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(outputs, network.forward(X), rtol=tolerance, atol=tolerance)
    assert 0 < network.n_neurons[0] <= 9


@pytest.mark.parametrize("activation", ACTIVATIONS.names())
def test_a_module_has_a_linear_layer_for_each_of_the_network_and_copies_its_weights(activation):
    network = make_network((9, 8, 2), activation, "float64")
    module = network.to_torch()
    first, between, last = module
    assert type(between) is type(ACTIVATIONS[activation].module(torch.nn))
    for linear, coef in zip((first, last), network.coefs, strict=True):
        assert type(linear) is torch.nn.Linear
        assert (linear.in_features, linear.out_features) == coef.shape
    with torch.no_grad():
        for parameter in module.parameters():
            assert parameter.requires_grad
            parameter.zero_()
    assert all(coef.any() for coef in network.coefs)
