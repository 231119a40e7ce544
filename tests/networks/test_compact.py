"""Compaction loses nothing: the original, the compact and the expanded network predict the same."""

import re
from itertools import pairwise, product

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import norm

from sgnn import SparseMLPClassifier
from sgnn.networks import compact

RTOL = {"float32": 1e-5, "float64": 1e-12}
HIDDEN = [(), (5,), (6, 5), (5, 4, 6)]
N_IN, N_OUT = 7, 3

# Written out a second time, in double precision, as the oracle of the forward pass.
ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": lambda x: np.where(x > 0, x, 0.0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "tanh": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "gelu": lambda x: x * norm.cdf(x),
}


def reference_outputs(X, coefs, intercepts, activation):
    """Return the outputs of the network as it stands, nothing removed, in double precision."""
    values = X.astype(np.float64)
    for layer, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
        values = values @ coef.astype(np.float64) + intercept
        if layer < len(coefs) - 1:
            values = ACTIVATIONS[activation](values)
    return values


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


def make_network(hidden, pattern, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    sizes = (N_IN, *hidden, N_OUT)
    coefs = [rng.normal(size=shape).astype(dtype) for shape in pairwise(sizes)]
    intercepts = [rng.normal(size=n_out).astype(dtype) for n_out in sizes[1:]]
    pattern(rng, coefs)
    return coefs, intercepts


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
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_original_compact_and_expanded_network_predict_the_same(pattern, activation, hidden, dtype):
    X = np.random.default_rng(1).normal(size=(40, N_IN)).astype(dtype)
    full = make_network(hidden, pattern, dtype)
    copies = [[array.copy() for array in arrays] for arrays in full]
    *small, kept = compact.compact(*full, activation)
    expected = reference_outputs(X, *full, activation)

    for network, inputs in [
        (full, X),
        (small, X[:, kept[0]]),
        (compact.expand(*small, kept), X),
    ]:
        outputs = compact.forward(inputs, *network, activation)
        assert outputs.dtype == dtype
        assert_close(outputs, expected, dtype)
    for arrays, before in zip(full, copies, strict=True):
        for array, copy in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_compact_network_holds_all_of_the_paths_and_nothing_else(pattern, hidden):
    full_coefs, full_intercepts = make_network(hidden, pattern)
    coefs, intercepts, kept = compact.compact(full_coefs, full_intercepts, "logistic")
    for mask, expected in zip(kept, units_on_paths_by_enumeration(full_coefs), strict=True):
        np.testing.assert_array_equal(mask, expected)
    sizes = [mask.sum() for mask in kept[:-1]] + [N_OUT]
    assert [coef.shape for coef in coefs] == list(pairwise(sizes))
    assert [len(intercept) for intercept in intercepts] == sizes[1:]
    for small, full, rows, columns in zip(coefs, full_coefs, kept, kept[1:], strict=False):
        columns = columns if small is not coefs[-1] else np.ones_like(columns)
        np.testing.assert_array_equal(small, full[rows][:, columns])


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_expand_puts_exact_zeros_back_and_is_undone_by_compact(pattern, hidden):
    coefs, intercepts, kept = compact.compact(*make_network(hidden, pattern), "logistic")
    full_coefs, full_intercepts = compact.expand(coefs, intercepts, kept)
    assert [coef.shape for coef in full_coefs] == list(pairwise((N_IN, *hidden, N_OUT)))
    for coef, intercept, rows, columns in zip(
        full_coefs, full_intercepts, kept, kept[1:], strict=False
    ):
        assert not coef[~rows].any()
        assert not coef[:, ~columns].any()
        if intercept is not full_intercepts[-1]:
            assert not intercept[~columns].any()
    again = compact.compact(full_coefs, full_intercepts, "logistic")
    for arrays, others in zip(again, (coefs, intercepts, kept), strict=True):
        for array, other in zip(arrays, others, strict=True):
            np.testing.assert_array_equal(array, other)


def test_constant_units_are_folded_into_the_next_bias():
    coefs = [np.array([[0.0, 2.0]]), np.array([[5.0], [1.0]])]
    intercepts = [np.array([0.3, -1.0]), np.array([7.0])]
    small, biases, kept = compact.compact(coefs, intercepts, "tanh")
    assert [mask.tolist() for mask in kept] == [[True], [False, True], [True]]
    assert [coef.tolist() for coef in small] == [[[2.0]], [[1.0]]]
    assert biases[0].tolist() == [-1.0]
    np.testing.assert_allclose(biases[1], [7.0 + 5.0 * np.tanh(0.3)], rtol=1e-15)


def test_no_weight_is_too_small_to_count():
    coefs = [np.array([[1e-300], [0.0]]), np.array([[-5e-324]])]
    _, _, kept = compact.compact(coefs, [np.zeros(1), np.zeros(1)], "relu")
    assert [mask.tolist() for mask in kept] == [[True, False], [True], [True]]


@pytest.mark.parametrize("density", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("sizes", [(5, 3), (4, 5, 3), (3, 4, 4, 2), (3, 3, 4, 3, 2)], ids=str)
def test_units_on_paths_against_two_ways_to_search_the_graph(sizes, density):
    rng = np.random.default_rng(0)
    for _ in range(20):
        coefs = [
            rng.normal(size=shape) * (rng.random(shape) < density) for shape in pairwise(sizes)
        ]
        found = compact.units_on_paths(coefs)
        for search in (units_on_paths_by_enumeration, units_on_paths_by_powers):
            for mask, expected in zip(found, search(coefs), strict=True):
                np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_feature_blocks_are_kept_whole(hidden, dtype):
    blocks = np.array([0, 1, 1, 2, 0, 3, 2])
    full = make_network(hidden, nothing, dtype)
    full[0][0][[0, 2, 3, 5, 6]] = 0  # Left of blocks 0, 1, 2, 3: one, one, none and none.
    *small, kept = compact.compact(*full, "gelu", blocks)
    assert kept[0].tolist() == [True, True, True, False, True, False, False]
    X = np.random.default_rng(1).normal(size=(20, N_IN)).astype(dtype)
    expected = reference_outputs(X, *full, "gelu")
    assert_close(compact.forward(X[:, kept[0]], *small, "gelu"), expected, dtype)
    assert_close(compact.forward(X, *compact.expand(*small, kept), "gelu"), expected, dtype)
    np.testing.assert_array_equal(compact.expand(*small, kept)[0][0], full[0][0])


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("make_sparse", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("pattern", [nothing, at_random, first_layer])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_csr_input_predicts_as_dense_input(activation, pattern, make_sparse, dtype):
    rng = np.random.default_rng(1)
    dense = np.where(rng.random((60, N_IN)) < 0.4, rng.normal(size=(60, N_IN)), 0).astype(dtype)
    full = make_network((6, 5), pattern, dtype)
    *small, kept = compact.compact(*full, activation)
    expected = reference_outputs(dense, *full, activation)
    outputs = compact.forward(make_sparse(dense)[:, np.flatnonzero(kept[0])], *small, activation)
    assert type(outputs) is np.ndarray
    assert outputs.dtype == dtype
    assert_close(outputs, expected, dtype)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,)], ids=str)
