"""Zeros of dense data are skipped where there are many."""

import numpy as np
import pytest
import torch
from scipy import sparse

from sgnn import SparseMLPRegressor, kernels
from sgnn.training.data import without_zeros

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")

rng = np.random.default_rng(0)


def mostly_zero(n_samples, n_features, share):
    return rng.normal(size=(n_samples, n_features)) * (rng.random((n_samples, n_features)) < share)


@pytest.mark.parametrize("shape", [(7, 5), (1, 3), (4, 1), (3, 0)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_what_is_left_is_a_csr_matrix(shape, share):
    X = mostly_zero(*shape, share)
    data, indices, indptr = (part.numpy() for part in without_zeros(torch.from_numpy(X)))
    expected = sparse.csr_array(X)
    np.testing.assert_array_equal(data, expected.data)
    np.testing.assert_array_equal(indices, expected.indices)
    np.testing.assert_array_equal(indptr, expected.indptr)
    assert indices.dtype == np.int32


@pytest.mark.parametrize("share", [0.1, 0.6])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_fit_does_not_depend_on_it(share, weighted):
    """Inputs are removed and return on the way; beside the fit in torch, which skips nothing."""
    X = mostly_zero(150, 30, share)
    y = X[:, :4].sum(axis=1) + np.abs(X[:, 4])
    weight = rng.random(150) if weighted else None

    def weights():
        reg = SparseMLPRegressor((64,), alpha=0.005, max_iter=40, batch_size=40, random_state=0)
        return reg.fit(X, y, sample_weight=weight).expand()[0]

    found = weights()
    with kernels.switched_off():
        expected = weights()
    assert (expected[0] == 0).all(axis=1).any()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-11)
        np.testing.assert_array_equal(one == 0, other == 0)
