"""Reduced-rank regression with a ridge: the minimum in closed form."""

import numpy as np
from scipy import linalg

_SINGULAR, _NO_VARIANCE = 1e-7, 1e-12


def reduced_rank(S, T, ridge, k):
    r"""Minimise :math:`\tfrac12 \mathrm{tr}\,C^\top(S + \mathrm{diag}\,d)C - \mathrm{tr}\,T^\top C`
    over the matrices :math:`C = BV^\top` of rank k at most.

    With :math:`S + \mathrm{diag}\,d = LL^\top` and :math:`Z = L^{-1}T`, V holds the first right
    singular vectors of Z, and :math:`B = L^{-\top} Z V`.

    Parameters
    ----------
    S : ndarray of shape (n_rows, n_rows)
        X'X.
    T : ndarray of shape (n_rows, n_targets)
        X'Y.
    ridge : float or ndarray of shape (n_rows,)
    k : int

    Returns
    -------
    B : ndarray of shape (n_rows, k)
    V : ndarray of shape (n_targets, k)
        Orthonormal columns; fewer than k where there are fewer rows or targets.

    References
    ----------
    Izenman (1975), "Reduced-rank regression for the multivariate linear model",
    doi:10.1016/0047-259X(75)90042-1. Mukherjee & Zhu (2011), "Reduced rank ridge regression",
    doi:10.1002/sam.10138.
    """
    M = S.copy()
    M.flat[:: len(M) + 1] += ridge
    unit = np.sqrt(np.diag(M))
    M, T = M / np.outer(unit, unit), T / unit[:, None]
    try:
        factor = linalg.cholesky(M, lower=True, check_finite=False)
        if np.diag(factor).min() < _SINGULAR:
            raise linalg.LinAlgError
    except linalg.LinAlgError:
        values, vectors = linalg.eigh(M, check_finite=False)
        large = values > values[-1] * _NO_VARIANCE
        half = vectors[:, large] / np.sqrt(values[large])
        Z = half.T @ T
        V = leading(Z, k)
        B = half @ (Z @ V)
    else:
        Z = linalg.solve_triangular(factor, T, lower=True, check_finite=False)
        V = leading(Z, k)
        B = linalg.solve_triangular(factor, Z @ V, lower=True, trans="T", check_finite=False)
    return B / unit[:, None], V


def reduced_rank_ridge(X, Y, ridge, k):
    """As :func:`reduced_rank`, from X and Y and for one ridge: B of least norm where it is 0."""
    left, singular, right = np.linalg.svd(X, full_matrices=False)
    large = singular > singular.max(initial=0) * _NO_VARIANCE**0.5
    left, singular, right = left[:, large], singular[large], right[large]
    root = np.sqrt(singular**2 + ridge)
    Z = (singular / root)[:, None] * (left.T @ Y)
    V = leading(Z, k)
    return right.T @ ((Z @ V) / root[:, None]), V


def leading(Z, k):
    """Return the first k right singular vectors of Z, as columns."""
    return np.linalg.svd(Z, full_matrices=False)[2][:k].T


def completed(V, k, G):
    """Return orthonormal columns V and more, k in all: the leading directions of G beyond V."""
    more = leading(G - (G @ V) @ V.T, k - V.shape[1])
    return linalg.qr(np.hstack([V, more, np.eye(len(V))]), mode="economic")[0][:, :k]
