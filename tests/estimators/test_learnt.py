"""The fitted attributes, and that they agree."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.estimators.tasks import (
    CANCER_X,
    CANCER_Y,
    TASKS,
    assert_consistent,
    classifier,
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
