"""The objective is what the formula says."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from sgnn.penalties import L1, MCP, GroupLasso, LogSum, SparseGroupLasso
from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    mean_loss,
    regressor,
    task,
    weights_equal,
)


def all_weights(layers):
    return np.concatenate([coef.ravel() for coef, _ in layers])


def outgoing(layers):
    """Return the norms and the sizes of the rows of all layers."""
    norms = np.concatenate([np.sqrt((coef**2).sum(axis=1)) for coef, _ in layers])
    return norms, np.concatenate([np.full(len(coef), coef.shape[1]) for coef, _ in layers])


def incoming(layers):
    """Return the norms and the sizes of the columns, each with its bias, of all layers."""
    norms = np.concatenate([np.sqrt((coef**2).sum(axis=0) + bias**2) for coef, bias in layers])
    return norms, np.concatenate([np.full(coef.shape[1], len(coef) + 1) for coef, _ in layers])


def lasso(alpha, layers):
    return alpha * np.abs(all_weights(layers)).sum()


def group_lasso(alpha, groups, scaled=True):
    norms, sizes = groups
    return alpha * np.sum(norms * (np.sqrt(sizes) if scaled else 1))


def mcp(alpha, gamma, groups, scaled=True):
    norms, sizes = groups
    inner = alpha * norms - norms**2 / (2 * gamma)
    values = np.where(norms <= gamma * alpha, inner, gamma * alpha**2 / 2)
    return np.sum(values * (np.sqrt(sizes) if scaled else 1))


def log_sum(alpha, eps, groups):
    norms, sizes = groups
    return alpha * np.sum(np.sqrt(sizes) * eps * np.log(1 + norms / eps))


def single(layers):
    weights = np.abs(all_weights(layers))
    return weights, np.ones_like(weights)


# penalty, value of alpha * Omega
OBJECTIVES = [
    (None, lambda a, layers: 0.0),
    ("l1", lasso),
    ("group_lasso", lambda a, layers: group_lasso(a, outgoing(layers))),
    (GroupLasso(groups="incoming"), lambda a, layers: group_lasso(a, incoming(layers))),
    (GroupLasso(size_scaling=False), lambda a, layers: group_lasso(a, outgoing(layers), False)),
    (
        SparseGroupLasso(0.3),
        lambda a, layers: 0.7 * group_lasso(a, outgoing(layers)) + 0.3 * lasso(a, layers),
    ),
    (
        SparseGroupLasso(0.3, groups="incoming"),
        lambda a, layers: 0.7 * group_lasso(a, incoming(layers)) + 0.3 * lasso(a, layers),
    ),
    ("mcp", lambda a, layers: mcp(a, 3.0, outgoing(layers))),
    (MCP(1.5, groups="weights"), lambda a, layers: mcp(a, 1.5, single(layers))),
    (MCP(2.0, size_scaling=False), lambda a, layers: mcp(a, 2.0, outgoing(layers), False)),
    ("log_sum", lambda a, layers: log_sum(a, 0.1, outgoing(layers))),
    (LogSum(0.3, groups="incoming"), lambda a, layers: log_sum(a, 0.3, incoming(layers))),
    (
        ["l1", "group_lasso"],
        lambda a, layers: lasso(a, layers) + group_lasso(a, outgoing(layers)),
    ),
    (
        [L1(), MCP()],
        lambda a, layers: lasso(a, layers) + mcp(a, 3.0, outgoing(layers)),
    ),
]
CASE_IDS = [repr(penalty) for penalty, _ in OBJECTIVES]


def assert_objective(model, value, X, y, sample_weight=None, rel=1e-8):
    """Recompute loss + alpha * Omega + l2 / 2 * sum of squares from the expanded network."""
    layers = list(zip(*model.expand(), strict=True))
    ridge = 0.5 * model.l2 * np.sum(all_weights(layers) ** 2)
    loss = mean_loss(model, X, y, sample_weight)
    penalty = value(model.alpha_, layers)
    assert model.objective_curve_[-1] - model.loss_curve_[-1] == pytest.approx(penalty + ridge)
    assert model.loss_curve_[-1] == pytest.approx(loss, rel=rel)
    assert model.objective_curve_[-1] == pytest.approx(loss + penalty + ridge, rel=rel)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "multioutput", "deep"])
@pytest.mark.parametrize(("penalty", "value"), OBJECTIVES, ids=CASE_IDS)
def test_the_objective_of_any_network_is_what_the_formula_says(penalty, value, name, weighted):
    """Steps too small to matter, so that the loss is that of the weights that are returned."""
    model, X, y = task(name)
    weight = np.random.default_rng(0).uniform(0, 3, len(X)) if weighted else None
    model.set_params(
        **{"penalty": penalty, "alpha": 0.07, "l2": 0.03, "solver": "sgd", "momentum": 0},
        **{"learning_rate_init": 1e-12, "max_iter": 1, "batch_size": 1000},
    )
    model.fit(X, y, sample_weight=weight)
    assert model.sparsity_ == 0
    assert_objective(model, value, X, y, weight)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "multioutput"])
@pytest.mark.parametrize(("penalty", "value"), OBJECTIVES, ids=CASE_IDS)
def test_the_last_objective_is_that_of_a_trained_linear_model(penalty, value, name):
    model, X, y = task(name)
    X = np.hstack([X, np.zeros((len(X), 2))])
    model.set_params(
        **{"hidden_layer_sizes": (), "penalty": penalty, "alpha": 0.05, "l2": 0.01},
        **{"batch_size": 1000, "learning_rate_init": 0.05, "max_iter": 200},
    )
    model.fit(X, y)
    if "incoming" not in repr(penalty):
        assert model.support_[-2:].any() == (penalty is None)
    assert_objective(model, value, X, y, rel=1e-4)
    assert model.objective_curve_[-1] < model.objective_curve_[0]


@pytest.mark.parametrize("penalty", ["l1", "group_lasso"])
def test_the_last_objective_is_that_of_a_trained_network(penalty):
    """The curve also counts what is left on the other side of removed units: a little more."""
    value = dict(pair for pair in OBJECTIVES if isinstance(pair[0], str))[penalty]
    model = regressor(penalty=penalty, alpha=0.03, batch_size=1000, max_iter=100, l2=0.001)
    model.set_params(warm_start=True).fit(DIABETES_X, DIABETES_Y)
    assert model.n_neurons_[1] < 12
    layers = list(zip(*model.expand(), strict=True))
    terms = value(0.03, layers) + 0.0005 * np.sum(all_weights(layers) ** 2)
    last = model.objective_curve_[-1]
    assert model.loss_curve_[-1] == pytest.approx(
        mean_loss(model, DIABETES_X, DIABETES_Y), rel=1e-4
    )
    assert terms * (1 - 1e-9) <= last - model.loss_curve_[-1] < 1.1 * terms
    model.set_params(solver="sgd", learning_rate_init=1e-12, max_iter=1)
    before = model.loss_curve_[-1]
    model.fit(DIABETES_X, DIABETES_Y)
    assert model.loss_curve_ == pytest.approx([before], rel=1e-4)
    assert model.objective_curve_[0] > last * (1 - 1e-4)


def test_the_objective_counts_feature_groups_as_one():
    groups = [[0, 3, 4], [1, 2]]
    model = regressor(
        feature_groups=groups, alpha=0.03, hidden_layer_sizes=(), batch_size=1000, max_iter=60
    ).fit(DIABETES_X, DIABETES_Y)
    (coef,), _ = model.expand()
    blocks = [*groups, *([column] for column in range(5, 10))]
    norms = [np.sqrt(len(block)) * np.linalg.norm(coef[block]) for block in blocks]
    difference = model.objective_curve_[-1] - model.loss_curve_[-1]
    assert difference == pytest.approx(0.03 * sum(norms))


def test_l2_is_that_of_ridge_regression():
    n_samples = len(DIABETES_X)
    model = regressor(
        **{"hidden_layer_sizes": (), "penalty": None, "l2": 0.3, "batch_size": n_samples},
        **{"learning_rate_init": 0.05, "max_iter": 300},
    ).fit(DIABETES_X, DIABETES_Y)
    ridge = Ridge(alpha=0.3 * n_samples).fit(DIABETES_X, DIABETES_Y)
    np.testing.assert_allclose(model.coefs_[0].ravel(), ridge.coef_, atol=1e-5)
    np.testing.assert_allclose(model.intercepts_[0], ridge.intercept_, atol=1e-5)


def test_no_penalty_leaves_a_dense_network_and_alpha_without_effect():
    model = regressor(penalty=None).fit(DIABETES_X, DIABETES_Y)
    assert model.sparsity_ == 0
    assert model.n_neurons_ == (10, 12, 1)
    assert model.objective_curve_ == pytest.approx(model.loss_curve_)
    assert weights_equal(model, regressor(penalty=None, alpha=100).fit(DIABETES_X, DIABETES_Y))
    without_strength = regressor(penalty="l1", alpha=0).fit(DIABETES_X, DIABETES_Y)
    for one, other in zip(without_strength.coefs_, model.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)


def test_a_list_of_penalties_is_their_sum():
    both = regressor(penalty=["l1", GroupLasso()], alpha=0.02).fit(DIABETES_X, DIABETES_Y)
    mixed = regressor(penalty=SparseGroupLasso(0.5), alpha=0.04).fit(DIABETES_X, DIABETES_Y)
    np.testing.assert_allclose(both.predict(DIABETES_X), mixed.predict(DIABETES_X), rtol=1e-8)
    np.testing.assert_array_equal(both.support_, mixed.support_)
    one = regressor(penalty=["l1"], alpha=0.02).fit(DIABETES_X, DIABETES_Y)
    assert weights_equal(one, regressor(penalty="l1", alpha=0.02).fit(DIABETES_X, DIABETES_Y))
