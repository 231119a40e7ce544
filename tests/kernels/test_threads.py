"""Fits in several threads: as one after the other, and they leave no trace."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch

from sgnn import SparseMLPClassifier, SparseMLPRegressor, kernels
from sgnn.training.resources import denormals_are_flushed

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 6))


def regressor(**parameters):
    given = {"alpha": 0.03, "batch_size": 20, "max_iter": 25, "random_state": 0}
    return SparseMLPRegressor((8,), **{**given, **parameters})


TASKS = [
    (regressor(), X[:, 0] - X[:, 1] ** 2),
    (regressor(solver="sgd", activation="gelu", penalty="log_sum"), X[:, :2] * [1, 50]),
    (
        SparseMLPClassifier(
            (7, 6), penalty="l1", alpha=0.002, max_iter=25, random_state=1, batch_size=15
        ),
        X[:, :3].argmax(axis=1),
    ),
    (regressor(activation="tanh", penalty="sparse_group_lasso", refit=True), np.exp(X[:, 1])),
]


def fit(task, start=None):
    """Return the weights, and the settings of the thread before and after."""
    model, y = task
    if start is not None:
        start.wait()
    before = torch.get_num_threads(), denormals_are_flushed()
    coefs, intercepts = model.fit(X, y).expand()
    after = torch.get_num_threads(), denormals_are_flushed()
    return [*coefs, *intercepts], before, after


def caught(run):
    """Return what a function returns, and the sorted texts of its warnings."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        results = run()
    return results, sorted(str(one.message) for one in found)


def in_threads(n_threads):
    start = Barrier(n_threads)
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(fit, TASKS[:n_threads], [start] * n_threads))


@pytest.mark.parametrize("n_threads", [2, 4])
def test_fits_in_threads_are_those_in_sequence(n_threads):
    expected, said = caught(lambda: [fit(task) for task in TASKS[:n_threads]])
    found, said_in_threads = caught(lambda: in_threads(n_threads))
    assert said_in_threads == said
    assert said
    for (one, *_), (other, *_) in zip(found, expected, strict=True):
        for array, of_sequence in zip(one, other, strict=True):
            np.testing.assert_array_equal(array, of_sequence)


def test_threads_are_left_as_they_were():
    before = torch.get_num_threads(), denormals_are_flushed()
    for _, then, after in caught(lambda: in_threads(4))[0]:
        assert after[1] == then[1]
    assert (torch.get_num_threads(), denormals_are_flushed()) == before


@pytest.mark.parametrize("flushed", [False, True])
def test_a_fit_leaves_its_thread_as_it_was_also_if_it_fails(flushed):
    before = torch.get_num_threads(), denormals_are_flushed()
    torch.set_num_threads(3)
    torch.set_flush_denormal(flushed)
    try:
        caught(lambda: fit(TASKS[0]))
        assert (torch.get_num_threads(), denormals_are_flushed()) == (3, flushed)
        model = regressor(solver="sgd", learning_rate_init=1e9)
        with pytest.raises(ValueError, match="finite"):
            model.fit(X, X[:, 0])
        assert (torch.get_num_threads(), denormals_are_flushed()) == (3, flushed)
    finally:
        torch.set_num_threads(before[0])
        torch.set_flush_denormal(before[1])


def test_kernels_are_switched_off_in_one_thread_only():
    with kernels.switched_off(), ThreadPoolExecutor(1) as pool:
        assert not kernels.are_used()
        with kernels.switched_off():
            assert not kernels.are_used()
        assert not kernels.are_used()
        assert pool.submit(kernels.are_used).result()
    assert kernels.are_used()
    with pytest.raises(RuntimeError, match="inside"), kernels.switched_off():
        raise RuntimeError("inside")
    assert kernels.are_used()
