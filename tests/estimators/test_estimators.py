"""The estimators as their user sees them: targets, inputs, fitted attributes, every parameter."""

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import logsumexp
from sklearn.base import is_classifier
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_linnerud,
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.penalties import L1, MCP, GroupLasso, LogSum, SparseGroupLasso
from sgnn.proximal.adam import ProxAdam

ACTIVATIONS = ["identity", "logistic", "tanh", "relu", "leaky_relu", "gelu"]
PENALTY_NAMES = ["l1", "group_lasso", "sparse_group_lasso", "mcp", "log_sum"]

IRIS_X, IRIS_Y = scale(load_iris().data), load_iris().target
CANCER_X, CANCER_Y = scale(load_breast_cancer().data[::2]), load_breast_cancer().target[::2]
DIABETES_X, DIABETES_Y = scale(load_diabetes().data), scale(load_diabetes().target)
LINNERUD_X, LINNERUD_Y = scale(load_linnerud().data), scale(load_linnerud().target)
LABELS_X, LABELS_Y = make_multilabel_classification(160, 12, n_classes=4, random_state=0)
LABELS_X = scale(LABELS_X)
NAMES = np.array(["setosa", "versicolor", "virginica"])


def classifier(**parameters):
    defaults = {"hidden_layer_sizes": (12,), "max_iter": 30, "batch_size": 32, "random_state": 0}
    return SparseMLPClassifier(**{**defaults, **parameters})


def regressor(**parameters):
    defaults = {"hidden_layer_sizes": (12,), "max_iter": 30, "batch_size": 64, "random_state": 0}
    return SparseMLPRegressor(**{**defaults, **parameters})


# name: (estimator, X, y, number of outputs of the network, score that must be reached)
TASKS = {
    "binary": (classifier(), CANCER_X, CANCER_Y, 1, 0.95),
    "multiclass": (classifier(), IRIS_X, IRIS_Y, 3, 0.93),
    "multilabel": (classifier(), LABELS_X, LABELS_Y, 4, 0.4),
    "regression": (regressor(), DIABETES_X, DIABETES_Y, 1, 0.5),
    "multioutput": (regressor(max_iter=150), LINNERUD_X, LINNERUD_Y, 3, 0.2),
    "linear": (classifier(hidden_layer_sizes=(), alpha=0.05), CANCER_X, CANCER_Y, 1, 0.92),
    "deep": (regressor(hidden_layer_sizes=[8, 6], alpha=0.02), DIABETES_X, DIABETES_Y, 1, 0.3),
    "refitted": (regressor(alpha=0.05, refit=True), DIABETES_X, DIABETES_Y, 1, 0.45),
    "l1": (classifier(penalty="l1", alpha=0.01), IRIS_X, IRIS_Y, 3, 0.9),
}


def task(name):
    """Return a new estimator and its data."""
    model, X, y, *_ = TASKS[name]
    return type(model)(**model.get_params(deep=False)), X, y


def weights_equal(a, b):
    pairs = zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_, strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


def raw_outputs(model, X):
    """Compute the outputs of a network with ReLU units from its expanded weights."""
    coefs, intercepts = model.expand()
    for layer, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
        X = (X if layer == 0 else np.maximum(X, 0)) @ coef + intercept
    return X


def mean_loss(model, X, y, sample_weight=None):
    """Half squared error or log loss, summed over outputs or labels, averaged over samples."""
    outputs, y = raw_outputs(model, X), np.asarray(y)
    if not is_classifier(model):
        losses = 0.5 * np.sum((outputs - y.reshape(outputs.shape)) ** 2, axis=1)
    elif y.ndim == 1 and len(model.classes_) > 2:
        truth = np.searchsorted(model.classes_, y)
        losses = logsumexp(outputs, axis=1) - outputs[np.arange(len(y)), truth]
    else:
        sign = 2.0 * (y if y.ndim == 2 else (y == model.classes_[1])[:, None]) - 1
        losses = np.logaddexp(0, -sign * outputs).sum(axis=1)
    return np.average(losses, weights=sample_weight)


