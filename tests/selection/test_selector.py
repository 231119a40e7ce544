"""Selection of features along a path."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_wine, make_friedman1
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sgnn import (
    SgnnWarning,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)

X, Y = load_wine(return_X_y=True)
X = scale(X)
CLF = SparseMLPClassifier((8,), penalty="log_sum", max_iter=40, random_state=0)


@pytest.fixture(scope="module")
def path():
    return sparse_mlp_path(CLF, X, Y)


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    """Where the path that selectors walk over all of X is kept."""
    return str(tmp_path_factory.mktemp("paths"))


@pytest.mark.parametrize("wanted", [1, 4, 13, 0.5])
def test_selects_what_stays_longest(path, memory, wanted):
    minimal = {"relevance": "minimal", "memory": memory}
    selector = SparseMLPSelector(CLF, n_features_to_select=wanted, **minimal).fit(X, Y)
    n_features = wanted if wanted >= 1 else 6
    assert selector.n_features_ == selector.support_.sum() == n_features
    assert_array_equal(selector.support_, path.ranking <= n_features)
    assert_array_equal(selector.ranking_, np.maximum(path.ranking - n_features + 1, 1))
    assert_array_equal(selector.transform(X), X[:, selector.support_])


def test_selects_by_sparsity(path, memory):
    selector = SparseMLPSelector(CLF, sparsity=0.8, memory=memory).fit(X, Y)
    assert_array_equal(selector.support_, path.at(sparsity=0.8).support_)


def test_auto_is_the_choice_by_cross_validation():
    selector = SparseMLPSelector(CLF, cv=2, alphas=10, rule="dense", tol=0.05).fit(X, Y)
    searched = SparseMLPClassifierCV(CLF, cv=2, alphas=10, rule="dense", tol=0.05).fit(X, Y)
    assert_array_equal(selector.support_, searched.support_)


def test_without_estimator_the_targets_say_which():
    data, targets = make_friedman1(300, n_features=8, random_state=0)
    regression = SparseMLPSelector(n_features_to_select=5, alphas=25).fit(data, targets)
    assert_array_equal(np.flatnonzero(regression.support_), range(5))
    assert isinstance(regression.path_.estimator(0), SparseMLPRegressor)
    classification = SparseMLPSelector(n_features_to_select=5, alphas=25).fit(X, Y)
    assert isinstance(classification.path_.estimator(0), SparseMLPClassifier)
    assert classification.path_.estimator(0).penalty == "log_sum"


LABELS = np.arange(200) % 7
COUNTS = np.repeat(np.arange(8), [40, 60, 50, 30, 10, 5, 3, 2])
INTEGERS = {
    "from 0": (LABELS, False),
    "from 1": (LABELS + 1, False),
    "two": (np.where(LABELS < 3, -5, 17), False),
    "words": (LABELS.astype(str), False),
    "counts": (COUNTS, True),
    "with gaps": (10 * LABELS, True),
    "from elsewhere": (LABELS + 1990, True),
    "of a byte": ((10 * LABELS).astype(np.uint8), True),
    "in a Series": (pd.Series(COUNTS), True),
    "one by one": (COUNTS.tolist(), True),
}


@pytest.mark.filterwarnings("ignore:.*edge of the path")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((SparseMLPSelector, name) for name in INTEGERS),
        *((StabilitySelector, name) for name in ("from 1", "counts")),
    ],
)
def test_integers_that_look_like_quantities_are_warned_of(kind, name):
    y, warns = INTEGERS[name]
    inputs = np.random.default_rng(1).normal(size=(200, 3))
    model = kind(n_features_to_select=1, alphas=[0.1, 0.2], max_iter=1)
    if kind is StabilitySelector:
        model.set_params(n_pairs=2)
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        model.fit(inputs, y)
    told = [one for one in given if "are taken for classes" in str(one.message)]
    assert len(told) == warns
    assert all(one.category is SgnnWarning and one.filename == __file__ for one in told)


def test_integers_of_floating_point_are_not_guessed_about():
    with pytest.raises(ValueError, match="y may hold quantities or classes"):
        SparseMLPSelector(n_features_to_select=3).fit(X, Y.astype(float))


def test_a_path_that_ends_too_early_is_told():
    selector = SparseMLPSelector(CLF, n_features_to_select=2, alphas=[1e-6])
    with pytest.warns(UserWarning, match="The path ends with 13 features, more than the 2"):
        selector.fit(X, Y)


def test_names_and_output_of_a_data_frame():
    columns = load_wine().feature_names
    frame = pd.DataFrame(X, columns=columns)
    selector = SparseMLPSelector(CLF, n_features_to_select=3, alphas=15).set_output(
        transform="pandas"
    )
    out = selector.fit(frame, Y).transform(frame)
    assert out.columns.tolist() == selector.get_feature_names_out().tolist()
    assert out.columns.tolist() == [c for c, s in zip(columns, selector.support_, strict=True) if s]


def test_groups_are_refused_where_there_are_no_folds():
    with pytest.raises(ValueError, match=r"groups=.* is for folds, and only n_features_to_select="):
        SparseMLPSelector(CLF, n_features_to_select=3).fit(X, Y, groups=Y)


def test_blocks_are_selected_whole():
    clf = SparseMLPClassifier(**{**CLF.get_params(), "feature_groups": [[0, 5, 9], [6, 11]]})
    selector = SparseMLPSelector(clf, n_features_to_select=6, alphas=20).fit(X, Y)
    assert selector.n_features_ <= 6
    for block in ([0, 5, 9], [6, 11]):
        assert len(set(selector.support_[block])) == 1
    clf.set_params(feature_groups=[range(4), range(4, 9), range(9, 13)])
    with pytest.raises(ValueError, match=r"n_features=2 is less than the [45] inputs"):
        SparseMLPSelector(clf, n_features_to_select=2, alphas=5).fit(X, Y)


def test_a_search_over_sizes_walks_one_path_per_fold(tmp_path):
    pipeline = make_pipeline(
        SparseMLPSelector(CLF, alphas=10, memory=str(tmp_path)), KNeighborsClassifier()
    )
    grid = {"sparsemlpselector__n_features_to_select": [1, 2, 4, 8]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, Y)
    assert search.best_score_ > 0.9
    stored = [str(file) for file in tmp_path.rglob("output.pkl")]
    n_stored = {
        name: sum(name in file for file in stored)
        for name in ("compute_path", "held_out_choice", "relevances")
    }
    assert n_stored["compute_path"] == n_stored["held_out_choice"] == 4
    assert n_stored["relevances"] <= 4


@pytest.mark.parametrize("scales_inside", [True, False])
def test_steps_of_a_pipeline_are_fitted_inside_of_the_folds(scales_inside):
    """An outlier in the test part moves means and deviations of all rows, but of no fold."""
    selector = SparseMLPSelector(CLF, n_features_to_select=4, relevance="minimal", alphas=20)
    pipeline = make_pipeline(*[StandardScaler()] * scales_inside, selector)
    train, test = np.arange(0, 178, 2), np.arange(1, 178, 2)
    objectives = []
    for outlier in (0, 10):
        data = X.copy()
        data[test[0]] += outlier
        data = data if scales_inside else scale(data)
        folds = cross_validate(
            pipeline, data, Y, cv=[(train, test)], scoring=lambda *_: 0.0, return_estimator=True
        )
        objectives.append(folds["estimator"][0][-1].path_.objectives)
    assert np.array_equal(*objectives) is scales_inside


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_features_to_select": 4, "scoring": "accuracy"}, "scoring='accuracy' is for folds"),
        ({"sparsity": 0.5, "scoring": "accuracy"}, "scoring='accuracy' is for folds"),
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
