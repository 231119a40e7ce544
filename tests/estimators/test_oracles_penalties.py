"""More penalties meant literally: linear models against references and the written objective.

Without hidden layers the estimators must find the coefficients of scikit-learn's and skglm's
solvers, or the minimum of the objective written out with numpy, whatever the optimiser.
"""

import sys
from contextlib import contextmanager
from functools import cache

import numba
import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import ElasticNet as ReferenceElasticNet
from sklearn.linear_model import Lasso

from sgnn import SparseMLPRegressor
from sgnn.penalties import (
    CGES,
    MCP,
    SCAD,
    CappedL1,
    ElasticNet,
    ExclusiveLasso,
    GroupLasso,
    L1MinusL2,
    LHalf,
    NeuronLasso,
    TransformedL1,
)

N_SAMPLES = 160
# Concave penalties flatten the objective, and their proxes jump where a step exceeds gamma, as the
# steps of "adam" may where gradients vanish: more epochs, and a smaller rate.
SLOW = {"sgd": {"max_iter": 500}, "adam": {"max_iter": 900, "learning_rate_init": 0.01}}
SOLVERS = {
    "sgd": {
        "solver": "sgd",
        "momentum": 0.8,
        "learning_rate": "constant",
        "learning_rate_init": 0.1,
        "max_iter": 250,
    },
    "adam": {
        "solver": "adam",
        "learning_rate": "cosine",
        "learning_rate_init": 0.05,
        "max_iter": 500,
    },
}


@cache
def make_data():
    rng = np.random.RandomState(0)
    X = rng.randn(N_SAMPLES, 8)
    X[:, 1] += 0.5 * X[:, 0]
    X[:, 7] -= 0.4 * X[:, 2]
    w = np.array([2.0, -1.0, 0.5, 0, 0, 0, 0, 0])
    y = X @ w + 0.3 * rng.randn(N_SAMPLES) + 1.5
    noise = 0.2 * rng.randn(N_SAMPLES, 2)
    Y = np.column_stack([y, X[:, 0] - 0.5 * X[:, 4], X[:, 2]]) + np.c_[0 * y, noise]
    return X, y, Y


def least_curvature():
    return np.linalg.eigvalsh(np.cov(make_data()[0].T, bias=True))[0]


def fit(penalty, alpha, solver, y, **parameters):
    settings = {"batch_size": N_SAMPLES, "tol": 0, "n_iter_no_change": np.inf, "random_state": 0}
    settings |= {**SOLVERS[solver], **parameters}
    model = SparseMLPRegressor((), penalty=penalty, alpha=alpha, **settings)
    model.fit(make_data()[0], y)
    return model.expand()[0][0], model.intercepts_[0]


def assert_equal(found, coef, intercept, tolerance=1e-5):
    coef = coef.reshape(found[0].shape)
    assert 0 < np.count_nonzero(coef) < coef.size, "an oracle without zeros proves little"
    np.testing.assert_allclose(found[0], coef, rtol=0, atol=tolerance)
    np.testing.assert_allclose(found[1], np.ravel(intercept), rtol=0, atol=tolerance)
    np.testing.assert_array_equal(found[0] != 0, coef != 0)


@contextmanager
def interpreted_skglm():
    """Give skglm without its compiler, which takes longer than all these tests, and forget it."""
    if "skglm" in sys.modules:
        yield sys.modules["skglm"]
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "DISABLE_JIT", True)
        import skglm

        patch.setattr(skglm.penalties.separable, "bool_", bool)
        patch.setattr(skglm.penalties.block_separable, "bool_", bool, raising=False)
        yield skglm
    for name in [name for name in sys.modules if name.split(".")[0] == "skglm"]:
        del sys.modules[name]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("alpha", [0.1, 0.4])
