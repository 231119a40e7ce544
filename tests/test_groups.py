"""Structures: each partitions a network, against norms and sizes written out with numpy."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from sgnn.groups import Incoming, Outgoing, SingleWeights, make_groups
from sgnn.penalties.base import Shape
from sgnn.training.parameters import Parameters

SIZES = (5, 3, 2)
BLOCKS = np.array([1, 0, 1, 2, 1])
CPU = torch.device("cpu")

# Group of each weight of the two matrices, and of each bias.
ROWS, COLUMNS = zip(*(np.indices(shape) for shape in ((5, 3), (3, 2))), strict=True)
SINGLE = (np.arange(15).reshape(5, 3), 15 + np.arange(6).reshape(3, 2))
FREE = (None, None)
STRUCTURES = {
    "weights": (None, SINGLE, FREE),
    "weights-blocks": (BLOCKS, SINGLE, FREE),
    "outgoing": (None, (ROWS[0], 5 + ROWS[1]), FREE),
    "outgoing-blocks": (BLOCKS, (BLOCKS[ROWS[0]], 3 + ROWS[1]), FREE),
    "incoming": (None, (COLUMNS[0], 3 + COLUMNS[1]), (np.arange(3), 3 + np.arange(2))),
    "incoming-blocks": (BLOCKS, (COLUMNS[0], 3 + COLUMNS[1]), (np.arange(3), 3 + np.arange(2))),
}
structures = pytest.mark.parametrize("name", STRUCTURES)


@dataclass(frozen=True)
class Halve(Shape):
    """Not a prox: halves what is above 1 and removes the rest, to see where it is applied."""

    def value(self, x, strength):
        return x

    def prox(self, x, step, strength):
        return torch.where(x.abs() > 1, x / 2, 0 * x)


def make_network(dtype=torch.float64, scale=1.0):
    network = Parameters(SIZES, dtype, CPU)
    rng = np.random.RandomState(0)
    network.flat.copy_(torch.from_numpy(scale * rng.randn(len(network.flat))))
    network.layers[1].weight[:, 1] *= 0.1
    network.layers[1].bias[1] *= 0.1
    return network


def build(name, network):
    return make_groups(name.split("-")[0], network, STRUCTURES[name][0])


def members(name, network):
    """Return the entries of each group as a list of numpy arrays."""
    _, of_weights, of_biases = STRUCTURES[name]
    groups = [[] for _ in range(of_weights[-1].max() + 1)]
    for layer, of_weight, of_bias in zip(network.layers, of_weights, of_biases, strict=True):
        for group, value in zip(of_weight.ravel(), layer.weight.numpy().ravel(), strict=True):
            groups[group].append(value)
        for group, value in zip(
            [] if of_bias is None else of_bias, layer.bias.numpy(), strict=False
        ):
            groups[group].append(value)
    return [np.array(group) for group in groups]


@structures
def test_norms_and_sizes_are_those_of_the_members(name):
    network = make_network()
    before = network.flat.clone()
    groups = build(name, network)
    expected = members(name, network)
    norms = groups.norms(network).numpy()
    np.testing.assert_allclose(norms, [np.linalg.norm(group) for group in expected], rtol=1e-14)
    np.testing.assert_array_equal(groups.sizes.numpy(), [len(group) for group in expected])
    assert groups.sizes.dtype == network.flat.dtype
    assert groups.with_bias == (STRUCTURES[name][2] is not FREE)
    assert torch.equal(network.flat, before)


@structures
def test_spread_gives_each_weight_the_number_of_its_group(name):
    network = make_network()
    groups = build(name, network)
    numbers = torch.arange(float(len(groups.sizes)))
    for index, layer in enumerate(network.layers):
        spread = groups.spread(numbers, index).expand_as(layer.weight)
        np.testing.assert_array_equal(spread.numpy(), STRUCTURES[name][1][index])


@structures
def test_numbers_of_layers_become_numbers_of_their_groups(name):
    groups = build(name, make_network())
    assert groups.of_layers([3.0, 3.0]) == 3.0
    first = len(np.unique(STRUCTURES[name][1][0]))
    expected = [2.0] * first + [7.0] * (len(groups.sizes) - first)
    np.testing.assert_array_equal(groups.of_layers([2.0, 7.0]).numpy(), expected)


@structures
def test_a_step_moves_each_group_by_its_own_number(name):
    network, before, other = make_network(), make_network(), make_network(scale=0.1)
    groups = build(name, network)
    steps = torch.linspace(1, 2, len(groups.sizes), dtype=torch.float64)
    groups.add_product_(network, other, steps, -0.5)
    expected = [
        was - 0.5 * step * move
        for was, step, move in zip(
            members(name, before), steps.numpy(), members(name, other), strict=True
        )
    ]
    for now, then in zip(members(name, network), expected, strict=True):
        np.testing.assert_allclose(now, then, rtol=1e-14)
    if not groups.with_bias:
        n_weights = len(network.weights)
        assert torch.equal(network.flat[n_weights:], before.flat[n_weights:])


@structures
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_prox_acts_on_norms_and_keeps_directions(name, dtype):
    network, before = make_network(dtype), make_network(dtype)
    groups = build(name, network)
    groups.prox_(network, Halve(), 1.0, 1.0)
    old = members(name, before)
    kept = [np.linalg.norm(group) > 1 for group in old]
    assert 0 < sum(kept) < len(kept)
    for is_kept, was, now in zip(kept, old, members(name, network), strict=True):
        np.testing.assert_allclose(now, was / 2 if is_kept else 0 * was, rtol=1e-6, atol=0)
    if not groups.with_bias:
        n_weights = len(network.weights)
        assert torch.equal(network.flat[n_weights:], before.flat[n_weights:])


@structures
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_groups_of_zeros_have_norm_zero_and_stay_zero(name, dtype):
    network = Parameters(SIZES, dtype, CPU)
    groups = build(name, network)
    assert (groups.norms(network) == 0).all()
    groups.prox_(network, Halve(), 1.0, 1.0)
    assert (network.flat == 0).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("weights", SingleWeights), ("outgoing", Outgoing), ("incoming", Incoming)],
)
def test_names_mean_structures(name, expected):
    assert type(make_groups(name, make_network())) is expected


def test_blocks_of_single_inputs_are_outgoing_groups():
    network = make_network()
    blocks = Outgoing(network, np.arange(SIZES[0]))
    outgoing = Outgoing(network)
    torch.testing.assert_close(blocks.norms(network), outgoing.norms(network), rtol=1e-15, atol=0)
    assert torch.equal(blocks.sizes, outgoing.sizes)
