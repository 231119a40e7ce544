"""Other programs and exhaustive search know the minimum."""

from itertools import combinations

import numpy as np
import pytest
from scipy import linalg
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
    MultiTaskElasticNet,
    MultiTaskLasso,
    Ridge,
)

from sgnn import SparseReducedRankRegressor
from sgnn.penalties import ElasticNet
from tests.reduced_rank.tasks import centred, draw, objective

PRECISE = {"tol": 1e-13, "max_iter": 100_000}
X, Y = draw()


@pytest.mark.parametrize("alpha", [0.02, 0.2, 0.6])
def test_without_a_bound_on_the_rank_it_is_the_multi_task_lasso(alpha):
    other = MultiTaskLasso(alpha, tol=1e-12, max_iter=100_000).fit(X, Y)
    reg = SparseReducedRankRegressor(None, alpha=alpha, **PRECISE).fit(X, Y)
    np.testing.assert_allclose(reg.coef_, other.coef_, atol=2e-6)
    np.testing.assert_allclose(reg.intercept_, other.intercept_, atol=1e-5)
    assert np.array_equal(reg.support_, other.coef_.any(axis=0))


@pytest.mark.parametrize(
    "parameters",
    [
        {"alpha": 0.21, "l2": 0.09},
        {"penalty": ElasticNet(l1_ratio=0.7), "alpha": 0.3},
    ],
)
def test_with_a_ridge_it_is_the_multi_task_elastic_net(parameters):
    other = MultiTaskElasticNet(0.3, l1_ratio=0.7, tol=1e-12, max_iter=100_000).fit(X, Y)
    reg = SparseReducedRankRegressor(None, **parameters, **PRECISE).fit(X, Y)
    np.testing.assert_allclose(reg.coef_, other.coef_, atol=3e-6)


def test_of_one_target_it_is_the_lasso():
    other = Lasso(0.2, tol=1e-12).fit(X, Y[:, 0])
    reg = SparseReducedRankRegressor(alpha=0.2, **PRECISE).fit(X, Y[:, 0])
    np.testing.assert_allclose(reg.coef_, other.coef_, atol=5e-7)
    assert reg.predict(X).shape == (len(X),)
    np.testing.assert_allclose(reg.predict(X), other.predict(X), atol=1e-5)


@pytest.mark.parametrize(
    ("l2", "other"), [(0, LinearRegression()), (0.1, Ridge(alpha=0.1 * len(X)))]
)
@pytest.mark.parametrize("n_components", [None, 6, 50])
def test_without_penalty_and_bound_it_is_least_squares(n_components, l2, other):
    reg = SparseReducedRankRegressor(n_components, alpha=0, l2=l2).fit(X, Y)
    np.testing.assert_allclose(reg.coef_, other.fit(X, Y).coef_, atol=1e-12)
    assert reg.n_components_ == Y.shape[1]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_without_penalty_it_is_reduced_rank_regression(k):
    Xc, Yc = centred(X, Y)
    C = np.linalg.lstsq(Xc, Yc, rcond=None)[0]
    V = np.linalg.svd(Xc @ C)[2][:k].T
    reg = SparseReducedRankRegressor(k, alpha=0).fit(X, Y)
    np.testing.assert_allclose(reg.coef_.T, C @ V @ V.T, atol=1e-12)


def test_more_features_than_samples_have_the_coefficients_of_least_norm():
    X, Y = draw(n=15, p=40)
    Xc, Yc = centred(X, Y)
    reg = SparseReducedRankRegressor(None, alpha=0).fit(X, Y)
    np.testing.assert_allclose(reg.coef_.T, np.linalg.pinv(Xc, rcond=1e-10) @ Yc, atol=1e-10)


def test_of_rank_one_no_direction_of_two_targets_is_better():
    """With V fixed the rest is a lasso, so angles of V and the Lasso know the minimum."""
    excess = []
    for seed in range(8):
        X, Y = draw(n=40, p=6, q=2, n_relevant=3, noise=1.5, seed=seed)
        Xc, Yc = centred(X, Y)
        largest = np.linalg.norm(Xc.T @ Yc, axis=1).max() / len(X)
        alpha = largest * np.random.default_rng(seed).uniform(0.05, 0.7)
        reg = SparseReducedRankRegressor(1, alpha=alpha, tol=1e-12, max_iter=10_000).fit(X, Y)
        found = objective(X, Y, reg.coef_.T, "group_lasso", alpha)
        best, lasso = np.inf, Lasso(alpha, fit_intercept=False, tol=1e-8, max_iter=100_000)
        for angle in np.linspace(0, np.pi, 91):
            v = np.array([np.cos(angle), np.sin(angle)])
            C = np.outer(lasso.fit(Xc, Yc @ v).coef_, v)
            best = min(best, objective(X, Y, C, "group_lasso", alpha))
        excess.append((found - best) / np.square(Yc).mean())
    assert max(excess) < 1e-6


def best_of_all_supports(X, Y, alpha, k):
    Xc, Yc = centred(X, Y)
    best = objective(X, Y, np.zeros((X.shape[1], Y.shape[1])), "l0", alpha)
    for size in range(1, X.shape[1] + 1):
        for support in map(list, combinations(range(X.shape[1]), size)):
            C = np.zeros((X.shape[1], Y.shape[1]))
            least = np.linalg.lstsq(Xc[:, support], Yc, rcond=None)[0]
            V = linalg.svd(Xc[:, support] @ least, full_matrices=False)[2][:k].T
            C[support] = least @ V @ V.T
            best = min(best, objective(X, Y, C, "l0", alpha))
    return best


def test_counting_is_near_the_best_of_all_supports():
    """Most often it is the best: a local method cannot promise more."""
    excess = []
    for seed in range(100, 112):
        X, Y = draw(n=30, p=6, q=4, n_relevant=3, noise=2, correlation=0.5, seed=seed)
        Xc, Yc = centred(X, Y)
        pull = np.linalg.norm(Xc.T @ Yc, axis=1).max() / len(X)
        alpha = (pull * np.random.default_rng(seed).uniform(0.1, 0.6)) ** 2 / 2
        reg = SparseReducedRankRegressor(2, penalty="l0", alpha=alpha, tol=1e-10).fit(X, Y)
        found = objective(X, Y, reg.coef_.T, "l0", alpha)
        best = best_of_all_supports(X, Y, alpha, 2)
        assert found > best * (1 - 1e-9)
        excess.append((found - best) / np.square(Yc).sum(axis=1).mean() * 2)
    assert max(excess) < 0.05
    assert np.mean(np.array(excess) < 1e-6) >= 0.6


def test_where_the_convex_minimum_has_low_rank_the_bound_changes_nothing():
    """Without noise the rows of the coefficients lie in the plane of the targets."""
    X, Y = draw(noise=0)
    free = SparseReducedRankRegressor(None, alpha=0.3, **PRECISE).fit(X, Y)
    bound = SparseReducedRankRegressor(2, alpha=0.3, **PRECISE).fit(X, Y)
    assert np.linalg.matrix_rank(free.coef_, tol=1e-6) == 2
    np.testing.assert_allclose(bound.coef_, free.coef_, atol=1e-5)
