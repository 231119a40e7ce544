r"""The solver: four steps, none of which raises the objective.

.. math:: F(B, V) = \tfrac12 \|Y - X B V^\top\|^2 + \sum_j \varphi(\|b_j\|_2)
    + \tfrac{\mathtt{l2}}2 \|B\|^2, \qquad V^\top V = I_k

reweight
    :math:`\varphi(r) \le \varphi(s) + \varphi'(s) (r^2 - s^2) / (2 s)` for shapes that are concave
    in the square of the norm. Under this bound F is that of reduced-rank regression with a ridge,
    whose minimum over B *and* V has a closed form.
sweep
    Each row by itself: under the tangent of a concave :math:`\varphi`, and once that gains little
    under :math:`\varphi` itself, by its prox, which may move a row to another minimum.
drop
    Rows whose own minimiser, all else fixed, is zero.
add
    Zero rows whose own minimiser is not zero, one after another.
"""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from sgnn.penalties.l1 import AbsoluteValue
from sgnn.reduced_rank.centred import CentredData
from sgnn.reduced_rank.closed_form import completed, reduced_rank
from sgnn.reduced_rank.radial import RadialPenalty

_LEAST_ADDED = 10
_TOL_OF_START = 1e-4


@dataclass(frozen=True)
class Factors:
    """Coefficients :math:`BV^\\top`, of which only the rows that are not zero are there.

    Parameters
    ----------
    rows : ndarray of int, shape (n_rows,)
        Features in use.
    B : ndarray of shape (n_rows, k)
    V : ndarray of shape (n_directions, k)
        Orthonormal columns; k may be less than the rank that is allowed.
    """

    rows: np.ndarray
    B: np.ndarray
    V: np.ndarray

    @classmethod
    def none(cls, n_directions):
        """No rows."""
        return cls(np.zeros(0, int), np.zeros((0, 0)), np.zeros((n_directions, 0)))

    def cut(self, data, k):
        """Return the best approximation of the fitted values of rank k."""
        right = np.linalg.svd(data.columns(self.rows) @ self.B, full_matrices=False)[2][:k].T
        B = self.B @ right
        there = B.any(axis=1)
        return Factors(self.rows[there], B[there], self.V @ right)


@dataclass(frozen=True)
class Solver:
    """What is minimised, and when it is good enough.

    Parameters
    ----------
    data : CentredData
    k : int
        Bound on the rank.
    l2 : float
    tol : float
        Least gain of an iteration, in units of the sum of the squares of Y.
    max_iter : int
    """

    data: CentredData
    k: int
    l2: float
    tol: float
    max_iter: int

    @property
    def curvatures(self):
        """Curvature of the objective along each row; 1 for columns without variance."""
        variances = self.data.variances
        return np.where(variances > 0, variances + self.l2, 1.0)

    def minimise(self, penalty, start):
        """Descend until nothing gains.

        Parameters
        ----------
        penalty : RadialPenalty
        start : Factors

        Returns
        -------
        factors : Factors
        curve : list of float
            The objective after each iteration.
        converged : bool
        """
        run = Descent(self, penalty, self.curvatures, start)
        while True:
            run.descend()
            if run.is_long:
                return run.factors, run.curve, False
            if not run.add():
                return run.factors, run.curve, True