# Learning


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_solver_learns_real_data(activation, solver):
    shared = {"activation": activation, "solver": solver, "max_iter": 50, "batch_size": 20}
    clf = classifier(**shared).fit(IRIS_X[::2], IRIS_Y[::2])
    assert clf.score(IRIS_X[1::2], IRIS_Y[1::2]) > 0.75
    reg = regressor(**shared).fit(DIABETES_X[::2], DIABETES_Y[::2])
    assert reg.score(DIABETES_X[1::2], DIABETES_Y[1::2]) > 0.35


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
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


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
def test_probabilities_agree_with_each_other_and_with_predict(name):
    model, X, y = task(name)
    model.fit(X, y)
    probabilities = model.predict_proba(X)
    outputs = raw_outputs(model, X)
    if name == "multilabel":
        expected = 1 / (1 + np.exp(-outputs))
        predicted = (probabilities > 0.5).astype(int)
    else:
        logits = np.hstack([0 * outputs, outputs]) if name == "binary" else outputs
        expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        predicted = model.classes_[probabilities.argmax(axis=1)]
    np.testing.assert_allclose(probabilities, expected, rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(expected), rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(model.predict(X), predicted)


def test_log_probabilities_do_not_underflow():
    far = 1e5 * IRIS_X
    for y in (IRIS_Y, IRIS_Y > 0, np.eye(3, dtype=int)[IRIS_Y]):
        logs = classifier().fit(IRIS_X, y).predict_log_proba(far)
        assert np.isfinite(logs).all()
        assert logs.min() < -1000


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (NAMES[IRIS_Y], NAMES),
        (NAMES.astype(object)[IRIS_Y], NAMES.astype(object)),
        (NAMES[::-1][IRIS_Y], NAMES),
        (pd.Series(NAMES[IRIS_Y]), NAMES),
        (list(NAMES[IRIS_Y]), NAMES),
        (10 - 5 * IRIS_Y, np.array([0, 5, 10])),
        (IRIS_Y > 0, np.array([False, True])),
        (NAMES[:2][(IRIS_Y > 0).astype(int)], NAMES[:2]),
    ],
    ids=["str", "object", "reversed", "series", "list", "int", "bool", "binary str"],
)
def test_class_labels_come_back_as_they_went_in(labels, expected):
    clf = classifier().fit(IRIS_X, labels)
    np.testing.assert_array_equal(clf.classes_, expected)
    predictions = clf.predict(IRIS_X)
    assert predictions.dtype == clf.classes_.dtype
    assert np.mean(predictions == np.asarray(labels)) > 0.9


def test_the_names_of_the_classes_change_nothing():
    plain, named = classifier().fit(IRIS_X, IRIS_Y), classifier().fit(IRIS_X, NAMES[IRIS_Y])
    assert weights_equal(plain, named)


@pytest.mark.parametrize("make_sparse", [sparse.csr_array, sparse.csr_matrix])
def test_multilabel_targets_may_be_sparse(make_sparse):
    dense = classifier().fit(LABELS_X, LABELS_Y)
    assert weights_equal(dense, classifier().fit(LABELS_X, make_sparse(LABELS_Y)))
    np.testing.assert_array_equal(dense.classes_, np.arange(4))


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_a_column_of_targets_is_one_output():
    expected = regressor().fit(DIABETES_X, DIABETES_Y).predict(DIABETES_X)
    actual = regressor().fit(DIABETES_X, DIABETES_Y[:, None]).predict(DIABETES_X)
    np.testing.assert_array_equal(actual, expected)


# Inputs


