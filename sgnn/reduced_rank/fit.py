"""From checked data to coefficients."""

from dataclasses import dataclass

import numpy as np

from sgnn.reduced_rank.closed_form import reduced_rank_ridge
from sgnn.reduced_rank.descent import Factors, Solver, convex_start
from sgnn.reduced_rank.radial import RadialPenalty

_NO_VARIANCE = 1e-10


@dataclass(frozen=True)
class Solution:
    """Factors of the coefficients, and how they were found."""

    factors: Factors
    curve: list
    converged: bool


def solver_for(estimator, data, n_components):
    """Return the solver that the parameters of an estimator ask for."""
    most = min(data.Y.shape)
    k = most if n_components is None else min(n_components, most)
    return Solver(data, k, estimator.l2, estimator.tol, estimator.max_iter)


def solve(data, shape, strength, solver, start=None):
    """Minimise the objective.

    Parameters
    ----------
    data : CentredData
    shape : Shape
    strength : float
    solver : Solver
    start : Factors, default=None
        What :func:`convex_start` gives; None asks it.

    Returns
    -------
    Solution
    """
    if strength == 0:
        return Solution(least_squares(data, np.flatnonzero(data.variances), solver), [], True)
    penalty = RadialPenalty(shape, strength)
    if start is None:
        start = convex_start(data, penalty, solver)
    return Solution(*solver.minimise(penalty, start.cut(data, solver.k)))


def least_squares(data, rows, solver):
    """Return reduced-rank regression with the ridge alone, on some rows."""
    return Factors(rows, *reduced_rank_ridge(data.columns(rows), data.Y, solver.l2, solver.k))


def principal(data, factors):
    """Return the factors with scores XB that are uncorrelated, of falling variance.

    Directions without variance are left out; the largest loading of each is positive.
    """
    singular, right = np.linalg.svd(data.columns(factors.rows) @ factors.B, full_matrices=False)[1:]
    right = right[singular > singular.max(initial=0) * _NO_VARIANCE].T
    B, V = factors.B @ right, data.rotation @ factors.V @ right
    signs = np.sign(V[abs(V).argmax(axis=0), np.arange(V.shape[1])])
    return Factors(factors.rows, B * signs, V * signs)


def learnt(checked, solution, solver, refit):
    """Return the fitted attributes that tell the coefficients, by name.

    Parameters
    ----------
    checked : Checked
    solution : Solution
    solver : Solver
    refit : bool
        Whether the penalty only selects.
    """
    data, factors = checked.data, solution.factors
    if refit:
        factors = least_squares(data, factors.rows, solver)
    factors = principal(data, factors)
    rotations = np.zeros((len(data.x_mean), factors.B.shape[1]))
    rotations[factors.rows] = factors.B
    coef = factors.V @ rotations.T
    intercept = data.y_mean - coef @ data.x_mean
    is_1d, dtype = checked.is_1d, checked.dtype
    support = np.zeros(len(data.x_mean), dtype=bool)
    support[factors.rows] = True
    return {
        **checked.input_attributes,
        "x_rotations_": rotations.astype(dtype),
        "y_loadings_": factors.V.astype(dtype),
        "coef_": (coef[0] if is_1d else coef).astype(dtype),
        "intercept_": (intercept[0] if is_1d else intercept).astype(dtype),
        "n_components_": rotations.shape[1],
        "support_": support,
        "selected_features_": np.flatnonzero(support),
        "_x_mean": data.x_mean.astype(dtype),
    }
