"""The fitted attributes, and that they agree."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sgnn import losses
from tests.estimators.tasks import (
    CANCER_X,
    CANCER_Y,
    DIABETES_X,
    DIABETES_Y,
    TASKS,
    assert_consistent,
    classifier,
    raw_outputs,
    regressor,
    task,
)


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


OUT_ACTIVATIONS = {
    "binary": "logistic",
    "multiclass": "softmax",
    "multilabel": "logistic",
    "regression": "identity",
    "multioutput": "identity",
}


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("name", OUT_ACTIVATIONS)
def test_the_attributes_that_scikit_learn_has_too_are_those_of_its_networks(name, early_stopping):
    """Layers, outputs and their activation do not depend on training."""
    model, X, y = task(name)
    model.set_params(max_iter=3, early_stopping=early_stopping).fit(X, y)
    kind = MLPClassifier if is_classifier(model) else MLPRegressor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        dense = kind(hidden_layer_sizes=model.hidden_layer_sizes, max_iter=1).fit(X, y)
    for attribute in ("n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(model, attribute) == getattr(dense, attribute), attribute
    assert model.out_activation_ == OUT_ACTIVATIONS[name]
    assert model.loss_ == model.loss_curve_[-1]
    if early_stopping:
        assert model.best_validation_score_ == max(model.validation_scores_)
    else:
        assert model.best_validation_score_ is None


APPLIED = {
    "logistic": expit,
    "softmax": lambda outputs: softmax(outputs, axis=1),
    "exp": np.exp,
    "identity": lambda outputs: outputs,
}


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", *losses.available()])
def test_the_activation_of_the_outputs_makes_predictions_of_them(name):
    if name in losses.available():
        model, X, y = regressor(loss=name, batch_size="auto"), DIABETES_X, np.abs(DIABETES_Y) + 0.1
        y = np.column_stack([np.ones(len(y)), y]) if name == "cox" else y
        predict = model.predict
    else:
        model, X, y = task(name)
        predict = model.predict_proba
    model.set_params(max_iter=2).fit(X, y)
    outputs = APPLIED[model.out_activation_](raw_outputs(model, X))
    predicted = predict(X).reshape(len(X), -1)[:, -outputs.shape[1] :]
    np.testing.assert_allclose(predicted, outputs, rtol=1e-6)