@pytest.mark.parametrize(
    "container",
    [sparse.csr_matrix, sparse.csr_array, sparse.csc_array, np.asfortranarray, np.ndarray.tolist],
)
@pytest.mark.parametrize("name", ["binary", "regression", "refitted"])
def test_the_container_of_the_inputs_changes_nothing(name, container):
    model, X, y = task(name)
    X = np.where(np.abs(X) > 0.3, X, 0.0)
    model.fit(X, y)
    other = task(name)[0].fit(container(X), y)
    np.testing.assert_array_equal(other.support_, model.support_)
    np.testing.assert_allclose(other.predict(X), model.predict(X), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(model.predict(container(X)), model.predict(X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("module", ["pandas", "polars"])
def test_data_frames_are_understood_and_their_names_kept(module):
    names = [f"column {index}" for index in range(10)]
    frame = pytest.importorskip(module).DataFrame(dict(zip(names, DIABETES_X.T, strict=True)))
    model = regressor(alpha=0.05).fit(frame, DIABETES_Y)
    assert list(model.feature_names_in_) == names
    assert weights_equal(model, regressor(alpha=0.05).fit(DIABETES_X, DIABETES_Y))
    kept = [name for name, used in zip(names, model.support_, strict=True) if used]
    assert 0 < len(kept) < 10
    assert list(model.get_feature_names_out()) == kept


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TASKS)
def test_the_data_type_is_kept_from_input_to_prediction(name, dtype, container):
    model, X, y = task(name)
    model.set_params(max_iter=3).fit(container(X.astype(dtype)), y)
    arrays = [*model.coefs_, *model.intercepts_, *(a for part in model.expand() for a in part)]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert model.feature_importances_.dtype == dtype
    assert model.transform(X.astype(dtype)).dtype == dtype
    if is_classifier(model):
        assert model.predict_proba(X.astype(dtype)).dtype == dtype
        assert model.predict_log_proba(X.astype(dtype)).dtype == dtype
    else:
        assert model.predict(X.astype(dtype)).dtype == dtype


def test_integers_are_computed_in_double_precision():
    X = np.rint(3 * DIABETES_X).astype(np.int64)
    model = regressor(max_iter=3).fit(X, DIABETES_Y)
    assert model.coefs_[0].dtype == np.float64
    assert weights_equal(model, regressor(max_iter=3).fit(X.astype(float), DIABETES_Y))


@pytest.mark.parametrize(("first", "second"), [("float32", "float64"), ("float64", "float32")])
def test_held_out_data_and_later_batches_may_have_another_data_type(first, second):
    X, other = DIABETES_X.astype(first), DIABETES_X.astype(second)
    model = regressor(max_iter=3).fit(X, DIABETES_Y, X_val=other, y_val=DIABETES_Y)
    assert model.coefs_[0].dtype == first
    same = regressor(max_iter=3).fit(X, DIABETES_Y, X_val=X, y_val=DIABETES_Y)
    np.testing.assert_allclose(model.validation_scores_, same.validation_scores_, rtol=1e-4)
    model = regressor().partial_fit(X, DIABETES_Y).partial_fit(other, DIABETES_Y)
    assert np.isfinite(model.predict(X)).all()


# Fitted attributes


def documented_attributes(model):
    section = type(model).__doc__.split("Attributes\n----------\n")[1].split("\n\nSee Also")[0]
    lines = re.findall(r"^(\w[\w, ]*_) :", section, flags=re.MULTILINE)
    return {name for line in lines for name in line.split(", ")}


@pytest.mark.parametrize("name", TASKS)
def test_the_fitted_attributes_are_those_of_the_documentation(name):
    model, X, y = task(name)
    columns = [f"x{index}" for index in range(X.shape[1])]
    model.set_params(max_iter=2).fit(pd.DataFrame(X, columns=columns), y)
    public = {key for key in dir(model) if key.endswith("_") and not key.startswith("_")}
    assert public == documented_attributes(model)
    assert public >= {
        *("n_neurons_", "sparsity_", "selected_features_", "support_", "feature_importances_"),
        *("coefs_", "intercepts_", "loss_curve_", "objective_curve_", "validation_loss_curve_"),
        *("validation_scores_", "best_loss_", "n_iter_", "n_features_in_", "feature_names_in_"),
    }


def test_the_curve_of_neurons_counts_blocks_of_inputs_as_a_whole_and_removed_units():
    X = np.hstack([CANCER_X, np.random.default_rng(0).normal(size=(len(CANCER_X), 6))])
    model = classifier(penalty="l1", alpha=0.01, feature_groups=[range(0, 10), range(26, 36)])
    model.fit(X, CANCER_Y)
    assert sum(model.n_removed_) > 0
    assert model.n_neurons_curve_[-1] == model.n_neurons_
    assert model.n_neurons_curve_[0] > model.n_neurons_
    assert np.count_nonzero(model.feature_importances_) < model.n_neurons_[0]


def assert_consistent(model, X, n_outputs):
    coefs, intercepts = model.expand()
    hidden = np.atleast_1d(model.hidden_layer_sizes).astype(int).tolist()
    sizes = (X.shape[1], *hidden, n_outputs)
    assert [coef.shape for coef in coefs] == list(pairwise(sizes))
    assert [intercept.shape for intercept in intercepts] == [(size,) for size in sizes[1:]]

    # A unit counts when the absolute values let something through to it and from it.
    forth, back = [np.ones(sizes[0])], [np.ones(sizes[-1])]
    for coef in coefs:
        forth.append(np.minimum(1, forth[-1] @ (coef != 0)))
    for coef in reversed(coefs):
        back.append(np.minimum(1, (coef != 0) @ back[-1]))
    used = [np.logical_and(a, b) for a, b in zip(forth, reversed(back), strict=True)]
    assert model.n_neurons_ == tuple(mask.sum() for mask in used)
    compact_sizes = (*model.n_neurons_[:-1], n_outputs)
    assert [coef.shape for coef in model.coefs_] == list(pairwise(compact_sizes))
    for mask, kept in zip(used, model.kept_units_, strict=True):
        np.testing.assert_array_equal(kept, mask)

    assert model.n_features_in_ == X.shape[1]
    assert model.support_.dtype == bool
    np.testing.assert_array_equal(model.support_, used[0])
    np.testing.assert_array_equal(model.get_support(), used[0])
    np.testing.assert_array_equal(model.selected_features_, np.flatnonzero(used[0]))
    assert model.n_neurons_[0] == model.support_.sum()
    np.testing.assert_allclose(
        model.feature_importances_, np.sqrt((coefs[0] ** 2).sum(axis=1)), rtol=1e-6
    )
    np.testing.assert_array_equal(model.feature_importances_ != 0, model.support_)
    n_weights = sum(coef.size for coef in coefs)
    n_zeros = sum((coef == 0).sum() for coef in coefs)
    assert model.sparsity_ == pytest.approx(n_zeros / n_weights, abs=1e-12)

    assert model.n_iter_ == len(model.loss_curve_) == len(model.objective_curve_)
    assert model.best_loss_ == min(model.loss_curve_)
    assert np.isfinite(model.objective_curve_).all()
    assert np.all(np.array(model.objective_curve_) >= model.loss_curve_)
    assert model.alpha_ > 0
    assert model.alpha in ("auto", model.alpha_)


@pytest.mark.parametrize("alpha", [None, 0.03])
@pytest.mark.parametrize("name", TASKS)
def test_the_fitted_attributes_agree_with_each_other(name, alpha):
    model, X, y = task(name)
    if alpha is not None:
        model.set_params(alpha=alpha)
    model.fit(X, y)
    assert_consistent(model, X, TASKS[name][3])
    assert model.n_iter_ == model.max_iter * (1 + model.refit)
    assert len(model.n_neurons_curve_) == model.n_iter_
    assert model.n_neurons_curve_[-1] == model.n_neurons_
    assert model.validation_loss_curve_ is None
    assert model.validation_scores_ is None


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


# The objective


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
    assert weights_equal(model, regressor(penalty="l1", alpha=0).fit(DIABETES_X, DIABETES_Y))


def test_a_list_of_penalties_is_their_sum():
    both = regressor(penalty=["l1", GroupLasso()], alpha=0.02).fit(DIABETES_X, DIABETES_Y)
    mixed = regressor(penalty=SparseGroupLasso(0.5), alpha=0.04).fit(DIABETES_X, DIABETES_Y)
    np.testing.assert_allclose(both.predict(DIABETES_X), mixed.predict(DIABETES_X), rtol=1e-8)
    np.testing.assert_array_equal(both.support_, mixed.support_)
    one = regressor(penalty=["l1"], alpha=0.02).fit(DIABETES_X, DIABETES_Y)
    assert weights_equal(one, regressor(penalty="l1", alpha=0.02).fit(DIABETES_X, DIABETES_Y))


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


# Weights of samples and classes


@pytest.mark.parametrize("name", ["binary", "regression"])
def test_only_the_ratios_of_sample_weights_matter_to_a_given_alpha(name):
    model, X, y = task(name)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(X))
    model.set_params(alpha=0.01, max_iter=10).fit(X, y, sample_weight=weights)
    other = task(name)[0].set_params(alpha=0.01, max_iter=10)
    other.fit(X, y, sample_weight=8 * weights)
    np.testing.assert_allclose(other.predict(X), model.predict(X), rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.01, "auto"])
