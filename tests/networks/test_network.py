"""Compaction loses nothing: the original, the compact and the expanded network predict the same."""

import re
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from scipy import sparse

from sgnn import SparseMLPClassifier
from sgnn.networks.activations import ACTIVATIONS
from sgnn.networks.network import Network
from sgnn.networks.units import compose, units_on_paths

RTOL = {"float32": 1e-5, "float64": 1e-12}
HIDDEN = [(), (5,), (6, 5), (5, 4, 6)]
N_IN, N_OUT = 7, 3


def reference_outputs(X, network):
    """Return the outputs of a network as it stands, nothing removed, by torch in double precision.

    tests/networks/test_activations.py has the modules against formulas.
    """
    activation = ACTIVATIONS[network.activation].module(torch.nn)
    values = torch.tensor(X, dtype=torch.float64)
    for layer, (coef, intercept) in enumerate(zip(network.coefs, network.intercepts, strict=True)):
        values = values @ torch.tensor(coef).double() + torch.tensor(intercept).double()
        if layer < len(network.coefs) - 1:
            values = activation(values)
    return values.numpy()


def at_random(rng, coefs):
    for coef in coefs:
        coef[rng.random(coef.shape) < 0.7] = 0


def mostly_zero(rng, coefs):
    for coef in coefs:
        coef[rng.random(coef.shape) < 0.9] = 0


def nothing(rng, coefs):
    """Leave the network dense."""


def units_without_inputs(rng, coefs):
    for coef in coefs[:-1]:
        coef[:, :3] = 0


def units_without_outputs(rng, coefs):
    for coef in coefs:
        coef[1:4] = 0


def units_dead_on_both_sides(rng, coefs):
    for before, after in pairwise(coefs):
        before[:, 1:3] = 0
        after[1:3] = 0


def chain_of_constants(rng, coefs):
    """Unit 0 of each hidden layer is fed by nothing but unit 0 of the layer before."""
    for layer, coef in enumerate(coefs[:-1]):
        coef[(0 if layer == 0 else 1) :, 0] = 0


def first_layer(rng, coefs):
    coefs[0][:] = 0


