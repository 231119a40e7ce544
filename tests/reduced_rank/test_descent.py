"""Each step by itself, from factors of all kinds: none raises the objective."""

import numpy as np
import pytest

from sgnn.penalties import get_penalty
from sgnn.reduced_rank.centred import CentredData
from sgnn.reduced_rank.closed_form import reduced_rank
from sgnn.reduced_rank.descent import Descent, Factors, Solver
from sgnn.reduced_rank.radial import RadialPenalty
from tests.reduced_rank.tasks import RADIAL, draw, objective

X, Y = draw(n=40, p=8)
X = np.hstack([X, X[:, :4], 0.9 * X[:, :2] + 0.1 * X[:, 2:4]])
DATA = CentredData.of(X, Y)
L2 = 0.01
ALPHAS = (0.02, 0.3, 1.0, 2.5)


def starts():
    """Yield factors: random ones, and shrunk least squares, which shares among the twins."""
    rng = np.random.default_rng(0)
    V = np.linalg.qr(rng.normal(size=(Y.shape[1], 2)))[0]
    for size in 0.01, 1.0:
        rows = np.flatnonzero(rng.random(X.shape[1]) < 0.6)
        yield Factors(rows, size * rng.normal(size=(len(rows), 2)), V)
    for ridge in 1e-6, 0.5:
        rows = np.arange(X.shape[1])
        columns = DATA.columns(rows)
        yield Factors(rows, *reduced_rank(columns.T @ columns, DATA.products, ridge, 2))
    yield Factors.none(Y.shape[1])


def cases(name):
    """Yield a descent from each start, its matrices, and the objective of factors."""
    for alpha in ALPHAS:
        penalty = RadialPenalty(get_penalty(name)[0].shape(), alpha)
        solver = Solver(DATA, 2, L2, 0.0, 100)

        def value(factors, alpha=alpha):
            C = np.zeros((X.shape[1], Y.shape[1]))
            C[factors.rows] = factors.B @ factors.V.T
            return objective(X, Y, C, name, alpha, L2)

        for start in starts():
            columns = DATA.columns(start.rows)
            matrices = columns.T @ columns, DATA.products[start.rows]
            yield Descent(solver, penalty, solver.curvatures, start), *matrices, start, value


def not_above(found, before):
    return found <= before * (1 + 1e-10)


@pytest.mark.parametrize("name", RADIAL)
def test_the_bound_that_is_minimised_lies_above(name):
    for run, S, T, start, value in cases(name):
        if len(start.rows):
            norms = np.linalg.norm(start.B, axis=1)
            moved = reduced_rank(S, T, run.penalty.slope(norms) / norms + L2, 2)
            assert not_above(value(Factors(start.rows, *moved)), value(start))


@pytest.mark.parametrize("by_tangent", [True, False])
@pytest.mark.parametrize("name", RADIAL)
def test_to_sweep(name, by_tangent):
    if by_tangent and name == "elastic_net":
        name = "group_lasso"
    for run, S, T, start, value in cases(name):
        B, L = start.B.copy(), run.curvatures[start.rows]
        run._sweep(S, T @ start.V, L, B, by_tangent)
        assert not_above(value(Factors(start.rows, B, start.V)), value(start))


@pytest.mark.parametrize("name", RADIAL)
def test_to_drop(name):
    n_dropped = 0
    for run, S, T, start, value in cases(name):
        keep = run._kept(S, T, run.curvatures[start.rows], start.B, start.V)
        n_dropped += (~keep).sum()
        assert not_above(value(Factors(start.rows[keep], start.B[keep], start.V)), value(start))
    assert n_dropped


@pytest.mark.parametrize("name", RADIAL)
def test_to_add(name):
    n_added = 0
    for run, _, _, start, value in cases(name):
        while run.add():
            n_added += 1
            assert not_above(value(run.factors), value(start))
            assert len(np.unique(run.factors.rows)) == len(run.factors.rows)
            if n_added > 20:
                break
    assert n_added