@pytest.mark.parametrize("name", ["binary", "multiclass", "regression", "multioutput"])
def test_a_sample_of_weight_two_is_the_sample_twice_and_of_weight_zero_none(name, alpha):
    _, X, y = task(name)
    weights = np.random.default_rng(0).integers(0, 3, len(X))
    repeated = np.repeat(np.arange(len(X)), weights)
    models = [task(name)[0].set_params(batch_size=10_000, alpha=alpha) for _ in range(2)]
    models[0].fit(X, y, sample_weight=weights)
    models[1].fit(X[repeated], y[repeated])
    assert models[0].alpha_ == pytest.approx(models[1].alpha_)
    predictions = [model.predict(X) for model in models]
    np.testing.assert_allclose(*predictions, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("alpha", [0.005, "auto"])
@pytest.mark.parametrize(
    ("class_weight", "weights"),
    [
        ({0: 5.0, 1: 0.5, 2: 1.0}, np.array([5.0, 0.5, 1.0])[IRIS_Y[20:]]),
        ({0: 5.0}, np.array([5.0, 1.0, 1.0])[IRIS_Y[20:]]),
        ("balanced", 130 / (3 * np.bincount(IRIS_Y[20:]))[IRIS_Y[20:]]),
    ],
    ids=["dict", "one class", "balanced"],
)
def test_class_weight_is_the_equivalent_sample_weight(class_weight, weights, alpha):
    X, y = IRIS_X[20:], IRIS_Y[20:]
    model = classifier(class_weight=class_weight, alpha=alpha).fit(X, y)
    assert weights_equal(model, classifier(alpha=alpha).fit(X, y, sample_weight=weights))
    assert not weights_equal(model, classifier(alpha=alpha).fit(X, y))
    extra = np.random.default_rng(0).uniform(0.5, 1.5, 130)
    model.fit(X, y, sample_weight=extra)
    assert weights_equal(model, classifier(alpha=alpha).fit(X, y, sample_weight=extra * weights))


def test_class_weight_of_labels_and_of_named_classes():
    weights = [{0: 1, 1: 3.0}, {0: 2.0, 1: 1}, {0: 1, 1: 1}, {0: 1, 1: 0.5}]
    table = np.array([[one[0], one[1]] for one in weights])
    equivalent = np.prod([table[k][LABELS_Y[:, k]] for k in range(4)], axis=0)
    model = classifier(class_weight=weights).fit(LABELS_X, LABELS_Y)
    same = classifier().fit(LABELS_X, LABELS_Y, sample_weight=equivalent)
    np.testing.assert_allclose(model.predict_proba(LABELS_X), same.predict_proba(LABELS_X))
    named = classifier(class_weight={"setosa": 4.0}).fit(IRIS_X, NAMES[IRIS_Y])
    assert weights_equal(named, classifier(class_weight={0: 4.0}).fit(IRIS_X, IRIS_Y))


def test_a_heavier_class_is_predicted_more_often():
    counts = [
        np.sum(
            classifier(class_weight={0: weight})
            .fit(CANCER_X[:, :2], CANCER_Y)
            .predict(CANCER_X[:, :2])
            == 0
        )
        for weight in (0.1, 1, 10)
    ]
    assert counts[0] < counts[1] < counts[2]


# Held-out data


def test_early_stopping_on_given_data_ends_with_the_best_epoch():
    X, y, X_val, y_val = IRIS_X[::2], IRIS_Y[::2], IRIS_X[1::2], IRIS_Y[1::2]
    model = classifier(
        early_stopping=True, max_iter=200, n_iter_no_change=5, learning_rate_init=0.1, alpha=0.003
    )
    model.fit(X, y, X_val=X_val, y_val=y_val)
    scores = np.array(model.validation_scores_)
    assert model.n_iter_ < 200
    assert len(scores) == len(model.validation_loss_curve_) == model.n_iter_
    assert scores[-1] < scores.max()
    assert model.score(X_val, y_val) == pytest.approx(scores.max(), abs=1e-12)
    loss = mean_loss(model, X_val, y_val)
    best = np.flatnonzero(scores == scores.max())
    assert np.min(np.abs(np.array(model.validation_loss_curve_)[best] / loss - 1)) < 1e-8
    assert_consistent(model, X, 3)


def test_early_stopping_waits_for_the_full_strength_of_the_penalty():
    """The best score comes before the penalty acts; it is not the one to go back to."""
    X, y, X_val, y_val = DIABETES_X[::2], DIABETES_Y[::2], DIABETES_X[1::2], DIABETES_Y[1::2]
    model = regressor(early_stopping=True, max_iter=200, n_iter_no_change=3, alpha=0.4)
    model.set_params(hidden_layer_sizes=(), batch_size=1000, learning_rate="constant")
    model.set_params(penalty=L1(warm_up=100))
    model.fit(X, y, X_val=X_val, y_val=y_val)
    scores = np.array(model.validation_scores_)
    assert model.n_iter_ > 100
    assert scores[:99].max() > scores[99:].max() + 0.01
    assert r2_score(y_val, model.predict(X_val)) == pytest.approx(scores[99:].max())


def test_early_stopping_of_a_regressor_watches_r2():
    X, y, X_val, y_val = DIABETES_X[::2], DIABETES_Y[::2], DIABETES_X[1::2], DIABETES_Y[1::2]
    model = regressor(early_stopping=True, max_iter=200, n_iter_no_change=8)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert model.n_iter_ < 200
    assert r2_score(y_val, model.predict(X_val)) == pytest.approx(max(model.validation_scores_))
    best = int(np.argmax(model.validation_scores_))
    expected = 0.5 * np.mean((y_val - model.predict(X_val)) ** 2)
    assert model.validation_loss_curve_[best] == pytest.approx(expected)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "regression"])