def middle_layer(rng, coefs):
    coefs[len(coefs) // 2][:] = 0


def last_layer(rng, coefs):
    coefs[-1][:] = 0


def one_output(rng, coefs):
    coefs[-1][:, 1] = 0


def everything(rng, coefs):
    for coef in coefs:
        coef[:] = 0


PATTERNS = [
    nothing,
    at_random,
    mostly_zero,
    units_without_inputs,
    units_without_outputs,
    units_dead_on_both_sides,
    chain_of_constants,
    first_layer,
    middle_layer,
    last_layer,
    one_output,
    everything,
]


def make_network(hidden, pattern, activation="logistic", dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    sizes = (N_IN, *hidden, N_OUT)
    coefs = [rng.normal(size=shape).astype(dtype) for shape in pairwise(sizes)]
    intercepts = [rng.normal(size=n_out).astype(dtype) for n_out in sizes[1:]]
    pattern(rng, coefs)
    return Network.whole(coefs, intercepts, activation)


def assert_equal(network, other):
    assert network.activation == other.activation
    for name in ("coefs", "intercepts", "kept"):
        for array, expected in zip(getattr(network, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(array, expected)
            assert array.dtype == expected.dtype


def units_on_paths_by_enumeration(coefs):
    """Walk every sequence of units, one per layer, and keep those without a zero weight."""
    sizes = [len(coefs[0]), *(coef.shape[1] for coef in coefs)]
    on_path = [np.zeros(size, dtype=bool) for size in sizes]
    for path in product(*map(range, sizes)):
        weights = [coef[edge] for coef, edge in zip(coefs, pairwise(path), strict=True)]
        if all(weight != 0 for weight in weights):
            for mask, unit in zip(on_path, path, strict=True):
                mask[unit] = True
    return on_path


def units_on_paths_by_powers(coefs):
    """Read walks of full length off the powers of the adjacency matrix of the whole graph."""
    sizes = [len(coefs[0]), *(coef.shape[1] for coef in coefs)]
    offsets = np.cumsum([0, *sizes])
    graph = np.zeros((offsets[-1], offsets[-1]), dtype=object)
    for layer, coef in enumerate(coefs):
        rows = slice(offsets[layer], offsets[layer + 1])
        columns = slice(offsets[layer + 1], offsets[layer + 2])
        graph[rows, columns] = (coef != 0).astype(int)
    powers = [np.linalg.matrix_power(graph, k) for k in range(len(coefs) + 1)]
    inputs, outputs = slice(0, offsets[1]), slice(offsets[-2], offsets[-1])
    on_path = []
    for layer in range(len(sizes)):
        units = slice(offsets[layer], offsets[layer + 1])
        from_inputs = powers[layer][inputs, units].sum(axis=0)
        to_outputs = powers[len(coefs) - layer][units, outputs].sum(axis=1)
        on_path.append((from_inputs * to_outputs).astype(bool))
    return on_path


def assert_close(actual, expected, dtype):
    scale = np.abs(expected).max()
    np.testing.assert_allclose(actual, expected, rtol=RTOL[dtype], atol=RTOL[dtype] * scale)


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS.names())
@pytest.mark.parametrize("pattern", PATTERNS)
def test_original_compact_and_expanded_network_predict_the_same(pattern, activation, hidden, dtype):
    X = np.random.default_rng(1).normal(size=(40, N_IN)).astype(dtype)
    full = make_network(hidden, pattern, activation, dtype)
    before = full.astype(dtype)
    small = full.compact()
    expected = reference_outputs(X, full)
    for network, inputs in [
        (full, X),
        (small, X),
        (small.alone(), X[:, small.kept[0]]),
        (small.expand(), X),
    ]:
        outputs = network.forward(inputs)
        assert outputs.dtype == dtype
        assert_close(outputs, expected, dtype)
    assert_equal(full, before)


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_compact_network_holds_all_of_the_paths_and_nothing_else(pattern, hidden):
    full = make_network(hidden, pattern)
    small = full.compact()
    for mask, expected in zip(small.kept, units_on_paths_by_enumeration(full.coefs), strict=True):
        np.testing.assert_array_equal(mask, expected)
    sizes = [mask.sum() for mask in small.kept[:-1]] + [N_OUT]
    assert [coef.shape for coef in small.coefs] == list(pairwise(sizes))
    assert [len(intercept) for intercept in small.intercepts] == sizes[1:]
    columns = [*small.kept[1:-1], np.ones(N_OUT, dtype=bool)]
    for coef, whole, before, after in zip(
        small.coefs, full.coefs, small.kept[:-1], columns, strict=True
    ):
        np.testing.assert_array_equal(coef, whole[before][:, after])


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_expand_puts_exact_zeros_back_and_is_undone_by_compact(pattern, hidden):
    small = make_network(hidden, pattern).compact()
    full = small.expand()
    assert [coef.shape for coef in full.coefs] == list(pairwise((N_IN, *hidden, N_OUT)))
    assert full.sizes == full.n_neurons == (N_IN, *hidden, N_OUT)
    for coef, intercept, rows, columns in zip(
        full.coefs, full.intercepts, small.kept[:-1], small.kept[1:], strict=True
    ):
        assert not coef[~rows].any()
        assert not coef[:, ~columns].any()
        if intercept is not full.intercepts[-1]:
            assert not intercept[~columns].any()
    assert_equal(full.compact(), small)


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_counted_in_a_network(pattern, hidden):
    """By the paths of the full network; nothing depends on whether it is compact."""
    full = make_network(hidden, pattern)
    small = full.compact()
    paths = units_on_paths_by_enumeration(full.coefs)
    sizes = (N_IN, *hidden, N_OUT)
    assert small.sizes == sizes
    assert small.n_neurons == tuple(mask.sum() for mask in paths)
    on_paths = [
        coef * np.outer(before, after)
        for coef, before, after in zip(full.coefs, paths[:-1], paths[1:], strict=True)
    ]
    n_weights = sum((coef != 0).sum() for coef in on_paths)
    n_all = sum(coef.size for coef in full.coefs)
    assert small.n_weights == small.expand().n_weights == n_weights
    assert small.sparsity == small.expand().sparsity == pytest.approx(1 - n_weights / n_all)
    assert full.n_multiply_adds == small.expand().n_multiply_adds == n_all
    counts = [*(mask.sum() for mask in paths[:-1]), N_OUT]
    assert small.n_multiply_adds == sum(before * after for before, after in pairwise(counts))
    assert small.features.tolist() == [unit for unit in range(N_IN) if paths[0][unit]]
    assert small.is_empty == (not paths[0].any())
    lengths = np.sqrt((on_paths[0] ** 2).sum(axis=1))
    np.testing.assert_allclose(small.importances, lengths, rtol=1e-14)
    np.testing.assert_allclose(small.expand().importances, lengths, rtol=1e-14)


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_units_may_be_removed_little_by_little(hidden):
    """Masks are always over the units that are left, `kept` over those of the full network."""
    full = make_network(hidden, units_without_inputs)
    on_paths = units_on_paths_by_enumeration(full.coefs)
    rng = np.random.default_rng(3)
    first = [mask | (rng.random(len(mask)) < 0.5) for mask in on_paths]
    then = [mask[stay] for mask, stay in zip(on_paths, first, strict=True)]
    some = full.keep(first)
    twice, at_once = some.keep(then), full.keep(on_paths)
    for name in ("coefs", "kept"):
        for array, expected in zip(getattr(twice, name), getattr(at_once, name), strict=True):
            np.testing.assert_array_equal(array, expected)
    for array, expected in zip(twice.intercepts, at_once.intercepts, strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-13)
    for mask, expected in zip(compose(first, then), on_paths, strict=True):
        np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("dtype", RTOL)
def test_a_copy_in_a_data_type_shares_nothing(dtype):
    network = make_network((6, 5), at_random, "tanh").compact()
    copy = network.astype(dtype)
    for name in ("coefs", "intercepts"):
        for array, mine in zip(getattr(network, name), getattr(copy, name), strict=True):
            assert mine.dtype == dtype
            assert not np.shares_memory(mine, array)
            np.testing.assert_array_equal(mine, array.astype(dtype))
    assert copy.n_neurons == network.n_neurons


def test_another_constant_moves_all_outputs_and_leaves_the_network_alone():
    network = make_network((6, 5), at_random, "tanh")
    X = np.random.default_rng(1).normal(size=(9, N_IN))
    before = network.forward(X)
    shift = np.array([1.0, -2.0, 3.0])
    moved = network.with_constant(network.intercepts[-1] + shift)
    np.testing.assert_allclose(moved.forward(X), before + shift, rtol=1e-13)
    np.testing.assert_array_equal(network.forward(X), before)


def test_constant_units_are_folded_into_the_next_bias():
    coefs = [np.array([[0.0, 2.0]]), np.array([[5.0], [1.0]])]
    intercepts = [np.array([0.3, -1.0]), np.array([7.0])]
    small = Network.whole(coefs, intercepts, "tanh").compact()
    assert [mask.tolist() for mask in small.kept] == [[True], [False, True], [True]]
    assert [coef.tolist() for coef in small.coefs] == [[[2.0]], [[1.0]]]
    assert small.intercepts[0].tolist() == [-1.0]
    np.testing.assert_allclose(small.intercepts[1], [7.0 + 5.0 * np.tanh(0.3)], rtol=1e-15)


def test_no_weight_is_too_small_to_count():
    coefs = [np.array([[1e-300], [0.0]]), np.array([[-5e-324]])]
    small = Network.whole(coefs, [np.zeros(1), np.zeros(1)], "relu").compact()
    assert [mask.tolist() for mask in small.kept] == [[True, False], [True], [True]]


@pytest.mark.parametrize("density", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("sizes", [(5, 3), (4, 5, 3), (3, 4, 4, 2), (3, 3, 4, 3, 2)], ids=str)
def test_units_on_paths_against_two_ways_to_search_the_graph(sizes, density):
    rng = np.random.default_rng(0)
    for _ in range(20):
        coefs = [
            rng.normal(size=shape) * (rng.random(shape) < density) for shape in pairwise(sizes)
        ]
        found = units_on_paths(coefs)
        for search in (units_on_paths_by_enumeration, units_on_paths_by_powers):
            for mask, expected in zip(found, search(coefs), strict=True):
                np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_feature_blocks_are_kept_whole(hidden, dtype):
    blocks = np.array([0, 1, 1, 2, 0, 3, 2])
    full = make_network(hidden, nothing, "gelu", dtype)
    full.coefs[0][[0, 2, 3, 5, 6]] = 0  # Left of blocks 0, 1, 2, 3: one, one, none and none.
    small = full.compact(blocks)
    assert small.kept[0].tolist() == [True, True, True, False, True, False, False]
    X = np.random.default_rng(1).normal(size=(20, N_IN)).astype(dtype)
    expected = reference_outputs(X, full)
    assert_close(small.forward(X), expected, dtype)
    assert_close(small.expand().forward(X), expected, dtype)
    np.testing.assert_array_equal(small.expand().coefs[0], full.coefs[0])


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("make_sparse", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("pattern", [nothing, at_random, first_layer])
@pytest.mark.parametrize("activation", ACTIVATIONS.names())
def test_csr_input_predicts_as_dense_input(activation, pattern, make_sparse, dtype):
    rng = np.random.default_rng(1)
    dense = np.where(rng.random((60, N_IN)) < 0.4, rng.normal(size=(60, N_IN)), 0).astype(dtype)
    full = make_network((6, 5), pattern, activation, dtype)
    expected = reference_outputs(dense, full)
    outputs = full.compact().forward(make_sparse(dense))
    assert type(outputs) is np.ndarray
    assert outputs.dtype == dtype
    assert_close(outputs, expected, dtype)


@pytest.mark.parametrize("activation", ACTIVATIONS.names())
@pytest.mark.parametrize("hidden", [(), (5,)], ids=str)
def test_many_rows_are_predicted_in_chunks_and_the_input_is_left_alone(hidden, activation):
    X = np.random.default_rng(1).normal(size=(3001, N_IN))
    before = X.copy()
    network = make_network(hidden, nothing, activation)
    expected = reference_outputs(X, network)
    assert_close(network.forward(X), expected, "float64")
    assert_close(network.forward(sparse.csr_array(X)), expected, "float64")
    assert network.forward(X[:0]).shape == (0, N_OUT)
    np.testing.assert_array_equal(X, before)


def numbers(line):
    return [
        int(number.replace(",", "")) for number in re.findall(r"[\d,]+(?= of)|(?<=of )[\d,]+", line)
    ]


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_summary_counts_units_weights_and_multiply_adds(pattern, hidden):
    full = make_network(hidden, pattern)
    paths = units_on_paths_by_enumeration(full.coefs)
    sizes = (N_IN, *hidden, N_OUT)
    header, rule, first, *layers, total = full.compact().summary().splitlines()
    assert header.split() == ["layer", "units", "weights", "multiply-adds"]
    assert set(rule) == {"-"}
    assert len({len(line) for line in (header, rule, *layers, total)}) == 1
    assert first.startswith("input")
    assert numbers(first) == [paths[0].sum(), N_IN]

    names = [*(f"hidden {number}" for number in range(1, len(hidden) + 1)), "output"]
    sums = np.zeros(3, dtype=int)
    for layer, (name, line) in enumerate(zip(names, layers, strict=True)):
        inputs, units = paths[layer], paths[layer + 1]
        n_weights = np.count_nonzero(full.coefs[layer][inputs][:, units])
        n_computed = inputs.sum() * (N_OUT if name == "output" else units.sum())
        n_full = sizes[layer] * sizes[layer + 1]
        assert line.startswith(name)
        assert numbers(line) == [
            *(units.sum(), sizes[layer + 1]),
            *(n_weights, n_full),
            *(n_computed, n_full),
        ]
        sums += n_weights, n_computed, n_full
    assert total.startswith("total")
    assert numbers(total) == [sums[0], sums[2], sums[1], sums[2]]


def test_summary_of_an_estimator_is_that_of_its_network():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 40))
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    clf = SparseMLPClassifier((1200,), alpha=0.002, max_iter=40, random_state=0).fit(X, y)
    lines = clf.summary().splitlines()
    n_in, n_hidden, n_out = clf.n_neurons_
    full, _ = clf.expand()
    n_weights = [np.count_nonzero(coef) for coef in full]
    assert "of 1,200" in lines[3]
    assert numbers(lines[2]) == [n_in, 40]
    assert numbers(lines[3]) == [n_hidden, 1200, n_weights[0], 48000, n_in * n_hidden, 48000]
    assert numbers(lines[4]) == [n_out, 3, n_weights[1], 3600, n_hidden * 3, 3600]
    assert numbers(lines[5])[:2] == [sum(n_weights), 51600]
    assert 0 < n_hidden < 1200


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("power", [-1, 0, 1])
def test_importances_are_those_of_the_same_network_in_other_units(power, dtype):
    """Squares of weights of 1e-30 underflow, in float32, and of 1e30 overflow."""
    unit = 2.0 ** (power * (100 if dtype == np.float32 else 900))
    coef = np.array([[3, 4], [0, 0], [0, -1], [0.5, 0.25]], dtype=dtype)
    network = Network.whole([coef * dtype(unit)], [np.zeros(2, dtype)], "relu")
    expected = np.array([5, 0, 1, np.sqrt(dtype(0.3125))]) * unit
    np.testing.assert_allclose(network.importances, expected, rtol=2 * np.finfo(dtype).eps)
    assert network.importances.dtype == dtype
