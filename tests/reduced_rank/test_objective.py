"""Every shape: the objective never rises, and where it ends no row gains by moving alone."""

import numpy as np
import pytest

from sgnn import SparseReducedRankRegressor
from sgnn.penalties import MCP, SCAD, CappedL1, ElasticNet, LogSum, TransformedL1
from tests.reduced_rank.tasks import RADIAL, centred, cost, draw, objective

SHAPES = [
    *RADIAL,
    MCP(gamma=1.2),
    SCAD(gamma=2.5),
    CappedL1(1e-3),
    LogSum(1e-4),
    TransformedL1(0.05),
]
SHAPES += [ElasticNet(l1_ratio=0), ElasticNet(l1_ratio=1)]
DATA = {
    "tall": draw(),
    "wide": draw(n=25, p=60),
    "many targets": draw(n=30, p=10, q=80),
    "twins": (np.hstack([draw()[0][:, :6]] * 2), draw()[1]),
    "scales": (draw()[0] * np.geomspace(1e-2, 1e2, 20), draw()[1]),
}


def alphas(X, Y):
    """Return three strengths from a weak to a strong one, in the units of the data."""
    Xc, Yc = centred(X, Y)
    return np.array([0.01, 0.1, 0.5]) * np.linalg.norm(Xc.T @ Yc, axis=1).max() / len(X)


@pytest.mark.filterwarnings("ignore:alpha=.* left no feature:UserWarning")
@pytest.mark.filterwarnings("ignore:The objective still fell:UserWarning")
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("penalty", SHAPES, ids=repr)
def test_the_objective_never_rises_and_is_what_is_written(penalty, name):
    X, Y = DATA[name]
    at_zero = objective(X, Y, np.zeros((X.shape[1], Y.shape[1])), penalty, 1.0)
    for alpha, k, l2 in zip(alphas(X, Y), (None, 2, 1), (0.0, 0.0, 0.05), strict=True):
        reg = SparseReducedRankRegressor(k, penalty=penalty, alpha=alpha, l2=l2, max_iter=200)
        reg.fit(X, Y)
        curve = np.array(reg.objective_curve_)
        assert (np.diff(curve) <= 1e-13 * at_zero).all()
        C = reg.coef_.T
        found = objective(X, Y, C, penalty, alpha, l2)
        assert found == pytest.approx(curve[-1] if len(curve) else at_zero, rel=1e-9)
        assert found <= at_zero * (1 + 1e-12)
        assert np.linalg.matrix_rank(C) == reg.n_components_ <= (k or Y.shape[1])
        assert np.array_equal(C.any(axis=1), reg.support_)


@pytest.mark.filterwarnings("ignore:alpha=.* left no feature:UserWarning")
@pytest.mark.parametrize("name", ["tall", "wide", "many targets", "scales"])
@pytest.mark.parametrize("penalty", SHAPES, ids=repr)
def test_no_row_gains_by_moving_along_its_pull(penalty, name):
    """Brute force over the norm of each row, all others fixed; new rows are tried too."""
    X, Y = DATA[name]
    Xc, Yc = centred(X, Y)
    total = np.square(Yc).sum() / len(X)
    for alpha in alphas(X, Y)[1:]:
        reg = SparseReducedRankRegressor(penalty=penalty, alpha=alpha, tol=1e-10, max_iter=10_000)
        reg.fit(X, Y)
        B, V = reg.x_rotations_, reg.y_loadings_
        V = V if V.size else np.linalg.svd(Xc.T @ Yc)[2][:2].T
        B = B if B.size else np.zeros((X.shape[1], 2))
        residual = Yc - Xc @ B @ V.T
        for j in range(X.shape[1]):
            x = Xc[:, j]
            curvature = x @ x / len(X)
            pull = x @ (residual @ V) / len(X) + curvature * B[j]
            norm = np.linalg.norm(pull)
            sizes = np.append(np.linspace(0, 2 * norm / curvature, 2001), np.linalg.norm(B[j]))
            values = curvature * sizes**2 / 2 - norm * sizes + cost(penalty, alpha, sizes)
            here = values[-1] + norm * sizes[-1] - pull @ B[j]
            assert here - values.min() <= 1e-6 * total, j


def test_scaled_targets_scale_the_coefficients_where_the_shape_allows_it():
    X, Y = draw()
    for penalty in "group_lasso", "scad", "mcp", "l0", "l_half":
        reg = SparseReducedRankRegressor(penalty=penalty, tol=1e-10).fit(X, Y)
        for factor in 1e-6, 10.0, 1e9:
            scaled = SparseReducedRankRegressor(penalty=penalty, tol=1e-10).fit(X, factor * Y)
            np.testing.assert_allclose(scaled.coef_ / factor, reg.coef_, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("penalty", ["group_lasso", "scad", "mcp", "elastic_net"])
def test_the_largest_pull_is_the_least_strength_that_leaves_nothing(penalty):
    X, Y = draw()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    slope = 0.5 if penalty == "elastic_net" else 1.0
    largest = np.linalg.norm(X.T @ (Y - Y.mean(axis=0)), axis=1).max() / len(X) / slope
    with pytest.warns(UserWarning, match="left no feature"):
        reg = SparseReducedRankRegressor(penalty=penalty, alpha=1.0001 * largest).fit(X, Y)
    assert not reg.coef_.any()
    np.testing.assert_allclose(reg.predict(X), np.broadcast_to(Y.mean(axis=0), Y.shape))
    assert SparseReducedRankRegressor(penalty=penalty, alpha=0.99 * largest).fit(X, Y).coef_.any()


@pytest.mark.parametrize(("penalty", "share"), [("group_lasso", 0.1), ("scad", 0.2), ("l0", 0.2)])
def test_auto_is_the_strength_that_holds_a_share_of_the_pulls(penalty, share):
    X, Y = draw()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    pull = np.linalg.norm(X.T @ (Y - Y.mean(axis=0)), axis=1).max() / len(X)
    expected = (share * pull) ** 2 / 2 if penalty == "l0" else share * pull
    assert SparseReducedRankRegressor(penalty=penalty).fit(X, Y).alpha_ == pytest.approx(expected)
