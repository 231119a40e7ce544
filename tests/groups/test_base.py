"""Every structure that is registered: its groups are those that its axes tell apart, by numpy.

To test one more, nothing is needed but to register it.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sgnn.groups import STRUCTURES
from sgnn.networks.layers import Layer
from sgnn.penalties.base import Shape

DTYPES = [torch.float32, torch.float64]


NAMES = [*STRUCTURES]

# Shape of each weight, its input axes, its output axes; and units that stay, inputs first.
DENSE = [((5, 3), (0,), (1,)), ((3, 2), (0,), (1,))], ["10110", "011", "11"]
CONVOLUTIONAL = [((4, 3, 2, 2), (1,), (0,)), ((4, 2), (0,), (1,))], ["101", "1101", "11"]
NETWORKS = {"dense": DENSE, "convolutional": CONVOLUTIONAL}


@dataclass(frozen=True)
class Halve(Shape):
    """Not a prox: halves what is above 1 and removes the rest, to see where it is applied."""

    def value(self, x, strength):
        return x

    def prox(self, x, step, strength):
        return torch.where(x.abs() > 1, x / 2, 0 * x)


def buffer_of(layers, dtype):
    """A network of layers in one flat buffer, weights first, as :class:`Parameters` of dense ones.

    `layers` has the shape, the input axes and the output axes of each weight.
    """
    biases = [[shape[axis] for axis in outputs] for shape, _, outputs in layers]
    shapes = [*(shape for shape, *_ in layers), *biases]
    flat = torch.zeros(sum(map(np.prod, shapes)), dtype=dtype)
    parts = flat.split([int(np.prod(shape)) for shape in shapes])
    views = [part.view(list(shape)) for part, shape in zip(parts, shapes, strict=True)]
    weights, biases = views[: len(layers)], views[len(layers) :]
    all_weights = flat[: sum(weight.numel() for weight in weights)]
    return SimpleNamespace(
        flat=flat,
        weights=all_weights,
        runs=lambda: [(all_weights, slice(None))],
        layers=[
            Layer(weight, bias, *axes)
            for weight, bias, (_, *axes) in zip(weights, biases, layers, strict=True)
        ],
    )


def draw(kind, dtype=torch.float64, seed=0):
    """Random weights of which some groups of every structure have norms above 1, some below."""
    network = buffer_of(NETWORKS[kind][0], dtype)
    rng = np.random.RandomState(seed)
    network.flat.copy_(torch.from_numpy(rng.randn(len(network.flat))))
    network.layers[1].weight.mul_(0.1)
    network.layers[1].bias.mul_(0.1)
    return network


def build(name, network):
    return STRUCTURES[name](network, None)


# Axes of the weights that tell groups apart, in the first layer of each network.
AXES = {
    "weights": {"dense": (0, 1), "convolutional": (0, 1, 2, 3)},
    "outgoing": {"dense": (0,), "convolutional": (1,)},
    "incoming": {"dense": (1,), "convolutional": (0,)},
    "taps": {"dense": (0,), "convolutional": (1, 2, 3)},
    "kernels": {"dense": (0, 1), "convolutional": (0, 1)},
    "filters": {"dense": (1,), "convolutional": (0,)},
}


@pytest.mark.parametrize("name", [name for name in STRUCTURES if "layer" not in name])
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_structure_tells_the_axes_apart_that_the_table_says(name, kind):
    assert name in AXES, f"Add the axes of {name!r} to the table."
    network = draw(kind)
    assert sorted(build(name, network).axes(network.layers[0])) == [*AXES[name][kind]]


def number(shape, axes):
    """The group of each entry of an array: its place on some axes, counted row by row."""
    places, axes = np.indices(shape), sorted(axes)
    if not axes:
        return np.zeros(shape, dtype=int)
    return np.ravel_multi_index([places[axis] for axis in axes], [shape[axis] for axis in axes])


def labels(groups, network):
    """The groups of weights and of biases, in the order of the flat buffer; -1 is none."""
    of_weights, of_biases, start = [], [], 0
    for layer in network.layers:
        axes = groups.axes(layer)
        of_weight = number(tuple(layer.weight.shape), axes)
        of_weights.append(start + of_weight.ravel())
        of_bias = start + np.arange(len(layer.bias)) if set(axes) == {*layer.outputs} else start
        of_biases.append(np.full(len(layer.bias), of_bias if groups.with_bias else -1))
        start += of_weight.max() + 1
    return np.concatenate([*of_weights, *of_biases])


def members(groups, network):
    """The entries of each group, its weights row by row and then its bias, as a list of arrays."""
    of_entries = labels(groups, network)
    return [network.flat.numpy()[of_entries == group] for group in range(of_entries.max() + 1)]


def groups_per_layer(groups, network):
    n_weights = [layer.weight.numel() for layer in network.layers]
    of_layers = np.split(labels(groups, network)[: sum(n_weights)], np.cumsum(n_weights)[:-1])
    return [len(np.unique(of_layer)) for of_layer in of_layers]


@pytest.fixture(params=NETWORKS)
def kind(request):
    return request.param


structures = pytest.mark.parametrize("name", NAMES)


@structures
def test_each_weight_is_in_one_group(name, kind):
    network = draw(kind)
    groups = build(name, network)
    n_groups = groups_per_layer(groups, network)
    assert len(groups.sizes) == sum(n_groups)
    assert [part.stop - part.start for part in groups.slices] == n_groups
    numbers = torch.arange(float(len(groups.sizes)))
    found = [
        groups.spread(numbers, index).expand_as(layer.weight).ravel()
        for index, layer in enumerate(network.layers)
    ]
    expected = labels(groups, network)[: len(network.weights)]
    np.testing.assert_array_equal(torch.cat(found), expected)
    assert groups.single == (name == "weights")


@structures
@pytest.mark.parametrize("dtype", DTYPES)
def test_norms_and_sizes_are_those_of_the_members(name, kind, dtype):
    network = draw(kind, dtype)
    before = network.flat.clone()
    groups = build(name, network)
    expected = members(groups, network)
    norms = groups.norms(network)
    assert norms.dtype == groups.sizes.dtype == dtype
    rtol = 4 * torch.finfo(dtype).eps
    np.testing.assert_allclose(norms, [np.linalg.norm(group) for group in expected], rtol=rtol)
    np.testing.assert_array_equal(groups.sizes, [len(group) for group in expected])
    assert torch.equal(network.flat, before)


@structures
def test_numbers_of_layers_become_numbers_of_their_groups(name, kind):
    network = draw(kind)
    groups = build(name, network)
    assert groups.of_layers([3.0, 3.0]) == 3.0
    expected = np.repeat([2.0, 7.0], groups_per_layer(groups, network))
    np.testing.assert_array_equal(groups.of_layers([2.0, 7.0]), expected)


@structures
def test_a_step_moves_each_group_by_its_own_number(name, kind):
    network, other = draw(kind), draw(kind, seed=1)
    groups, before = build(name, network), network.flat.numpy().copy()
    steps = torch.linspace(1, 2, len(groups.sizes), dtype=torch.float64)
    groups.add_product_(network, other, steps, -0.5)
    of_entries = labels(groups, network)
    step = np.where(of_entries < 0, 0, steps.numpy()[of_entries])
    np.testing.assert_allclose(network.flat, before - 0.5 * step * other.flat.numpy(), rtol=1e-13)
    assert (network.flat.numpy()[of_entries < 0] == before[of_entries < 0]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "only"),
    # Single weights are all changed: those of a layer that is left alone have a step of 0.
    [*((name, None) for name in NAMES), *((name, [1]) for name in NAMES if name != "weights")],
)
def test_prox_acts_on_norms_and_keeps_directions(name, kind, dtype, only):
    network = draw(kind, dtype)
    network.layers[1].weight[0, 0] = 3
    groups, before = build(name, network), network.flat.numpy().copy()
    is_kept = [np.linalg.norm(group) > 1 for group in members(groups, network)]
    assert any(is_kept)
    assert name.startswith("layer") or not all(is_kept)
    factor = np.array(is_kept) / 2
    if only:
        factor[groups.slices[0]] = 1
    groups.prox_(network, Halve(), 1.0, 1.0, only)
    of_entries = labels(groups, network)
    expected = before * np.where(of_entries < 0, 1, factor[of_entries])
    np.testing.assert_allclose(network.flat, expected, rtol=1e-6, atol=0)


@structures
@pytest.mark.parametrize("dtype", DTYPES)
def test_groups_of_zeros_have_norm_zero_and_stay_zero(name, kind, dtype):
    network = buffer_of(NETWORKS[kind][0], dtype)
    groups = build(name, network)
    assert (groups.norms(network) == 0).all()
    groups.prox_(network, Halve(), 1.0, 1.0)
    for index, layer in enumerate(network.layers):
        groups.set_rows_(layer, index, groups.rows(layer, index))
    assert (network.flat == 0).all()


def rows_of(name, network, index):
    """The rows of a layer: members of groups, or norms of the groups that a whole layer is of."""
    groups = build(name.removeprefix("layer of "), network)
    selected = members(groups, network)[groups.slices[index]]
    if name.startswith("layer of "):
        return np.array([[np.linalg.norm(group) for group in selected]])
    if name == "layer":
        return network.layers[index].weight.numpy().reshape(1, -1).copy()
    return np.array(selected)


@structures
def test_rows_are_the_members_of_each_group(name, kind):
    network = draw(kind)
    groups = build(name, network)
    for index, layer in enumerate(network.layers):
        expected = rows_of(name, network, index)
        np.testing.assert_allclose(groups.rows(layer, index), expected, rtol=1e-14)


@structures
def test_changed_rows_are_written_back_to_their_places(name, kind):
    """Each place of a row is multiplied by a number of its own, and so is what it stands for."""
    network = draw(kind)
    groups = build(name, network)
    for index, layer in enumerate(network.layers):
        expected, bias = rows_of(name, network, index), layer.bias.clone()
        rows = groups.rows(layer, index)
        factors = torch.linspace(0, 2, rows.numel(), dtype=rows.dtype).view_as(rows)
        groups.set_rows_(layer, index, rows * factors)
        now = rows_of(name, network, index)
        np.testing.assert_allclose(now, expected * factors.numpy(), rtol=1e-13)
        assert groups.with_bias or torch.equal(layer.bias, bias)


def smaller(kind, network):
    """The network of some units, and which of the entries of the buffer it has."""
    kept = [np.array(list(mask)) == "1" for mask in NETWORKS[kind][1]]
    layers, masks = [], []
    for layer, (before, after) in zip(network.layers, pairwise(kept), strict=True):
        mask = torch.ones_like(layer.weight, dtype=torch.bool)
        for axis, units in ((layer.inputs[0], before), (layer.outputs[0], after)):
            mask &= torch.from_numpy(units).view([-1 if a == axis else 1 for a in range(mask.ndim)])
        shape = list(mask.shape)
        shape[layer.inputs[0]], shape[layer.outputs[0]] = before.sum(), after.sum()
        layers.append((tuple(map(int, shape)), layer.inputs, layer.outputs))
        masks.append(mask.ravel().numpy())
    where = np.concatenate([*masks, *kept[1:]])
    small = buffer_of(layers, network.flat.dtype)
    small.flat.copy_(network.flat[torch.from_numpy(where)])
    return small, kept, where


@structures
def test_the_groups_of_some_units_keep_their_sizes_and_what_is_left_of_their_members(name, kind):
    network = draw(kind)
    groups = build(name, network)
    small, kept, where = smaller(kind, network)
    survivors = groups.survivors(kept)
    of_weights = labels(groups, network)[: len(network.weights)]
    expected = np.unique(of_weights[where[: len(of_weights)]])
    np.testing.assert_array_equal(np.flatnonzero(survivors), expected)
    left = groups.on_units(kept, small)
    of_entries = labels(groups, network)
    before = [len(network.flat.numpy()[of_entries == group]) for group in expected]
    np.testing.assert_array_equal(left.sizes, before)
    norms = [np.linalg.norm(network.flat.numpy()[where & (of_entries == g)]) for g in expected]
    np.testing.assert_allclose(left.norms(small), norms, rtol=1e-14)
    assert (left.with_bias, left.single) == (groups.with_bias, groups.single)


@structures
@pytest.mark.parametrize("coarse", NAMES)
def test_a_structure_nests_in_another_if_no_group_is_cut(name, coarse, kind):
    network = draw(kind)
    n_weights = len(network.weights)
    fine, coarse = build(name, network), build(coarse, network)
    ours, theirs = (labels(groups, network)[:n_weights] for groups in (fine, coarse))
    nests = all(len(np.unique(theirs[ours == group])) == 1 for group in np.unique(ours))
    assert fine.nests_in(coarse) == nests


@structures
def test_one_number_per_layer_becomes_one_per_group_inside(name, kind):
    network = draw(kind)
    layers, groups = build("layer", network), build(name, network)
    steps = torch.tensor([2.0, 3.0])
    expected = np.repeat([2.0, 3.0], groups_per_layer(groups, network))
    np.testing.assert_array_equal(layers.refine(steps, groups), expected)
    own = torch.arange(float(len(groups.sizes)))
    assert torch.equal(groups.refine(own, groups), own)


def test_a_layer_without_bias_has_none_in_its_groups():
    network = draw("dense")
    network.layers = [replace(layer, bias=None) for layer in network.layers]
    groups = build("incoming", network)
    expected = [np.linalg.norm(layer.weight, axis=0) for layer in network.layers]
    np.testing.assert_allclose(groups.norms(network), np.concatenate(expected), rtol=1e-14)
    assert groups.sizes.tolist() == [5, 5, 5, 3, 3]
    groups.prox_(network, Halve(), 1.0, 1.0)
    np.testing.assert_allclose(groups.rows(network.layers[0], 0), network.layers[0].weight.T)
