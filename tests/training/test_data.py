"""Mini-batches: every row once, dense equals sparse, weights of mean one."""

import numpy as np
import pytest
import torch
from scipy import sparse

from sgnn.training.data import Batches

N_SAMPLES = 23


def make_data(dtype=np.float64):
    rng = np.random.RandomState(0)
    X = rng.randn(N_SAMPLES, 4) * (rng.rand(N_SAMPLES, 4) < 0.6)
    X[:, 0] = np.arange(N_SAMPLES)
    targets = np.column_stack([X[:, 0], 10 * X[:, 0]])
    return X.astype(dtype), targets.astype(dtype), rng.exponential(size=N_SAMPLES).astype(dtype)


def make_batches(X, targets, weights=None, *, batch_size=5, shuffle=True, seed=0):
    return Batches(
        X,
        targets,
        weights,
        batch_size=batch_size,
        shuffle=shuffle,
        rng=np.random.RandomState(seed),
        device=torch.device("cpu"),
    )


def collect(batches):
    """Return the rows, targets and weights of one epoch; the loss written is the first column."""
    parts = []
    for X, targets, weights, losses in batches.epoch():
        losses.copy_(X[:, 0])
        parts.append([X.clone(), targets.clone(), None if weights is None else weights.clone()])
    X, targets, weights = zip(*parts, strict=True)
    joined = None if weights[0] is None else torch.cat(weights).numpy()
    return torch.cat(X).numpy(), torch.cat(targets).numpy(), joined, [len(x) for x in X]


layouts = pytest.mark.parametrize("layout", [np.asarray, sparse.csr_matrix, sparse.csr_array])


@layouts
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batch_size", [1, 5, 22, 23, 1000])
def test_an_epoch_hands_out_every_row_once_with_its_target_and_weight(layout, shuffle, batch_size):
    X, targets, weights = make_data()
    batches = make_batches(layout(X), targets, weights, batch_size=batch_size, shuffle=shuffle)
    seen = []
    for _ in range(2):
        rows, row_targets, row_weights, sizes = collect(batches)
        order = rows[:, 0].astype(int)
        assert sorted(order) == list(range(N_SAMPLES))
        np.testing.assert_array_equal(rows, X[order])
        np.testing.assert_array_equal(row_targets, targets[order])
        np.testing.assert_allclose(row_weights, weights[order] / weights.mean(), rtol=1e-14)
        assert max(sizes) == min(batch_size, N_SAMPLES)
        assert len(sizes) == -(-N_SAMPLES // batch_size)
        seen.append(order)
    in_order = np.arange(N_SAMPLES)
    shuffled = shuffle and batch_size < N_SAMPLES
    assert np.array_equal(seen[0], in_order) != shuffled
    assert np.array_equal(seen[0], seen[1]) != shuffled


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batch_size", [4, N_SAMPLES])
def test_sparse_rows_equal_dense_rows(shuffle, batch_size, dtype):
    X, targets, weights = make_data(dtype)
    settings = {"batch_size": batch_size, "shuffle": shuffle}
    dense = collect(make_batches(X, targets, weights, **settings))
    rows = collect(make_batches(sparse.csr_matrix(X), targets, weights, **settings))
    for one, other in zip(dense, rows, strict=True):
        np.testing.assert_array_equal(one, other)
    assert rows[0].dtype == dtype


def test_weights_are_scaled_to_mean_one():
    X, targets, weights = make_data()
    for factor in (1e-6, 1.0, 1e6):
        _, _, scaled, _ = collect(make_batches(X, targets, factor * weights))
        assert scaled.mean() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_mean_loss_is_weighted_by_the_samples(shuffle, weighted):
    X, targets, weights = make_data()
    batches = make_batches(X, targets, weights if weighted else None, shuffle=shuffle)
    for _ in range(2):
        collect(batches)
        expected = np.average(X[:, 0], weights=weights if weighted else None)
        assert batches.mean_loss() == pytest.approx(expected, rel=1e-12)


def test_the_seed_settles_the_order():
    X, targets, _ = make_data()
    one, same, other = (collect(make_batches(X, targets, seed=seed))[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_class_indices_are_handed_out_as_integers():
    X, _, _ = make_data()
    targets = np.arange(N_SAMPLES) % 3
    rows, row_targets, *_ = collect(make_batches(X, targets))
    assert row_targets.dtype == np.int64
    np.testing.assert_array_equal(row_targets, rows[:, 0].astype(int) % 3)


def test_the_data_of_the_caller_are_not_written_to():
    X, targets, weights = make_data()
    copies = X.copy(), targets.copy(), weights.copy()
    for array in (X, targets, weights):
        array.flags.writeable = False
    collect(make_batches(X, targets, weights))
    for array, copy in zip((X, targets, weights), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
