"""Learning, removing, refitting and predicting: what both estimators do."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from sgnn.networks.activations import ACTIVATIONS
from sgnn.penalties import GraphLogSum, GroupGraph, GroupLasso, available
from sgnn.proximal._registry import SOLVERS
from tests.estimators.tasks import (
    DIABETES_X,
    DIABETES_Y,
    IRIS_X,
    IRIS_Y,
    TASKS,
    assert_consistent,
    classifier,
    mean_loss,
    raw_outputs,
    regressor,
    task,
    weights_equal,
)

# Learning


@pytest.mark.parametrize("solver", SOLVERS.names())
@pytest.mark.parametrize("activation", ACTIVATIONS.names())
def test_every_activation_and_solver_learns_real_data(activation, solver):
    shared = {"activation": activation, "solver": solver, "max_iter": 50, "batch_size": 20}
    clf = classifier(**shared).fit(IRIS_X[::2], IRIS_Y[::2])
    assert clf.score(IRIS_X[1::2], IRIS_Y[1::2]) > 0.75
    reg = regressor(**shared).fit(DIABETES_X[::2], DIABETES_Y[::2])
    assert reg.score(DIABETES_X[1::2], DIABETES_Y[1::2]) > 0.35


@pytest.mark.parametrize("learning_rate", ["constant", "cosine", "adaptive"])
@pytest.mark.parametrize(
    "solver", [{"momentum": 0}, {"nesterovs_momentum": False}, {"momentum": 0.5}], ids=str
)
def test_every_learning_rate_and_momentum_learns(solver, learning_rate):
    clf = classifier(
        solver="sgd", learning_rate=learning_rate, learning_rate_init=0.05, batch_size=10, **solver
    )
    assert clf.fit(IRIS_X, IRIS_Y).score(IRIS_X, IRIS_Y) > 0.85


@pytest.mark.parametrize("name", TASKS)
def test_every_kind_of_target_is_learnt(name):
    model, X, y = task(name)
    assert model.fit(X, y) is model
    assert model.score(X, y) > TASKS[name][-1]
    predictions = model.predict(X)
    assert predictions.shape == y.shape
    if is_classifier(model):
        assert model.score(X, y) == np.mean((predictions == y).reshape(len(y), -1).all(axis=1))
    else:
        assert model.score(X, y) == pytest.approx(r2_score(y, predictions))


@pytest.mark.parametrize(
    ("penalty", "alpha"),
    dict(l1=0.06, group_lasso=0.04, sparse_group_lasso=0.04, mcp=0.3, log_sum=0.04).items(),
)
def test_every_penalty_finds_exact_zeros_and_removes_them(penalty, alpha):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 12))
    y = X[:, 0] + np.maximum(X[:, 1], 0) + 0.1 * rng.normal(size=200)
    model = regressor(
        **{"penalty": penalty, "alpha": alpha, "hidden_layer_sizes": (20,)},
        **{"max_iter": 100, "learning_rate_init": 0.02},
    ).fit(X, y)
    assert_consistent(model, X, 1)
    assert {0, 1} <= set(model.selected_features_)
    assert model.n_neurons_[0] <= 5
    assert 2 <= model.n_neurons_[1] <= 10
    assert model.sparsity_ > 0.8
    assert model.score(X, y) > 0.8


# Removed columns, feature groups, refit


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("name", ["linear", "deep", "refitted", "l1"])
def test_a_removed_column_has_no_effect_at_all(name, container):
    model, X, y = task(name)
    rng = np.random.default_rng(0)
    X = np.hstack([X, rng.normal(size=(len(X), 20))])
    model.set_params(alpha=0.04).fit(X, y)
    removed = ~model.support_
    assert 0 < removed.sum() < X.shape[1]
    changed = X.copy()
    changed[:, removed] = 1e6 * rng.normal(size=(len(X), removed.sum()))
    predict = model.predict_proba if is_classifier(model) else model.predict
    np.testing.assert_array_equal(predict(container(changed)), predict(container(X)))
    changed[:, ~removed] += 1.0
    assert not np.array_equal(predict(container(changed)), predict(container(X)))


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
@pytest.mark.parametrize(
    ("penalty", "alpha"),
    dict(l1=0.06, group_lasso=0.06, sparse_group_lasso=0.06, mcp=0.3, log_sum=0.3).items(),
)
def test_feature_groups_stand_or_fall_together(penalty, alpha, container):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 12))
    y = 2 * X[:, 1] + X[:, 7]
    groups = [[0, 1, 2], [3, 4, 5], [np.int64(7), 6]]
    frame = container(X)
    if container is pd.DataFrame:
        frame.columns = list("abcdefghijkl")
        groups = [["a", "b", "c"], ["d", "e", "f"], ["h", "g"]]
    model = regressor(penalty=penalty, alpha=alpha, feature_groups=groups, max_iter=80)
    model.fit(frame, y)
    support = model.support_
    assert support[[1, 7]].all()
    for group in ([0, 1, 2], [3, 4, 5], [6, 7]):
        assert len(set(support[group])) == 1
    assert not support[8:].all()
    if penalty != "mcp":  # It does not act on what the random start has made large.
        assert support.tolist() == [True] * 3 + [False] * 3 + [True] * 2 + [False] * 4
    assert model.n_neurons_[0] == support.sum()
    assert model.transform(frame).shape == (150, support.sum())
    np.testing.assert_allclose(
        model.predict(frame), raw_outputs(model, X).ravel(), rtol=1e-9, atol=1e-12
    )


def test_feature_groups_by_name_are_those_by_index():
    columns = [f"x{index}" for index in range(10)]
    frame = pd.DataFrame(DIABETES_X, columns=columns)
    by_index = regressor(feature_groups=[(0, 4), (2, 8, 9)], alpha=0.05)
    by_name = regressor(feature_groups=[("x0", "x4"), ("x2", "x8", "x9")], alpha=0.05)
    alone = regressor(feature_groups=[[3], [5]], alpha=0.05)
    for model in (by_index, by_name, alone):
        model.fit(frame, DIABETES_Y)
    assert weights_equal(by_index, by_name)
    plain = regressor(alpha=0.05).fit(DIABETES_X, DIABETES_Y)
    np.testing.assert_allclose(alone.predict(frame), plain.predict(DIABETES_X), rtol=1e-6)
    assert not weights_equal(by_index, plain)


def zero_pattern(model):
    return np.concatenate([coef.ravel() == 0 for coef in model.expand()[0]])


@pytest.mark.parametrize("penalty", ["group_lasso", "l1", GroupLasso(groups="incoming")], ids=str)
def test_refit_lowers_the_training_loss_on_the_same_support(penalty):
    shared = {"penalty": penalty, "alpha": 0.05, "batch_size": 1000, "max_iter": 80}
    first = regressor(**shared).fit(DIABETES_X, DIABETES_Y)
    refitted = regressor(**shared, refit=True).fit(DIABETES_X, DIABETES_Y)
    assert first.sparsity_ > 0.3
    np.testing.assert_array_equal(zero_pattern(refitted), zero_pattern(first))
    losses = [mean_loss(model, DIABETES_X, DIABETES_Y) for model in (first, refitted)]
    assert losses[1] < 0.95 * losses[0]
    assert refitted.loss_curve_[:80] == first.loss_curve_
    assert refitted.objective_curve_[80:] == pytest.approx(refitted.loss_curve_[80:])
    assert len(refitted.loss_curve_) == 160


def test_refit_of_a_linear_model_is_least_squares_on_the_support():
    model = regressor(
        **{"hidden_layer_sizes": (), "alpha": 0.2, "refit": True, "batch_size": 1000},
        **{"learning_rate_init": 0.05, "max_iter": 300},
    ).fit(DIABETES_X, DIABETES_Y)
    assert 0 < model.n_neurons_[0] < 10
    peer = LinearRegression().fit(DIABETES_X[:, model.support_], DIABETES_Y)
    np.testing.assert_allclose(model.coefs_[0].ravel(), peer.coef_, atol=1e-3)


# Nothing left


@pytest.mark.parametrize("max_iter", [1, 15])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "name", ["binary", "multiclass", "multilabel", "regression", "multioutput", "linear", "deep"]
)
def test_nothing_left_predicts_the_best_constant_and_says_so(name, weighted, solver, max_iter):
    model, X, y = task(name)
    X, y = X[: len(X) * 2 // 3], y[: len(y) * 2 // 3]
    weights = np.random.default_rng(0).uniform(0, 2, len(X)) if weighted else None
    model.set_params(alpha=1e9, solver=solver, max_iter=max_iter)
    with pytest.warns(UserWarning, match=r"alpha=1e\+09 left no weight.*[Ll]ower alpha"):
        model.fit(X, y, sample_weight=weights)
    if name in ("binary", "multiclass", "linear"):
        y = np.eye(y.max() + 1)[y]
    constant = np.average(y, axis=0, weights=weights)
    predict = model.predict_proba if is_classifier(model) else model.predict
    np.testing.assert_allclose(
        predict(X), np.broadcast_to(constant, y.shape), rtol=1e-6, atol=1.1e-9
    )
    assert not model.support_.any()
    assert model.sparsity_ == 1
    assert set(model.n_neurons_) == {0}
    assert model.selected_features_.size == 0
    assert not model.feature_importances_.any()
    with pytest.warns(UserWarning, match="No features were selected"):
        assert model.transform(X).shape == (len(X), 0)
    assert "0 of" in model.summary()


# Penalties by which weights only compete never remove the last one.
REMOVE_ALL = set(available()) - {
    *("exclusive_lasso", "l1_minus_l2"),
    *("group_graph", "graph_log_sum"),
}
PAIRS = [graph(np.eye(10)[np.arange(10) ^ 1]) for graph in (GroupGraph, GraphLogSum)]


@pytest.mark.parametrize(
    "penalty", [*sorted(REMOVE_ALL), *PAIRS, GroupLasso(groups="incoming")], ids=str
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_penalty_can_leave_nothing(penalty, dtype):
    model = regressor(penalty=penalty, alpha=1e9, max_iter=2)
    with pytest.warns(UserWarning, match="left no weight"):
        model.fit(DIABETES_X.astype(dtype), DIABETES_Y + 3)
    np.testing.assert_allclose(model.predict(DIABETES_X.astype(dtype)), 3.0, rtol=1e-5)


def test_nothing_left_of_a_refit_or_a_watched_fit():
    model = classifier(alpha=1e9, max_iter=3, refit=True)
    with pytest.warns(UserWarning, match="left no weight"):
        model.fit(IRIS_X, IRIS_Y, X_val=IRIS_X, y_val=IRIS_Y)
    np.testing.assert_allclose(model.predict_proba(IRIS_X), 1 / 3)
    with pytest.warns(UserWarning, match="left no weight"):
        model.set_params(early_stopping=True).fit(IRIS_X, IRIS_Y)
    np.testing.assert_allclose(model.predict_proba(IRIS_X), 1 / 3, atol=0.02)


# Torch


@pytest.mark.parametrize("activation", ACTIVATIONS.names())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_to_torch_is_the_compact_network(activation, dtype):
    torch = pytest.importorskip("torch")
    rtol = {"float32": 1e-4, "float64": 1e-9}[dtype]
    X = np.hstack([IRIS_X, np.random.default_rng(0).normal(size=(150, 6))]).astype(dtype)
    shared = {"activation": activation, "hidden_layer_sizes": (8,), "max_iter": 60}
    clf = classifier(alpha=0.02, **shared).fit(X, IRIS_Y)
    reg = regressor(alpha=0.04, **shared).fit(X, X[:, 0] + X[:, 2])
    for model in (clf, reg):
        assert model.n_neurons_[0] < 10
        module = model.to_torch()
        assert type(module) is torch.nn.Sequential
        n_linear = sum(isinstance(part, torch.nn.Linear) for part in module)
        assert n_linear == 2
        outputs = module(torch.tensor(X[:, model.support_]))
        if model is clf:
            expected, outputs = clf.predict_proba(X), outputs.softmax(dim=1)
        else:
            expected, outputs = reg.predict(X), outputs.ravel()
        np.testing.assert_allclose(outputs.detach().numpy(), expected, rtol=rtol, atol=rtol)


def test_to_torch_holds_copies_and_works_when_nothing_is_left():
    torch = pytest.importorskip("torch")
    model = regressor(hidden_layer_sizes=()).fit(DIABETES_X, DIABETES_Y)
    before = model.predict(DIABETES_X)
    with torch.no_grad():
        for parameter in model.to_torch().parameters():
            parameter.fill_(100.0)
    np.testing.assert_array_equal(model.predict(DIABETES_X), before)

    model = regressor(alpha=1e9)
    with pytest.warns(UserWarning, match="left no weight"):
        model.fit(DIABETES_X, DIABETES_Y + 5)
    outputs = model.to_torch()(torch.empty(4, 0, dtype=torch.float64))
    np.testing.assert_allclose(outputs.detach().numpy(), 5.0)


# Validation of what is predicted on


def test_plain_arrays_and_anything_else_are_predicted_alike():
    model = regressor(alpha=0.01).fit(DIABETES_X, DIABETES_Y)
    expected = model.predict(DIABETES_X.tolist())
    for X in (DIABETES_X, np.asfortranarray(DIABETES_X), DIABETES_X[::-1][::-1]):
        np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12)
    np.testing.assert_allclose(model.predict(DIABETES_X[:1]), expected[:1], rtol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_is_found_in_a_plain_array(bad):
    model = regressor(alpha=0.01).fit(DIABETES_X, DIABETES_Y)
    X = DIABETES_X.copy()
    X[3, 2] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        model.predict(X)
    huge = np.full_like(X, np.finfo(np.float64).max)
    with np.errstate(all="ignore"):
        assert model.predict(huge[:2]).shape == (2,)
    with pytest.raises(ValueError, match="features"):
        model.predict(DIABETES_X[:, 1:])
    with pytest.raises(ValueError, match="minimum of 1"):
        model.predict(DIABETES_X[:0])
