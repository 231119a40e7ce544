"""Sparse reduced-rank regression by alternation, as in the literature, re-derived.

Chen & Huang (2012) and Zhao & Palomar (2018) move V by a Procrustes problem with B fixed, and B by
a step on a bound with V fixed. Here the step on B is that of proximal gradient, with the step size
of the largest eigenvalue; the full texts were not to be had, so this is our own derivation.
"""

import numpy as np
import torch
from scipy import linalg


def alternate(X, Y, shape, alpha, k, tol=1e-6, max_iter=10_000):
    """Minimise the objective of `SparseReducedRankRegressor` on centred data.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_targets)
    shape : sgnn.penalties.Shape
    alpha : float
    k : int
    tol : float
        Least gain of an iteration, relative to the variance of Y.
    max_iter : int

    Returns
    -------
    C : ndarray of shape (n_features, n_targets)
    curve : list of float
    """
    n, total = len(X), np.square(Y).sum() / len(X)
    S, T = X.T @ X / n, X.T @ Y / n
    step = 1 / linalg.eigh(S, eigvals_only=True, subset_by_index=[len(S) - 1] * 2)[0]
    V = linalg.svd(T, full_matrices=False)[2][:k].T
    B, curve = np.zeros((X.shape[1], k)), [total / 2]
    while len(curve) <= max_iter:
        B = B - step * (S @ B - T @ V)
        norms = np.linalg.norm(B, axis=1)
        kept = shape.prox(torch.from_numpy(norms), step, alpha).numpy()
        B *= np.divide(kept, norms, out=np.zeros_like(norms), where=norms > 0)[:, None]
        left, _, right = linalg.svd(T.T @ B, full_matrices=False)
        V = left @ right
        penalty = shape.value(torch.from_numpy(kept), alpha).sum()
        curve.append(float(total / 2 + np.sum(B * (0.5 * (S @ B) - T @ V)) + penalty))
        if kept.any() and curve[-2] - curve[-1] <= tol * total:
            break
    return B @ V.T, curve[1:]
