"""Selection of features along a path."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_wine, make_friedman1
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import scale

from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPSelector,
    sparse_mlp_path,
)

X, Y = load_wine(return_X_y=True)
X = scale(X)
CLF = SparseMLPClassifier((8,), penalty="log_sum", max_iter=40, random_state=0)


@pytest.fixture(scope="module")
def path():
    return sparse_mlp_path(CLF, X, Y)


@pytest.mark.parametrize("wanted", [1, 4, 13, 0.5])
def test_selects_what_stays_longest(path, wanted):
    selector = SparseMLPSelector(CLF, n_features_to_select=wanted).fit(X, Y)
    n_features = wanted if wanted >= 1 else 6
    assert selector.n_features_ == selector.support_.sum() == n_features
    assert_array_equal(selector.support_, path.ranking <= n_features)
    assert_array_equal(selector.ranking_, np.maximum(path.ranking - n_features + 1, 1))
    assert_array_equal(selector.transform(X), X[:, selector.support_])


def test_selects_by_sparsity(path):
    selector = SparseMLPSelector(CLF, sparsity=0.8).fit(X, Y)
    assert_array_equal(selector.support_, path.at(sparsity=0.8).support_)


def test_auto_is_the_choice_by_cross_validation():
    selector = SparseMLPSelector(CLF, cv=3, alphas=20, rule="dense", tol=0.05).fit(X, Y)
    searched = SparseMLPClassifierCV(CLF, cv=3, alphas=20, rule="dense", tol=0.05).fit(X, Y)
    assert_array_equal(selector.support_, searched.support_)


def test_without_estimator_the_targets_say_which():
    data, targets = make_friedman1(300, n_features=8, random_state=0)
    regression = SparseMLPSelector(n_features_to_select=5).fit(data, targets)
    assert_array_equal(np.flatnonzero(regression.support_), range(5))
    assert isinstance(regression.path_.estimator(0), SparseMLPRegressor)
    classification = SparseMLPSelector(n_features_to_select=5).fit(X, Y)
    assert isinstance(classification.path_.estimator(0), SparseMLPClassifier)
    assert classification.path_.estimator(0).penalty == "log_sum"


def test_integers_of_floating_point_are_not_guessed_about():
    with pytest.raises(ValueError, match="y may hold quantities or classes"):
        SparseMLPSelector(n_features_to_select=3).fit(X, Y.astype(float))


@pytest.mark.parametrize("dtype", [int, np.uint8])
def test_integers_with_few_samples_for_each_are_not_guessed_about(dtype):
    with pytest.raises(ValueError, match="with fewer than 5 samples for each"):
        SparseMLPSelector(n_features_to_select=3).fit(X, (np.arange(len(Y)) // 4).astype(dtype))


def test_a_path_that_ends_too_early_is_told():
    selector = SparseMLPSelector(CLF, n_features_to_select=2, alphas=[1e-6])
    with pytest.warns(UserWarning, match="The path ends with 13 features, more than the 2"):
        selector.fit(X, Y)


def test_names_and_output_of_a_data_frame():
    columns = load_wine().feature_names
    frame = pd.DataFrame(X, columns=columns)
    selector = SparseMLPSelector(CLF, n_features_to_select=3).set_output(transform="pandas")
    out = selector.fit(frame, Y).transform(frame)
    assert out.columns.tolist() == selector.get_feature_names_out().tolist()
    assert out.columns.tolist() == [c for c, s in zip(columns, selector.support_, strict=True) if s]


def test_blocks_are_selected_whole():
    clf = SparseMLPClassifier(**{**CLF.get_params(), "feature_groups": [[0, 5, 9], [6, 11]]})
    selector = SparseMLPSelector(clf, n_features_to_select=6).fit(X, Y)
    assert selector.n_features_ <= 6
    for block in ([0, 5, 9], [6, 11]):
        assert len(set(selector.support_[block])) == 1
    clf.set_params(feature_groups=[range(4), range(4, 9), range(9, 13)])
    with pytest.raises(ValueError, match=r"n_features=2 is less than the [45] inputs"):
        SparseMLPSelector(clf, n_features_to_select=2, alphas=5).fit(X, Y)


def test_a_search_over_sizes_walks_one_path_per_fold(tmp_path):
    pipeline = make_pipeline(
        SparseMLPSelector(CLF, alphas=15, memory=str(tmp_path)), KNeighborsClassifier()
    )
    grid = {"sparsemlpselector__n_features_to_select": [1, 2, 4, 8]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, Y)
    assert search.best_score_ > 0.9
    stored = list(tmp_path.rglob("output.pkl"))
    assert len(stored) == 4


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_features_to_select": 14}, "n_features_to_select=14 is more than the 13 features"),
        ({"n_features_to_select": 0}, "n_features_to_select"),
        ({"n_features_to_select": 1.5}, "n_features_to_select"),
        ({"n_features_to_select": 3, "sparsity": 0.5}, "Give one of"),
        ({"sparsity": 1.0}, "sparsity"),
        ({"estimator": KNeighborsClassifier()}, "estimator"),
    ],
)
def test_bad_input(parameters, message):
    selector = SparseMLPSelector(CLF, alphas=3, max_iter=1).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        selector.fit(X, Y)
    assert not hasattr(selector, "support_")