def test_early_stopping_splits_off_a_share_of_the_training_data(name):
    model, X, y = task(name)
    model.set_params(early_stopping=True, validation_fraction=0.2, max_iter=100).fit(X, y)
    scores = np.array(model.validation_scores_)
    assert len(scores) == len(model.validation_loss_curve_) == model.n_iter_ <= 100
    assert model.score(X, y) > TASKS[name][-1] - 0.15
    if is_classifier(
        model
    ):  # An accuracy on 20 % of the samples is a multiple of 1 / their number.
        n_held_out = int(np.ceil(0.2 * len(X)))
        np.testing.assert_allclose(scores * n_held_out, np.rint(scores * n_held_out), atol=1e-9)
    again = task(name)[0].set_params(early_stopping=True, validation_fraction=0.2, max_iter=100)
    assert weights_equal(again.fit(X, y), model)


@pytest.mark.parametrize("name", ["multiclass", "multilabel", "refitted", "multioutput"])
def test_held_out_data_without_early_stopping_is_only_watched(name):
    model, X, y = task(name)
    model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert weights_equal(task(name)[0].fit(X[::2], y[::2]), model)
    assert len(model.validation_scores_) == model.n_iter_
    assert model.validation_scores_[-1] == pytest.approx(model.score(X[1::2], y[1::2]))
    assert model.validation_loss_curve_[-1] == pytest.approx(mean_loss(model, X[1::2], y[1::2]))


def test_held_out_data_may_be_a_frame_or_sparse():
    expected = classifier().fit(IRIS_X, IRIS_Y, X_val=IRIS_X[::3], y_val=IRIS_Y[::3])
    for container in (sparse.csr_array, sparse.csr_matrix, np.ndarray.tolist):
        model = classifier().fit(
            container(IRIS_X), NAMES[IRIS_Y], X_val=container(IRIS_X[::3]), y_val=NAMES[IRIS_Y[::3]]
        )
        np.testing.assert_allclose(model.validation_scores_, expected.validation_scores_)


