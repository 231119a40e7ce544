"""What the tests of the estimators share: data, small estimators, and oracles in plain numpy."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.base import is_classifier
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_linnerud,
    make_multilabel_classification,
)
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor

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
