"""Outgoing groups of blocks of inputs, against groups written out by hand."""

import numpy as np
import pytest
import torch

from sgnn.groups import STRUCTURES
from sgnn.networks.parameters import Parameters
from sgnn.penalties.l1 import AbsoluteValue

BLOCKS = np.array([1, 0, 1, 2, 1])
CPU = torch.device("cpu")
# The group of each weight of the two layers of 5 inputs, 3 hidden units and 2 outputs.
LABELS = [np.repeat([1, 0, 1, 2, 1], 3).reshape(5, 3), np.array([[3, 3], [4, 4], [5, 5]])]
SIZES = [3, 9, 3, 2, 2, 2]


def draw(sizes=(5, 3, 2), dtype=torch.float64, seed=0):
    network = Parameters(sizes, dtype, CPU)
    rng = np.random.RandomState(seed)
    network.flat.copy_(torch.from_numpy(rng.randn(len(network.flat))))
    return network


def build(network, blocks=BLOCKS, name="outgoing"):
    return STRUCTURES[name](network, blocks)


def members(network):
    """The weights of each group, row by row."""
    of_weights = np.concatenate([of_layer.ravel() for of_layer in LABELS])
    return [network.weights.numpy()[of_weights == group] for group in range(6)]


def test_norms_sizes_and_places_are_those_of_the_members():
    network = draw()
    groups = build(network)
    expected = [np.linalg.norm(group) for group in members(network)]
    np.testing.assert_allclose(groups.norms(network), expected, rtol=1e-14)
    assert groups.sizes.tolist() == SIZES
    assert groups.slices == [slice(0, 3), slice(3, 6)]
    for index, of_layer in enumerate(LABELS):
        spread = groups.spread(torch.arange(6.0), index).expand_as(network.layers[index].weight)
        np.testing.assert_array_equal(spread, of_layer)


def test_a_step_moves_each_block_by_its_own_number():
    network, other = draw(), draw(seed=1)
    before = network.flat.clone()
    steps = torch.linspace(1, 2, 6, dtype=torch.float64)
    build(network).add_product_(network, other, steps, -0.5)
    of_weights = np.concatenate([of.ravel() for of in LABELS])
    expected = before[:21] - 0.5 * steps[of_weights] * other.weights
    torch.testing.assert_close(network.weights, expected, rtol=1e-14, atol=0)
    assert torch.equal(network.flat[21:], before[21:])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_soft_threshold_of_norms_shrinks_blocks_as_a_whole(dtype):
    network = draw(dtype=dtype)
    before = members(network)
    build(network).prox_(network, AbsoluteValue(), 1.0, 2.0)
    factors = [max(1 - 2 / np.linalg.norm(group), 0) for group in before]
    assert 0 < np.count_nonzero(factors) < 6
    for now, then, factor in zip(members(network), before, factors, strict=True):
        np.testing.assert_allclose(now, factor * then, rtol=1e-6, atol=1e-6)
        assert factor > 0 or not now.any()


def test_rows_are_the_members_filled_with_zeros_and_go_back_to_their_places():
    network = draw()
    groups, layer = build(network), network.layers[0]
    expected = np.zeros((3, 9))
    for row, group in zip(expected, members(network)[:3], strict=True):
        row[: len(group)] = group
    rows = groups.rows(layer, 0)
    np.testing.assert_array_equal(rows, expected)
    factors = torch.arange(1.0, 28, dtype=torch.float64).view(3, 9)
    groups.set_rows_(layer, 0, rows * factors)
    for now, row in zip(members(network)[:3], expected * factors.numpy(), strict=True):
        np.testing.assert_array_equal(now, row[: len(now)])


def test_blocks_of_single_inputs_are_outgoing_groups():
    network = draw()
    blocks, outgoing = build(network, np.arange(5)), build(network, None)
    torch.testing.assert_close(blocks.norms(network), outgoing.norms(network), rtol=1e-15, atol=0)
    assert torch.equal(blocks.sizes, outgoing.sizes)


@pytest.mark.parametrize("name", sorted({*STRUCTURES} - {"outgoing", "layer of outgoing"}))
def test_no_other_structure_depends_on_blocks(name):
    network = draw()
    with_blocks, without = build(network, name=name), build(network, None, name)
    assert torch.equal(with_blocks.sizes, without.sizes)
    assert torch.equal(with_blocks.norms(network), without.norms(network))
    for one, other in zip(with_blocks.slices, without.slices, strict=True):
        assert one == other


def test_a_layer_of_blocks_has_their_norms_as_its_row():
    network = draw()
    (row,) = build(network, name="layer of outgoing").rows(network.layers[0], 0)
    expected = [np.linalg.norm(group) for group in members(network)[:3]]
    np.testing.assert_allclose(row, expected, rtol=1e-14)


def test_a_block_lives_as_long_as_one_of_its_inputs_and_keeps_its_size():
    network = draw()
    groups = build(network)
    kept = [np.array(mask) == 1 for mask in ([0, 1, 1, 0, 1], [1, 0, 1], [1, 1])]
    assert groups.survivors(kept).tolist() == [True, True, False, True, False, True]
    small = draw((3, 2, 2))
    small.layers[0].weight.copy_(network.layers[0].weight[[1, 2, 4]][:, [0, 2]])
    small.layers[1].weight.copy_(network.layers[1].weight[[0, 2]])
    left = groups.on_units(kept, small)
    assert left.sizes.tolist() == [3, 9, 2, 2]
    first, second = (layer.weight.numpy() for layer in small.layers)
    expected = [np.linalg.norm(part) for part in (first[0], first[1:], *second)]
    np.testing.assert_allclose(left.norms(small), expected, rtol=1e-14)