@pytest.mark.parametrize("l1_ratio", [0.2, 0.8])
def test_elastic_net_equals_that_of_scikit_learn(l1_ratio, alpha, solver):
    X, y, _ = make_data()
    model = ReferenceElasticNet(alpha=alpha, l1_ratio=l1_ratio, tol=1e-14, max_iter=100_000)
    model.fit(X, y)
    found = fit(ElasticNet(l1_ratio), alpha, solver, y)
    assert_equal(found, model.coef_, model.intercept_)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "penalty",
    [TransformedL1(1e9), CappedL1(1e9), CappedL1(1e9, groups="weights")],
    ids=lambda penalty: type(penalty).__name__ + penalty.groups,
)
def test_limits_equal_the_lasso_of_scikit_learn(penalty, solver):
    """Groups of one output are single weights."""
    X, y, _ = make_data()
    model = Lasso(0.2, tol=1e-14, max_iter=100_000).fit(X, y)
    assert_equal(fit(penalty, 0.2, solver, y), model.coef_, model.intercept_)


@cache
def skglm_solution(kind, alpha, gamma, n_outputs):
    """Unique, because the penalty's concavity is below the least curvature of the loss."""
    X, y, Y = make_data()
    concavity = 1 / (gamma - 1 if kind == "scad" else gamma)
    assert least_curvature() > concavity
    with interpreted_skglm() as skglm:
        from skglm import datafits, penalties, solvers

        if n_outputs == 1:
            penalty = {"mcp": penalties.MCPenalty, "scad": penalties.SCAD}[kind](alpha, gamma)
            datafit, solver, target = datafits.Quadratic(), solvers.AndersonCD(tol=1e-13), y
        else:
            penalty = {"mcp": penalties.BlockMCPenalty, "scad": penalties.BlockSCAD}[kind]
            penalty = penalty(alpha, gamma)
            datafit, solver, target = datafits.QuadraticMultiTask(), None, Y[:, :n_outputs]
            solver = solvers.MultiTaskBCD(tol=1e-13)
        model = skglm.GeneralizedLinearEstimator(datafit, penalty, solver)
        model.fit(np.asfortranarray(X), np.asfortranarray(target))
    return model.coef_.reshape(X.shape[1], -1), model.intercept_


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("alpha", [0.05, 0.3])
@pytest.mark.parametrize(("kind", "gamma"), [("mcp", 3.0), ("scad", 3.7)])
def test_mcp_and_scad_on_weights_equal_those_of_skglm(kind, gamma, alpha, solver):
    coef, intercept = skglm_solution(kind, alpha, gamma, 1)
    penalty = {"mcp": MCP, "scad": SCAD}[kind](gamma, groups="weights")
    found = fit(penalty, alpha, solver, make_data()[1], **SLOW[solver])
    assert_equal(found, coef, intercept)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("alpha", [0.1, 0.4])
@pytest.mark.parametrize(("kind", "gamma"), [("mcp", 3.0), ("scad", 3.7)])
def test_mcp_and_scad_on_groups_equal_those_of_skglm(kind, gamma, alpha, solver):
    coef, intercept = skglm_solution(kind, alpha, gamma, 3)
    penalty = {"mcp": MCP, "scad": SCAD}[kind](gamma, size_scaling=False)
    found = fit(penalty, alpha, solver, make_data()[2], **SLOW[solver])
    assert_equal(found, coef, intercept)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("kind", "gamma"), [("mcp", 3.0), ("scad", 3.7)])
def test_blocks_of_one_column_are_groups_of_one_weight(kind, gamma, solver):
    coef, intercept = skglm_solution(kind, 0.3, gamma, 1)
    penalty = {"mcp": MCP, "scad": SCAD}[kind](gamma)
    blocks = [[column] for column in range(8)]
    found = fit(penalty, 0.3, solver, make_data()[1], feature_groups=blocks, **SLOW[solver])
    assert_equal(found, coef, intercept)


def loss(coef, intercept, y):
    X = make_data()[0]
    residuals = X @ coef + intercept - y.reshape(N_SAMPLES, -1)
    return 0.5 * (residuals**2).sum(axis=1).mean()


