"""Structures: each partitions a network, against norms and sizes written out with numpy."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from sgnn.groups import Incoming, Outgoing, SingleWeights, make_groups
from sgnn.networks.parameters import Parameters
from sgnn.penalties.base import Shape

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


def arranged(name, network):
    """Groups of the first layer as rows of a numpy matrix, written out."""
    _, of_weights, of_biases = STRUCTURES[name]
    rows = []
    for group in range(of_weights[0].max() + 1):
        entries = network.layers[0].weight.numpy()[of_weights[0] == group].tolist()
        if of_biases[0] is not None:
            entries += network.layers[0].bias.numpy()[of_biases[0] == group].tolist()
        rows.append(entries)
    longest = max(len(row) for row in rows)
    return np.array([row + [0] * (longest - len(row)) for row in rows])


@structures
def test_rows_are_the_members_of_each_group_filled_with_zeros(name):
    network = make_network()
    rows = build(name, network).rows(network.layers[0], 0)
    np.testing.assert_array_equal(rows.numpy(), arranged(name, network))


@structures
def test_changed_rows_are_written_back_to_their_places(name):
    network, expected = make_network(), make_network()
    groups, layer = build(name, network), network.layers[0]
    rows = groups.rows(layer, 0)
    groups.set_rows_(layer, 0, rows * torch.arange(1.0, len(rows) + 1)[:, None])
    _, of_weights, of_biases = STRUCTURES[name]
    expected.layers[0].weight.mul_(torch.from_numpy(of_weights[0] + 1.0))
    if of_biases[0] is not None:
        expected.layers[0].bias.mul_(torch.from_numpy(of_biases[0] + 1.0))
    torch.testing.assert_close(network.flat, expected.flat, rtol=1e-15, atol=0)


@pytest.mark.parametrize("members", ["weights", "outgoing", "incoming"])
def test_the_members_of_a_layer_are_weights_or_norms(members):
    network = make_network()
    groups = make_groups("layer" if members == "weights" else f"layer of {members}", network)
    for index, layer in enumerate(network.layers):
        inner = make_groups(members, network)
        expected = inner.norms(network)[inner.slices[index]]
        rows = groups.rows(layer, index)
        torch.testing.assert_close(rows.abs(), expected[None])
    sizes = [15 + 3 * groups.with_bias, 6 + 2 * groups.with_bias]
    assert groups.sizes.tolist() == sizes
    assert groups.with_bias == (members == "incoming")


@pytest.mark.parametrize("members", ["outgoing", "incoming"])
def test_changed_norms_scale_their_groups(members):
    network, before = make_network(), make_network()
    groups, inner = make_groups(f"layer of {members}", network), make_groups(members, network)
    layer = network.layers[0]
    rows = groups.rows(layer, 0)
    factors = torch.linspace(0, 2, rows.shape[1], dtype=rows.dtype)
    groups.set_rows_(layer, 0, rows * factors)
    torch.testing.assert_close(groups.rows(layer, 0), rows * factors)
    expected = before.layers[0].weight * inner.spread(
        torch.cat([factors, torch.ones(len(inner.sizes) - len(factors), dtype=rows.dtype)]), 0
    )
    torch.testing.assert_close(layer.weight, expected)


@pytest.mark.parametrize("members", ["weights", "outgoing", "incoming"])
def test_members_that_are_not_penalised_are_hidden_and_kept(members):
    network = make_network()
    groups = make_groups("layer" if members == "weights" else f"layer of {members}", network)
    layer, before = network.layers[0], network.layers[0].weight.clone()
    groups.penalised = (torch.arange(len(groups.members.sizes)) % 2).to(network.flat)
    rows = groups.rows(layer, 0)
    assert (rows[0, ::2] == 0).all()
    assert (rows[0, 1::2] != 0).all()
    groups.set_rows_(layer, 0, torch.zeros_like(rows))
    kept = make_groups(members, network).spread(1 - groups.penalised, 0) * before
    torch.testing.assert_close(layer.weight, kept, rtol=0, atol=0)


def test_one_number_per_layer_becomes_one_per_group_inside():
    network = make_network()
    layers, outgoing = make_groups("layer", network), make_groups("outgoing", network)
    steps = torch.tensor([2.0, 3.0])
    assert layers.refine(steps, outgoing).tolist() == [2.0] * 5 + [3.0] * 3
    assert layers.refine(steps, layers) is steps