# Going on


def test_warm_start_goes_on_from_the_last_network():
    model = regressor(warm_start=True, batch_size=1000, alpha=0.01).fit(DIABETES_X, DIABETES_Y)
    last, loss = model.objective_curve_, mean_loss(model, DIABETES_X, DIABETES_Y)
    model.fit(DIABETES_X, DIABETES_Y)
    assert model.loss_curve_[0] == pytest.approx(loss, rel=1e-8)
    assert abs(model.objective_curve_[0] / last[-1] - 1) < 0.1
    assert model.objective_curve_[-1] < last[-1] < last[0]
    cold = regressor(batch_size=1000, alpha=0.01).fit(DIABETES_X, DIABETES_Y)
    assert cold.objective_curve_ == last


def test_without_warm_start_a_second_fit_starts_anew():
    model = regressor().fit(DIABETES_X[:100], DIABETES_Y[:100]).fit(DIABETES_X, DIABETES_Y)
    assert weights_equal(model, regressor().fit(DIABETES_X, DIABETES_Y))


def test_zeros_may_come_back_after_a_warm_start():
    model = regressor(warm_start=True, alpha=0.05).fit(DIABETES_X, DIABETES_Y)
    assert model.n_neurons_[0] < 10
    model.set_params(alpha=1e-4).fit(DIABETES_X, DIABETES_Y)
    assert model.n_neurons_[0] == 10


def test_warm_start_after_everything_was_removed_learns_again():
    model = regressor(warm_start=True, alpha=1e9, max_iter=2)
    with pytest.warns(UserWarning, match="left no weight"):
        model.fit(DIABETES_X, DIABETES_Y)
    model.set_params(alpha=1e-3, max_iter=50).fit(DIABETES_X, DIABETES_Y)
    assert model.score(DIABETES_X, DIABETES_Y) > 0.4


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "multioutput", "deep"])
def test_partial_fits_are_the_epochs_of_one_fit(name, solver):
    model, X, y = task(name)
    shared = {"solver": solver, "batch_size": 16, "alpha": 0.003}
    n_neurons = []
    for call in range(1, 5):
        assert model.set_params(**shared).partial_fit(X, y) is model
        n_neurons.append(model.n_neurons_)
        assert model.n_iter_ == len(model.loss_curve_) == len(model.objective_curve_) == call
    whole = task(name)[0].set_params(
        **shared, learning_rate="constant", max_iter=4, tol=0, n_iter_no_change=np.inf
    )
    whole.fit(X, y)
    assert model.loss_curve_ == whole.loss_curve_
    assert model.objective_curve_ == whole.objective_curve_
    assert model.n_neurons_curve_ == whole.n_neurons_curve_ == n_neurons
    assert weights_equal(model, whole)
    assert_consistent(model, X, TASKS[name][3])


def test_partial_fit_learns_from_batches_with_classes_given_beforehand():
    clf = classifier(alpha=1e-4)
    clf.partial_fit(IRIS_X[:90], NAMES[IRIS_Y[:90]], classes=NAMES[::-1])
    np.testing.assert_array_equal(clf.classes_, NAMES)
    assert clf.predict_proba(IRIS_X).shape == (150, 3)
    rng = np.random.default_rng(0)
    for _ in range(60):
        batch = rng.choice(150, 60, replace=False)
        clf.partial_fit(IRIS_X[batch], NAMES[IRIS_Y[batch]])
    assert clf.n_iter_ == 61
    assert clf.score(IRIS_X, NAMES[IRIS_Y]) > 0.9
    # A class that the first batch did not hold must not stay all but impossible.
    frequency = clf.predict_proba(IRIS_X).mean(axis=0)
    np.testing.assert_allclose(frequency, 1 / 3, atol=0.05)


def test_partial_fit_goes_on_from_a_fit():
    model = regressor(alpha=0.02, batch_size=1000).fit(DIABETES_X, DIABETES_Y)
    loss, n_epochs = mean_loss(model, DIABETES_X, DIABETES_Y), model.n_iter_
    model.partial_fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == n_epochs + 1
    assert model.loss_curve_[-1] == pytest.approx(loss, rel=1e-8)
    assert_consistent(model, DIABETES_X, 1)


def test_partial_fit_after_a_fit_keeps_its_strength_and_unit():
    model = regressor(alpha="auto").fit(DIABETES_X, DIABETES_Y)
    alpha, score = model.alpha_, model.score(DIABETES_X, DIABETES_Y)
    for row in range(5):
        model.partial_fit(DIABETES_X[row : row + 1], DIABETES_Y[row : row + 1])
        assert model.alpha_ == alpha
    assert model.score(DIABETES_X, DIABETES_Y) > score - 0.2


def test_partial_fit_after_a_fit_does_not_warm_up_again():
    model = regressor(penalty=GroupLasso(warm_up=10), alpha=0.02, max_iter=20)
    model.fit(DIABETES_X, DIABETES_Y).partial_fit(DIABETES_X, DIABETES_Y)
    penalties = np.subtract(model.objective_curve_, model.loss_curve_)
    assert penalties[-1] == pytest.approx(penalties[-2], rel=0.1)