INCOMING = [NeuronLasso(), GroupLasso(groups="incoming")]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("alpha", [0.05, 0.3])
@pytest.mark.parametrize("penalty", [*INCOMING, NeuronLasso(0.3)], ids=repr)
def test_incoming_groups_of_one_output_minimise_the_norm_of_all_with_the_bias(
    penalty, alpha, solver
):
    """The reference splits each parameter into two that are not negative."""
    X, y, _ = make_data()
    coef, intercept = fit(penalty, alpha, solver, y)
    l1_ratio = getattr(penalty, "l1_ratio", 0.0)

    def objective(theta):
        norms = (1 - l1_ratio) * 3 * np.linalg.norm(theta) + l1_ratio * np.abs(theta).sum()
        return loss(theta[:8, None], theta[8:], y) + alpha * norms

    def split_objective(parts):
        theta = parts[:9] - parts[9:]
        norm = np.linalg.norm(theta)
        slope = X1.T @ (X1 @ theta - y) / N_SAMPLES + alpha * (1 - l1_ratio) * 3 * theta / norm
        value = loss(theta[:8, None], theta[8:], y) + alpha * (1 - l1_ratio) * 3 * norm
        ridge = alpha * l1_ratio
        return value + ridge * parts.sum(), np.concatenate([slope + ridge, ridge - slope])

    theta = np.append(coef, intercept)
    X1 = np.column_stack([X, np.ones(N_SAMPLES)])
    start = np.linalg.lstsq(X1, y, rcond=None)[0]
    start = np.concatenate([np.maximum(start, 0), np.maximum(-start, 0)])
    options = {"maxiter": 5000, "ftol": 1e-16, "gtol": 1e-10}
    best = minimize(
        split_objective,
        start,
        jac=True,
        bounds=[(0, None)] * 18,
        method="L-BFGS-B",
        options=options,
    )
    np.testing.assert_allclose(theta, best.x[:9] - best.x[9:], rtol=0, atol=1e-5)
    assert objective(theta) <= best.fun + 1e-10
    assert np.count_nonzero(theta) == 9 or l1_ratio


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("penalty", INCOMING, ids=repr)
def test_a_strong_norm_of_all_leaves_nothing_but_the_mean(penalty, solver):
    """It does where the gradient at zero, with the bias, has a norm below that of the penalty."""
    X, y, _ = make_data()
    X1 = np.column_stack([X, np.ones(N_SAMPLES)])
    edge = np.linalg.norm(X1.T @ y) / N_SAMPLES / 3
    with pytest.warns(UserWarning, match="left no weight"):
        coef, intercept = fit(penalty, 1.02 * edge, solver, y)
    assert (coef == 0).all()
    assert intercept == pytest.approx(y.mean(), rel=1e-6)
    coef, intercept = fit(penalty, 0.95 * edge, solver, y)
    assert (coef != 0).all()
    assert intercept != 0


def squared_l1(coef):
    return 0.5 * (np.abs(coef).sum(axis=1) ** 2).sum()


# The penalty, and its formula on the coefficients of 8 inputs and 3 outputs and on the biases.
CONVEX = {
    "exclusive": (ExclusiveLasso(), lambda w, b: squared_l1(w)),
    "exclusive, incoming": (
        ExclusiveLasso(groups="incoming"),
        lambda w, b: squared_l1(np.vstack([w, b]).T),
    ),
    "cges": (
        CGES(0.3),
        lambda w, b: 0.7 * np.linalg.norm(w, axis=1).sum() + 0.3 * squared_l1(w),
    ),
    "cges, incoming": (
        CGES(0.5, groups="incoming"),
        lambda w, b: (
            0.5 * np.linalg.norm(np.vstack([w, b]), axis=0).sum()
            + 0.5 * squared_l1(np.vstack([w, b]).T)
        ),
    ),
    "neuron lasso": (
        NeuronLasso(0.3),
        lambda w, b: (
            0.7 * 3 * np.linalg.norm(np.vstack([w, b]), axis=0).sum()
            + 0.3 * np.abs(np.vstack([w, b])).sum()
        ),
    ),
}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("alpha", [0.05, 0.3])
@pytest.mark.parametrize("name", CONVEX)
def test_no_direction_leads_down_from_the_fit_of_a_convex_penalty(name, alpha, solver):
    """Directions are random, on all parameters, on the support, and along single ones."""
    penalty, formula = CONVEX[name]
    Y = make_data()[2]
    coef, intercept = fit(penalty, alpha, solver, Y)

    def objective(w, b):
        return loss(w, b, Y) + alpha * formula(w, b)

    here = objective(coef, intercept)
    assert here < objective(np.zeros_like(coef), Y.mean(axis=0)) - 1e-3
    assert np.count_nonzero(coef) < coef.size
    rng = np.random.RandomState(0)
    theta = np.vstack([coef, intercept])
    directions = [*rng.randn(150, *theta.shape), *(rng.randn(150, *theta.shape) * (theta != 0))]
    directions += [one * theta for one in (1, -1)]
    for index in np.ndindex(theta.shape):
        for sign in (1, -1):
            directions.append(np.zeros_like(theta))
            directions[-1][index] = sign
    for direction in directions:
        for length in (1e-3, 1e-5, 1e-7):
            there = theta + length * direction / np.linalg.norm(direction)
            assert objective(there[:-1], there[-1]) >= here - 1e-9 * length ** (1 / 3)