def test_many_rows_are_predicted_in_chunks_and_the_input_is_left_alone(hidden, activation):
    X = np.random.default_rng(1).normal(size=(3001, N_IN))
    before = X.copy()
    network = make_network(hidden, nothing)
    expected = reference_outputs(X, *network, activation)
    assert_close(compact.forward(X, *network, activation), expected, "float64")
    assert_close(compact.forward(sparse.csr_array(X), *network, activation), expected, "float64")
    assert compact.forward(X[:0], *network, activation).shape == (0, N_OUT)
    np.testing.assert_array_equal(X, before)


def numbers(line):
    return [
        int(number.replace(",", "")) for number in re.findall(r"[\d,]+(?= of)|(?<=of )[\d,]+", line)
    ]


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_summary_counts_units_weights_and_multiply_adds(pattern, hidden):
    full_coefs, full_intercepts = make_network(hidden, pattern)
    coefs, _, kept = compact.compact(full_coefs, full_intercepts, "relu")
    paths = units_on_paths_by_enumeration(full_coefs)
    sizes = (N_IN, *hidden, N_OUT)
    header, rule, first, *layers, total = compact.summary(coefs, kept).splitlines()
    assert header.split() == ["layer", "units", "weights", "multiply-adds"]
    assert set(rule) == {"-"}
    assert len({len(line) for line in (header, rule, *layers, total)}) == 1
    assert first.startswith("input")
    assert numbers(first) == [paths[0].sum(), N_IN]

    names = [*(f"hidden {number}" for number in range(1, len(hidden) + 1)), "output"]
    sums = np.zeros(3, dtype=int)
    for layer, (name, line) in enumerate(zip(names, layers, strict=True)):
        inputs, units = paths[layer], paths[layer + 1]
        n_weights = np.count_nonzero(full_coefs[layer][inputs][:, units])
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
