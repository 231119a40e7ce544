"""Whole layers, of which some members are hidden from the shape."""

import numpy as np
import pytest
import torch

from sgnn.groups import STRUCTURES
from sgnn.groups.weights import SingleWeights
from sgnn.groups.whole_layers import WholeLayers
from sgnn.networks.parameters import Parameters

NAMES = sorted(name for name in STRUCTURES if name.startswith("layer"))


def draw():
    network = Parameters((5, 3, 2), torch.float64, torch.device("cpu"))
    rng = np.random.RandomState(0)
    network.flat.copy_(torch.from_numpy(rng.randn(len(network.flat))))
    return network


@pytest.mark.parametrize("name", NAMES)
def test_members_that_are_not_penalised_are_hidden_and_kept(name):
    network = draw()
    groups = STRUCTURES[name](network, None)
    layer, before = network.layers[0], network.layers[0].weight.clone()
    groups.penalised = (torch.arange(len(groups.of.sizes)) % 2).to(network.flat)
    rows = groups.rows(layer, 0)
    assert (rows[0, ::2] == 0).all()
    assert (rows[0, 1::2] != 0).all()
    groups.set_rows_(layer, 0, torch.zeros_like(rows))
    kept = groups.of.spread(1 - groups.penalised, 0) * before
    torch.testing.assert_close(layer.weight, kept, rtol=0, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_some_units_keep_which_of_their_members_are_penalised(name):
    network = draw()
    groups = STRUCTURES[name](network, None)
    groups.penalised = (torch.arange(len(groups.of.sizes)) % 2).to(network.flat)
    kept = [np.array(mask) == 1 for mask in ([0, 1, 1, 0, 1], [1, 0, 1], [1, 1])]
    small = Parameters((3, 2, 2), torch.float64, torch.device("cpu"))
    for index, layer in enumerate(network.layers):
        of_layer = groups.of.spread(groups.penalised, index).expand_as(layer.weight).numpy()
        small.layers[index].weight.copy_(
            torch.from_numpy(of_layer[np.ix_(kept[index], kept[index + 1])])
        )
    left = groups.on_units(kept, small)
    for index, layer in enumerate(small.layers):
        spread = left.of.spread(left.penalised, index).expand_as(layer.weight)
        assert torch.equal(spread, layer.weight)


def test_biases_belong_to_a_layer_where_they_are_said_to():
    network = draw()
    groups = WholeLayers(network, SingleWeights(network), with_bias=True)
    expected = [torch.cat([layer.weight.ravel(), layer.bias]).norm() for layer in network.layers]
    torch.testing.assert_close(groups.norms(network), torch.stack(expected))
    assert groups.sizes.tolist() == [18, 8]
    kept = [np.array(mask) == 1 for mask in ([0, 1, 1, 0, 1], [1, 0, 1], [1, 1])]
    small = Parameters((3, 2, 2), torch.float64, torch.device("cpu"))
    left = groups.on_units(kept, small)
    assert left.with_bias
    assert left.sizes.tolist() == [18, 8]
