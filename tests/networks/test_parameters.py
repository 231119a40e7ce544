"""The flat buffer of all parameters, and its views per layer."""

import gc
from itertools import pairwise

import numpy as np
import pytest
import torch

from sgnn.networks.layers import Layer
from sgnn.networks.network import Network
from sgnn.networks.parameters import Parameters, to_tensor

N_FEATURES, N_OUTPUTS = 4, 3
HIDDEN = [(), (5,), (6, 5)]


def make_parameters(hidden):
    sizes = (N_FEATURES, *hidden, N_OUTPUTS)
    parameters = Parameters(sizes, torch.float64, torch.device("cpu"))
    parameters.flat.copy_(1 + torch.arange(len(parameters.flat)))
    return parameters


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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_of_a_network_are_those_of_the_units_that_are_left(dtype):
    coefs, intercepts = make_parameters((6, 5)).to_numpy()
    network = Network.whole(coefs, intercepts, "relu").astype(dtype)
    kept = [np.arange(size) % 3 > 0 for size in network.sizes]
    small = network.keep(kept)
    parameters = Parameters.of(small, torch.device("cpu"))
    assert parameters.sizes == (*(mask.sum() for mask in kept[:-1]), N_OUTPUTS)
    assert parameters.flat.numpy().dtype == dtype
    for layer, coef, intercept in zip(
        parameters.layers, small.coefs, small.intercepts, strict=True
    ):
        np.testing.assert_array_equal(layer.weight, coef)
        np.testing.assert_array_equal(layer.bias, intercept)
    parameters.flat.zero_()
    assert all(coef.any() for coef in small.coefs)


def test_what_is_put_in_the_place_of_some_units_is_what_is_kept_of_them():
    kept = [np.array(mask, dtype=bool) for mask in ([1, 0, 1, 1], [0, 1, 1, 0, 1], [1, 1, 1])]
    full, small = make_parameters((5,)), Parameters((3, 3, 3), torch.float64, torch.device("cpu"))
    small.flat.copy_(-1 - torch.arange(len(small.flat)))
    full.put(kept, small)
    network = Network.whole(*full.to_numpy(), "identity")
    for layer, (before, after) in enumerate(pairwise(kept)):
        inside = np.outer(before, after)
        assert (network.coefs[layer][~inside] > 0).all()
        assert (network.intercepts[layer][~after] > 0).all()
        np.testing.assert_array_equal(
            network.coefs[layer][inside], small.layers[layer].weight.ravel()
        )
        np.testing.assert_array_equal(network.intercepts[layer][after], small.layers[layer].bias)


@pytest.mark.parametrize("make", [np.asfortranarray, lambda x: x[:, ::-1], lambda x: x[::2]])
def test_any_memory_layout_becomes_a_tensor(make):
    array = make(np.arange(12.0).reshape(4, 3))
    np.testing.assert_array_equal(to_tensor(array, torch.device("cpu")).numpy(), array)


@pytest.mark.parametrize("writeable", [True, False])
def test_no_array_is_copied(writeable):
    array = np.arange(12.0).reshape(4, 3)
    array.flags.writeable = writeable
    tensor = to_tensor(array, torch.device("cpu"))
    assert np.shares_memory(tensor.numpy(), array)
    last = tensor[-1].clone()
    del array
    gc.collect()
    assert torch.equal(tensor[-1], last)


def test_a_layer_counts_what_its_axes_tell_apart():
    layer = Layer(torch.zeros(2, 3, 5, 7), torch.zeros(5), inputs=(1,), outputs=(2,))
    assert layer.count(layer.inputs) == 3
    assert layer.count(layer.outputs) == 5
    assert layer.count((1, 3)) == 21
    assert layer.count(()) == 1
