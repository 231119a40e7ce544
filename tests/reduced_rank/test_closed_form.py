"""The two closed forms: least squares of augmented data, cut by a singular value decomposition."""

import numpy as np
import pytest

from sgnn.reduced_rank.closed_form import completed, reduced_rank, reduced_rank_ridge
from tests.reduced_rank.tasks import centred, draw


def augmented(X, Y, ridge, k):
    """Return the coefficients and their objective, by least squares on [X; sqrt(ridge)]."""
    A = np.vstack([X, np.diag(np.sqrt(ridge))])
    B = np.vstack([Y, np.zeros((len(ridge), Y.shape[1]))])
    C = np.linalg.lstsq(A, B, rcond=None)[0]
    V = np.linalg.svd(A @ C)[2][:k].T
    return C @ V @ V.T


def value(X, Y, ridge, C):
    return 0.5 * np.square(Y - X @ C).sum() + 0.5 * (ridge[:, None] * C * C).sum()


@pytest.mark.parametrize("k", [1, 2, 6])
@pytest.mark.parametrize("spread", [1, 1e6, 1e12])
@pytest.mark.parametrize("unit", [1.0, 1e-9])
@pytest.mark.parametrize("twins", [False, True])
def test_a_ridge_of_many_magnitudes(k, spread, twins, unit):
    X, Y = centred(*draw(p=8))
    X = unit * (np.hstack([X, X]) if twins else X)
    ridge = (
        np.random.default_rng(0).permutation(np.geomspace(1, spread, X.shape[1])) * 1e-3 * unit**2
    )
    B, V = reduced_rank(X.T @ X, X.T @ Y, ridge, k)
    expected = augmented(X, Y, ridge, k)
    np.testing.assert_allclose(V.T @ V, np.eye(k), atol=1e-12)
    np.testing.assert_allclose(value(X, Y, ridge, B @ V.T), value(X, Y, ridge, expected), rtol=1e-8)


@pytest.mark.parametrize(("n", "p"), [(80, 8), (10, 30)])
@pytest.mark.parametrize("ridge", [1e-3, 1.0])
def test_one_ridge_from_the_data(n, p, ridge):
    X, Y = centred(*draw(n=n, p=p))
    B, V = reduced_rank_ridge(X, Y, ridge, 2)
    np.testing.assert_allclose(B @ V.T, augmented(X, Y, np.full(p, ridge), 2), atol=1e-8)


def test_columns_are_completed_by_the_leading_directions_beyond_them():
    G = np.diag([2.0, 3.0, 4.0, 5.0])
    V = completed(np.eye(4)[:, [1]], 3, G)
    np.testing.assert_allclose(V.T @ V, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(abs(V).max(axis=1), [0, 1, 1, 1], atol=1e-12)
    np.testing.assert_allclose(
        abs(completed(np.zeros((4, 0)), 2, G)), np.eye(4)[:, [3, 2]], atol=1e-12
    )