def test_partial_fit_after_a_watched_fit_leaves_the_held_out_curves_alike():
    model = classifier(max_iter=3).fit(IRIS_X, IRIS_Y, X_val=IRIS_X, y_val=IRIS_Y)
    model.partial_fit(IRIS_X, IRIS_Y)
    lengths = {
        None if curve is None else len(curve)
        for curve in (model.validation_loss_curve_, model.validation_scores_)
    }
    assert len(lengths) == 1


def test_partial_fit_never_removes_for_good():
    model = regressor(alpha=0.2)
    for _ in range(30):
        model.partial_fit(DIABETES_X, DIABETES_Y)
    assert model.n_neurons_[0] < 10
    model.set_params(alpha=0.0)
    for _ in range(30):
        model.partial_fit(DIABETES_X, DIABETES_Y)
    assert model.alpha_ == 0.0
    assert model.n_neurons_[0] == 10


@pytest.mark.parametrize(
    "change",
    [
        {"alpha": 0.5},
        {"l2": 0.5},
        {"learning_rate_init": 0.1},
        {"penalty": "l1"},
        {"solver": "sgd"},
    ],
    ids=str,
)
def test_parameters_may_change_between_partial_fits(change):
    models = [regressor(alpha=0.01).partial_fit(DIABETES_X, DIABETES_Y) for _ in range(2)]
    models[0].set_params(**change)
    for model in models:
        model.partial_fit(DIABETES_X, DIABETES_Y)
    assert models[0].alpha_ == change.get("alpha", 0.01)
    assert not weights_equal(*models)


# Invariances


@pytest.mark.parametrize("factor", [1000.0, 1e-6])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("hidden", [(), (12,), (8, 6)], ids=str)
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "identity"])
def test_the_unit_of_the_targets_does_not_matter(activation, hidden, solver, factor):
    shared = {"activation": activation, "hidden_layer_sizes": hidden, "solver": solver}
    model = regressor(**shared).fit(DIABETES_X, DIABETES_Y)
    scaled = regressor(**shared).fit(DIABETES_X, factor * DIABETES_Y)
    assert scaled.n_neurons_ == model.n_neurons_
    expected = model.predict(DIABETES_X)
    np.testing.assert_allclose(scaled.predict(DIABETES_X) / factor, expected, rtol=1e-3, atol=1e-3)


def test_the_unit_of_the_targets_does_not_matter_to_early_stopping():
    shared = {"early_stopping": True, "max_iter": 100}
    epochs = [
        regressor(**shared).fit(DIABETES_X, factor * DIABETES_Y).n_iter_ for factor in (1.0, 1000.0)
    ]
    assert epochs[0] == epochs[1]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_unit_of_the_targets_does_not_matter_to_tol():
    shared = {"learning_rate": "constant", "max_iter": 300, "batch_size": 1000, "tol": 1e-3}
    epochs = [
        regressor(**shared).fit(DIABETES_X, factor * DIABETES_Y).n_iter_ for factor in (1.0, 1000.0)
    ]
    assert epochs[0] == epochs[1] < 300


@pytest.mark.parametrize("name", TASKS)
def test_alpha_auto_is_recorded_and_removes_something_from_wide_data(name):
    model, X, y = task(name)
    model.set_params(alpha="auto", max_iter=2).fit(X, y)
    assert model.alpha == "auto"
    assert isinstance(model.alpha_, float)
    given = task(name)[0].set_params(alpha=model.alpha_, max_iter=2).fit(X, y)
    assert weights_equal(model, given)


# Stopping


def test_a_constant_rate_stops_when_objective_and_units_stand_still():
    model = regressor(
        learning_rate="constant", max_iter=1000, tol=1e-3, n_iter_no_change=5, batch_size=1000
    ).fit(DIABETES_X, DIABETES_Y)
    curve, units = np.array(model.objective_curve_), model.n_neurons_curve_
    progress = np.minimum.accumulate(curve)[:-1] - curve[1:]
    still = [end for end in range(7, len(curve) + 1) if (progress[end - 7 : end - 1] < 1e-3).all()]
    assert model.n_iter_ in still
    assert model.n_iter_ < 1000
    assert len(set(units[-6:])) == 1
    assert len(set(units[still[0] - 6 : still[0]])) > 1


@pytest.mark.parametrize("learning_rate", ["constant", "adaptive"])
def test_too_few_epochs_are_reported(learning_rate):
    model = regressor(learning_rate=learning_rate, max_iter=3)
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        model.fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == 3


def test_a_cosine_rate_takes_all_epochs_without_a_word():
    assert regressor(max_iter=3).fit(DIABETES_X, DIABETES_Y).n_iter_ == 3


