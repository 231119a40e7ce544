"""Compiled prediction of few and of many rows."""

import numpy as np
import pytest

from sgnn import kernels
from sgnn.networks.network import Network

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n_rows", [0, 1, 2, 3, 255, 256, 257, 600])
@pytest.mark.parametrize("sizes", [(5, 2), (5, 7, 1), (5, 9, 4, 3)])
@pytest.mark.parametrize("n_left", [5, 3])
def test_predictions_are_the_formula(sizes, n_left, n_rows, order, dtype):
    """Numbers of all sizes of a chunk, and inputs of which some are left out."""
    rng = np.random.default_rng(0)
    kept = [np.arange(5) < n_left, *(np.ones(size, dtype=bool) for size in sizes[1:])]
    shapes = zip((n_left, *sizes[1:]), sizes[1:], strict=False)
    coefs = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    intercepts = [rng.normal(size=size).astype(dtype) for size in sizes[1:]]
    X = np.asarray(rng.normal(size=(n_rows, 5)).astype(dtype), order=order)
    found = Network(coefs, intercepts, kept, "tanh").forward(X)
    values = X[:, :n_left]
    for coef, bias in zip(coefs, intercepts, strict=True):
        raw = values @ coef + bias
        values = np.tanh(raw)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, raw, rtol=0, atol=100 * np.finfo(dtype).eps)