class Descent:
    """One descent: the factors, and how the objective fell."""

    def __init__(self, solver, penalty, curvatures, start):
        self.solver, self.penalty, self.curvatures = solver, penalty, curvatures
        self.factors, self.curve = start, []
        self.least = solver.tol * solver.data.total

    @property
    def is_long(self):
        """Whether there were as many iterations as are allowed."""
        return len(self.curve) >= self.solver.max_iter

    def descend(self):
        """Reweight, sweep and drop until an iteration gains little."""
        shape = self.penalty.shape
        if shape.homogeneous or not shape.convex:
            self._iterate(by_tangent=True)
        if not shape.homogeneous:
            self._iterate(by_tangent=False)

    def _iterate(self, by_tangent):
        data = self.solver.data
        rows, B, V = self.factors.rows, self.factors.B, self.factors.V
        X = data.columns(rows)
        S, T, L = X.T @ X, data.products[rows], self.curvatures[rows]
        gain, dropped = np.inf, False
        value = self._objective(S, T, B, V)
        while len(rows) and (gain > self.least or dropped) and not self.is_long:
            norms = _norms(B)
            ridge = self.penalty.slope(norms) / norms + self.solver.l2
            B, V = reduced_rank(S, T, ridge, self.solver.k)
            self._sweep(S, T @ V, L, B, by_tangent)
            keep = self._kept(S, T, L, B, V)
            dropped = not keep.all()
            if dropped:
                rows, B, S, T, L = rows[keep], B[keep], S[np.ix_(keep, keep)], T[keep], L[keep]
            before, value = value, self._objective(S, T, B, V)
            gain = before - value
            self.curve.append(value)
        self.factors = Factors(rows, B, V)

    def add(self):
        """Let rows in that lower the objective, and return whether there are any."""
        data, rows, B, V = self.solver.data, self.factors.rows, self.factors.B, self.factors.V
        R = data.Y - data.columns(rows) @ B @ V.T
        G, L = data.cross(R), self.curvatures
        is_deficient = V.shape[1] < self.solver.k
        size = _norms(G if is_deficient else G @ V) / L
        size[rows] = size[data.variances == 0] = 0
        new = self.penalty.prox(size, 1 / L)
        gains = 0.5 * L * new * (2 * size - new) - self.penalty.value(new)
        best = np.argsort(-gains)[: max(_LEAST_ADDED, len(rows))]
        best = best[gains[best] > self.least]
        if not len(best):
            return False
        if is_deficient:
            V, old = completed(V, self.solver.k, G[best]), V
            B = B @ (old.T @ V)
        X, RV = data.columns(best), R @ V
        added = np.zeros((len(best), V.shape[1]))
        for x, curvature, row in zip(X.T, L[best], added, strict=True):
            row[:] = self._minimiser(x @ RV, curvature)
            RV -= np.outer(x, row)
        there = added.any(axis=1)
        self.factors = Factors(np.append(rows, best[there]), np.vstack([B, added[there]]), V)
        return there.any()

    def _objective(self, S, T, B, V):
        fit = 0.5 * self.solver.data.total + np.sum(B * (0.5 * (S @ B) - T @ V))
        ridge = 0.5 * self.solver.l2 * np.square(B).sum()
        return float(fit + self.penalty.value(_norms(B)).sum() + ridge)

    def _minimiser(self, pull, curvature):
        """Return the row that is best where the gradient at zero is -pull."""
        norm = np.linalg.norm(pull)
        size = self.penalty.prox([norm / curvature], [1 / curvature])[0]
        return pull * (size / norm) if size > 0 else 0.0

    def _sweep(self, S, TV, L, B, by_tangent):
        """Move rows of B in turn to their minimum, that under the tangent or their own."""
        of_others = S - np.diag(L - self.solver.l2)
        if not by_tangent:
            for j in self._to_gain(S, TV, L, B):
                B[j] = self._minimiser(TV[j] - of_others[j].dot(B), L[j])
            return
        slopes = self.penalty.slope(_norms(B)).tolist()
        for row, target, products, curvature, slope in zip(
            B, TV, of_others, L.tolist(), slopes, strict=True
        ):
            pull = target - products.dot(B)
            norm = sqrt(pull.dot(pull))
            row[:] = pull * ((norm - slope) / (norm * curvature)) if norm > slope else 0.0

    def _alone(self, S, TV, L, B):
        """Return where each row would be without penalty, all others fixed."""
        return (TV - S @ B) / L[:, None] + (1 - self.solver.l2 / L)[:, None] * B

    def _to_gain(self, S, TV, L, B):
        """Return the rows that would gain by their own minimum; all of them of a convex shape."""
        if self.penalty.shape.convex:
            return range(len(B))
        own = self._alone(S, TV, L, B)
        sizes = _norms(own)
        new = self.penalty.prox(sizes, 1 / L)
        gains = 0.5 * L * (np.square(B - own).sum(axis=1) - np.square(sizes - new))
        gains += self.penalty.value(_norms(B)) - self.penalty.value(new)
        return np.flatnonzero(gains > self.least)

    def _kept(self, S, T, L, B, V):
        """Return which rows stay: to drop the others does not raise the objective."""
        keep = B.any(axis=1)
        own = self._alone(S, T @ V, L, B)
        sizes = _norms(own)
        stays = keep & (self.penalty.prox(sizes, 1 / L) > 0)
        if (stays == keep).all():
            return keep
        part = np.ix_(stays, stays)
        all_dropped = self._objective(S[part], T[stays], B[stays], V)
        if all_dropped <= self._objective(S, T, B, V):
            return stays
        costs = 0.5 * L * (np.square(B - own).sum(axis=1) - sizes**2)
        gains = costs + self.penalty.value(_norms(B))
        keep[np.argmax(np.where(keep & ~stays, gains, -np.inf))] = False
        return keep


def convex_start(data, penalty, solver, before=None):
    """Return the group lasso without bound on the rank, at the threshold of a penalty.

    If its rank is small enough it is the minimum of the group lasso with the bound.

    Parameters
    ----------
    data : CentredData
    penalty : RadialPenalty
    solver : Solver
        For the penalty.
    before : Factors or None
        The same at another strength.

    Returns
    -------
    Factors
        No rows where no column of X varies.
    """
    curvatures = solver.curvatures[data.variances > 0]
    if not len(curvatures):
        return Factors.none(data.Y.shape[1])
    threshold = penalty.threshold(float(np.median(curvatures)))
    free = replace(solver, k=min(data.Y.shape), tol=max(solver.tol, _TOL_OF_START))
    before = Factors.none(data.Y.shape[1]) if before is None else before
    return free.minimise(RadialPenalty(AbsoluteValue(), threshold), before)[0]


def _norms(B):
    return np.sqrt(np.square(B).sum(axis=1))