def interrupt_at_step(monkeypatch, number):
    calls = []
    step = ProxAdam.step

    def interrupted(self, *args, **kwargs):
        calls.append(None)
        if len(calls) == number:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    monkeypatch.setattr(ProxAdam, "step", interrupted)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_ctrl_c_keeps_the_model_of_the_last_whole_epoch(monkeypatch):
    whole = classifier(learning_rate="constant", max_iter=4).fit(IRIS_X, IRIS_Y)
    steps_per_epoch = -(-150 // 32)
    interrupt_at_step(monkeypatch, 4 * steps_per_epoch + 3)
    model = classifier(learning_rate="constant", max_iter=100)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(IRIS_X, IRIS_Y)
    assert model.n_iter_ == 4
    assert model.loss_curve_ == whole.loss_curve_
    assert weights_equal(model, whole)
    assert_consistent(model, IRIS_X, 3)


def test_ctrl_c_during_early_stopping_keeps_the_best_epoch(monkeypatch):
    interrupt_at_step(monkeypatch, 8 * 5 + 2)
    model = classifier(early_stopping=True, learning_rate_init=0.1, n_iter_no_change=50)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(IRIS_X, IRIS_Y, X_val=IRIS_X, y_val=IRIS_Y)
    assert model.n_iter_ == 8
    assert model.score(IRIS_X, IRIS_Y) == pytest.approx(max(model.validation_scores_))


def test_ctrl_c_during_the_refit_keeps_the_support(monkeypatch):
    shared = {"alpha": 0.05, "batch_size": 1000, "max_iter": 20, "refit": True}
    interrupt_at_step(monkeypatch, 25)
    model = regressor(**shared)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == 24
    assert_consistent(model, DIABETES_X, 1)


def test_ctrl_c_in_the_pilot_of_adaptive_weights_ends_the_fit(monkeypatch):
    interrupt_at_step(monkeypatch, 5)
    model = regressor(penalty=GroupLasso(adaptive=1), batch_size=1000, max_iter=20, refit=True)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(DIABETES_X, DIABETES_Y)
    assert model.n_iter_ == 4
    assert_consistent(model, DIABETES_X, 1)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ctrl_c_in_the_first_epoch_leaves_a_model_or_nothing(monkeypatch, method):
    interrupt_at_step(monkeypatch, 2)
    model = classifier()
    try:
        with pytest.warns(UserWarning, match="interrupted"):
            getattr(model, method)(IRIS_X, IRIS_Y)
    except KeyboardInterrupt:
        assert not [key for key in vars(model) if key.endswith("_")]
    else:
        assert np.isfinite(model.predict_proba(IRIS_X)).all()


def test_ctrl_c_is_not_swallowed_by_a_later_partial_fit(monkeypatch):
    model = classifier().partial_fit(IRIS_X, IRIS_Y)
    before = model.predict_proba(IRIS_X)
    interrupt_at_step(monkeypatch, 2)
    try:
        with pytest.warns(UserWarning, match="interrupted"):
            model.partial_fit(IRIS_X, IRIS_Y)
    except KeyboardInterrupt:
        pass
    np.testing.assert_array_equal(model.predict_proba(IRIS_X), before)


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


@pytest.mark.parametrize("penalty", [*PENALTY_NAMES, GroupLasso(groups="incoming")], ids=str)
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


# What is printed, and torch


@pytest.mark.parametrize("watched", [False, True])
def test_verbose_prints_what_the_curves_record(capsys, watched):
    held_out = {"X_val": IRIS_X[::2], "y_val": IRIS_Y[::2]} if watched else {}
    model = classifier(verbose=True, max_iter=7, l2=0.01).fit(IRIS_X, IRIS_Y, **held_out)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    pattern = (
        r"epoch +(\d+)  loss (\S+)  penalty (\S+)"
        + (r"  validation score (\S+)" if watched else "")
        + r"  neurons ([\d-]+)"
    )
    for number, line in enumerate(lines):
        epoch, loss, penalty, *score, neurons = re.fullmatch(pattern, line).groups()
        assert int(epoch) == number + 1
        assert float(loss) == pytest.approx(model.loss_curve_[number], rel=1e-4)
        difference = model.objective_curve_[number] - model.loss_curve_[number]
        assert float(penalty) == pytest.approx(difference, rel=1e-4)
        if watched:
            assert float(score[0]) == pytest.approx(model.validation_scores_[number], abs=1e-4)
        assert neurons == "-".join(map(str, model.n_neurons_curve_[number]))
    assert tuple(map(int, neurons.split("-"))) == model.n_neurons_


def test_nothing_is_printed_unless_asked_for(capsys):
    classifier(refit=True).fit(IRIS_X, IRIS_Y)
    classifier().partial_fit(IRIS_X, IRIS_Y)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_verbose_numbers_the_epochs_through_the_refit(capsys):
    classifier(verbose=True, max_iter=3, refit=True).fit(IRIS_X, IRIS_Y)
    assert len(capsys.readouterr().out.splitlines()) == 6


@pytest.mark.parametrize("activation", ACTIVATIONS)
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
