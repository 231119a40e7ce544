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


DTYPES = {"float32": torch.float32, "float64": torch.float64, np.float32: torch.float32}
DTYPES |= {torch.float64: torch.float64, torch.float16: torch.float16}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("inputs", ["kept", "all"])
def test_data_type_and_inputs_of_a_module_are_chosen(inputs, dtype):
    network, wanted = make_network((9, 8, 2), "tanh", "float64"), DTYPES[dtype]
    assert 0 < network.n_features < 9
    X = np.random.default_rng(1).normal(size=(30, 9))
    module = network.to_torch(dtype, inputs)
    assert {parameter.dtype for parameter in module.parameters()} == {wanted}
    assert module[0].in_features == (9 if inputs == "all" else network.n_features)
    taken = X if inputs == "all" else X[:, network.support]
    outputs = module(torch.tensor(taken, dtype=wanted)).detach().numpy()
    tolerance = {torch.float64: 1e-12, torch.float32: 1e-5}.get(wanted, 1e-2)
    np.testing.assert_allclose(outputs, network.forward(X), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["int64", "float128", "single-ish", 3, torch.int32, object])
def test_what_is_no_floating_data_type_of_torch_is_refused(dtype):
    with pytest.raises(ValueError, match="dtype must be a floating data type") as refused:
        make_network((9, 2), "relu", "float64").to_torch(dtype)
    assert repr(dtype) in str(refused.value)


def test_unknown_inputs_of_a_module_are_refused():
    with pytest.raises(ValueError, match="inputs must be 'kept' or 'all'; got 'some'"):
        make_network((9, 2), "relu", "float64").to_torch(inputs="some")