# Not convex. The penalty, and its formula.
CONCAVE = {
    "l1 minus l2": (
        L1MinusL2(),
        lambda w: (np.abs(w).sum(axis=1) - np.linalg.norm(w, axis=1)).sum(),
    ),
    "l1 minus half l2": (
        L1MinusL2(0.5),
        lambda w: (np.abs(w).sum(axis=1) - 0.5 * np.linalg.norm(w, axis=1)).sum(),
    ),
    "l half": (LHalf(groups="weights"), lambda w: np.sqrt(np.abs(w)).sum()),
    "l half of groups": (
        LHalf(),
        lambda w: 3**0.5 * np.sqrt(np.linalg.norm(w, axis=1)).sum(),
    ),
}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("alpha", [0.03, 0.15])
@pytest.mark.parametrize("name", CONCAVE)
def test_no_coefficient_can_be_improved_alone_under_a_concave_penalty(name, alpha, solver):
    """All values near a kept coefficient are worse, and all values up to 0.1 in place of a zero.

    Every zero is a local minimum under the power 1/2, and "adam" stops at one that is not the
    best: there only values up to (alpha / slope)**2 are compared.
    """
    penalty, formula = CONCAVE[name]
    Y = make_data()[2]
    settings = {"adam": {"max_iter": 700}, "sgd": {"max_iter": 350}}[solver]
    coef, intercept = fit(penalty, alpha, solver, Y, **settings)
    assert 0 < np.count_nonzero(coef) < coef.size

    def objective(w):
        return loss(w, intercept, Y) + alpha * formula(w)

    here = objective(coef)
    X = make_data()[0]
    slope = X.T @ (X @ coef + intercept - Y) / N_SAMPLES
    moves = np.concatenate([10.0 ** np.arange(-7, -1), np.linspace(0.02, 0.1, 9)])
    for index in np.ndindex(coef.shape):
        reach = min(1.0, 2 * np.abs(coef[index])) if coef[index] else 1.0
        if coef[index] == 0 and name.startswith("l half") and solver == "adam":
            reach = min(1.0, 5 * (alpha / np.abs(slope[index])) ** 2)
        for move in (*moves, *-moves):
            changed = coef.copy()
            changed[index] += reach * move
            assert objective(changed) >= here - 1e-9, (index, reach * move)


@pytest.mark.parametrize("name", CONVEX)
def test_the_objective_reported_is_the_written_one(name):
    penalty, formula = CONVEX[name]
    X, _, Y = make_data()
    settings = {"batch_size": N_SAMPLES, "tol": 0, "n_iter_no_change": np.inf, "random_state": 0}
    settings |= {**SOLVERS["sgd"], "max_iter": 120}
    model = SparseMLPRegressor((), penalty=penalty, alpha=0.2, **settings).fit(X, Y)
    coef, intercept = model.expand()[0][0], model.intercepts_[0]
    expected = loss(coef, intercept, Y) + 0.2 * formula(coef, intercept)
    assert model.objective_curve_[-1] == pytest.approx(expected, rel=1e-5)
