"""Cross-validation along the path."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import entropy
from sklearn.base import clone
from sklearn.datasets import load_wine, make_friedman1
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer, log_loss
from sklearn.model_selection import LeaveOneOut, ShuffleSplit, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    sparse_mlp_path,
)
from sgnn.estimators.defaults import default_estimator, with_ridge
from sgnn.paths.sparse_mlp_path import compute_path
from sgnn.training.walk import Walk

X, Y = load_wine(return_X_y=True)
X = scale(X)
FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)


def classifier(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "penalty": "log_sum", "max_iter": 40}
    return SparseMLPClassifier(**{**defaults, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def search():
    return SparseMLPClassifierCV(classifier(), alphas=25, cv=FOLDS, rule="1se").fit(X, Y)


def test_scores_are_those_of_paths_on_the_folds(search):
    assert search.scores_path_.shape == search.n_features_path_.shape == (3, len(search.alphas_))
    train, test = next(iter(FOLDS.split(X, Y)))
    path = compute_path(classifier(), X[train], Y[train], alphas=search.alphas_[1:], n_steps=25)
    scores = [path.estimator(index).score(X[test], Y[test]) for index in range(len(path))]
    assert_allclose(search.scores_path_[0, : len(path)], scores)
    assert_array_equal(search.scores_path_[0, len(path) :], scores[-1])
    assert_array_equal(search.n_features_path_[0, : len(path)], path.n_features)


def test_score_is_that_of_scoring():
    search = SparseMLPClassifierCV(classifier(), alphas=10, cv=FOLDS, scoring="neg_log_loss")
    search.fit(X, Y)
    weights = np.arange(len(Y))
    for given in ({}, {"sample_weight": weights}):
        expected = -log_loss(Y, search.predict_proba(X), **given)
        assert search.score(X, Y, **given) == pytest.approx(expected)


@pytest.mark.parametrize("cls", [SparseMLPClassifierCV, SparseMLPRegressorCV])
def test_no_data_are_refused_by_the_default_estimator_too(cls):
    with pytest.raises(ValueError, match="0 sample"):
        cls().fit(np.empty((0, 3)), np.empty(0, dtype=int))


def test_choice_by_one_standard_error(search):
    means = search.scores_path_.mean(axis=0)
    best = np.flatnonzero(means == means.max())[-1]
    error = search.scores_path_[:, best].std(ddof=1) / np.sqrt(3)
    assert search.alpha_ == search.alphas_[means >= means[best] - error].max()
    assert search.best_score_ == pytest.approx(means[search.best_index_])


def test_one_standard_error_is_that_of_a_mean_over_the_folds(monkeypatch):
    """The standard deviation would take the last network, that without Bessel's factor the best."""
    best = np.array([0.91, 0.99, 0.91, 0.99])
    error = best.std(ddof=1) / 2
    means = np.array([0.90, 0.95, 0.95 - 0.95 * error, 0.95 - 1.05 * error, 0.10])
    assert means[3] > 0.95 - best.std()
    assert means[2] < 0.95 - best.std() / 2
    scores = np.tile(means, (4, 1))
    scores[:, 1] = best
    folds = iter(scores)
    monkeypatch.setattr(
        "sgnn.paths.base_cv.scores_of_fold", lambda *_: (next(folds), np.full(5, 13))
    )
    alphas = [1e-4, 2e-4, 3e-4, 4e-4]
    model = SparseMLPClassifierCV(classifier(), alphas=alphas, max_iter=1, cv=4, rule="1se")
    assert model.fit(X, Y).best_index_ == 2


def test_it_is_the_network_of_the_path_on_all_data(search):
    path = sparse_mlp_path(classifier(), X, Y, alphas=25)
    expected = path.at(alpha=search.alpha_)
    assert_array_equal(search.predict_proba(X), expected.predict_proba(X))
    assert_array_equal(search.predict_log_proba(X), expected.predict_log_proba(X))
    assert_array_equal(search.support_, expected.support_)
    assert search.n_neurons_ == expected.n_neurons_
    assert search.transform(X).shape == (178, search.support_.sum())
    assert search.score(X, Y) == expected.score(X, Y)


@pytest.mark.parametrize("rule", ["best", "dense"])
def test_rules(search, rule):
    other = clone(search).set_params(rule=rule, tol=0.1).fit(X, Y)
    assert_allclose(other.scores_path_, search.scores_path_)
    means = other.scores_path_.mean(axis=0)
    floor = means.max() if rule == "best" else means[0] - 0.1
    assert other.best_index_ == np.flatnonzero(means >= floor)[-1]


def test_scoring(search):
    other = clone(search).set_params(
        scoring="neg_log_loss", alphas=search.alphas_[1:3], rule="best"
    )
    with pytest.warns(UserWarning, match="at the edge of the path"):
        other.fit(X, Y)
    train, test = next(iter(FOLDS.split(X, Y)))
    dense = sparse_mlp_path(classifier(), X[train], Y[train], alphas=[1e-9]).estimator(0)
    expected = get_scorer("neg_log_loss")(dense, X[test], Y[test])
    assert other.scores_path_[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize(("alphas", "advice"), [([1e-6, 1e-5], "further"), ([50.0], "with less")])
def test_the_edge_is_told(alphas, advice):
    model = SparseMLPClassifierCV(classifier(), alphas=alphas, cv=FOLDS, rule="dense", tol=0.5)
    if advice == "with less":
        model.set_params(rule="best")
    with pytest.warns(UserWarning, match=f"at the edge of the path.*{advice}"):
        model.fit(X, Y)
    assert model.n_neurons_[0] > 0


def test_bad_folds_and_scorings_are_told_before_the_path_is_walked(monkeypatch):
    def walked(*arguments, **parameters):
        raise AssertionError("a path was walked")

    monkeypatch.setattr("sgnn.paths.base_cv.compute_path", walked)
    for parameters, message in [({"cv": 1000}, "n_splits=1000"), ({"scoring": "beauty"}, "beauty")]:
        with pytest.raises(ValueError, match=message):
            SparseMLPClassifierCV(classifier(), **parameters).fit(X, Y)


def test_a_single_split():
    split = ShuffleSplit(1, random_state=0)
    model = SparseMLPClassifierCV(classifier(), alphas=10, cv=split).fit(X, Y)
    assert model.best_score_ == model.scores_path_[0].max()


@pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        (KeyboardInterrupt, KeyboardInterrupt, None),
        (FloatingPointError, ValueError, "no longer finite; lower learning_rate_init"),
    ],
)
def test_what_breaks_off_a_path_is_raised_and_the_estimator_is_as_before(
    monkeypatch, search, error, raised, message
):
    n_calls, step = iter(range(99)), Walk.step

    def breaks_off(self, place, alpha, limit=np.inf):
        if next(n_calls) == 5:
            raise error
        return step(self, place, alpha, limit)

    monkeypatch.setattr(Walk, "step", breaks_off)
    model = clone(search)
    with pytest.raises(raised, match=message):
        model.fit(X, Y)
    assert not hasattr(model, "path_")


def test_scores_that_are_all_nan():
    reg = SparseMLPRegressor((4,), penalty="log_sum", max_iter=60, random_state=0)
    model = SparseMLPRegressorCV(reg, alphas=[0.1], max_iter=1, cv=LeaveOneOut())
    with (
        pytest.warns(UndefinedMetricWarning),
        pytest.raises(ValueError, match="All scores are nan: scoring=None"),
    ):
        model.fit(X[:6], X[:6, 0])


def test_a_fit_without_names_forgets_those_of_the_fit_before():
    model = SparseMLPClassifierCV(classifier(), alphas=5, max_iter=5, cv=3, rule="best")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*edge of the path")
        model.fit(pd.DataFrame(X).add_prefix("c"), Y).fit(X[:, :6], Y)
    assert not hasattr(model, "feature_names_in_")
    assert len(model.get_feature_names_out()) == model.support_.sum()


def test_regressor_finds_the_relevant_features():
    data, targets = make_friedman1(300, random_state=1)
    reg = SparseMLPRegressor((20,), penalty="log_sum", max_iter=300, random_state=0)
    model = SparseMLPRegressorCV(reg, alphas=30, cv=3).fit(data, targets)
    assert_array_equal(np.flatnonzero(model.support_), range(5))
    assert model.best_score_ > 0.9


def test_folds_in_two_processes(search):
    few = clone(search).set_params(alphas=search.alphas_[1:4], rule="dense", tol=1.0)
    with pytest.warns(UserWarning, match="at the edge of the path"):
        one, other = (clone(few).set_params(n_jobs=n).fit(X, Y) for n in (1, 2))
    assert_allclose(other.scores_path_, one.scores_path_)


def test_in_a_pipeline_and_nested():
    pipeline = make_pipeline(StandardScaler(), SparseMLPClassifierCV(classifier(), alphas=8, cv=2))
    assert cross_val_score(pipeline, X, Y, cv=2).mean() > 0.85


def test_weights_of_zero_leave_out_samples():
    weights = np.r_[np.ones(120), np.zeros(58)]
    order = np.random.RandomState(0).permutation(178)
    folds = [(np.arange(60), np.arange(60, 120)), (np.arange(60, 120), np.arange(60))]
    arguments = {"alphas": [0.01, 0.02], "cv": folds, "rule": "dense", "tol": 1.0}
    clf = classifier(batch_size=178, shuffle=False)
    with pytest.warns(UserWarning, match="edge"):
        weighted = SparseMLPClassifierCV(clf, **arguments).fit(X[order], Y[order], weights)
    with pytest.warns(UserWarning, match="edge"):
        without = SparseMLPClassifierCV(clf, **arguments).fit(X[order][:120], Y[order][:120])
    assert_allclose(weighted.scores_path_, without.scores_path_)
    assert_allclose(weighted.predict_proba(X), without.predict_proba(X), rtol=1e-5)


def test_default_estimator_is_trained_for_about_a_thousand_steps():
    for n_samples, max_iter in [(100, 400), (2000, 100), (100_000, 20)]:
        clf = default_estimator("classifier", np.zeros((n_samples, 2)))
        assert clf.max_iter == max_iter
    assert isinstance(clf, SparseMLPClassifier)
    assert isinstance(default_estimator("regressor", X), SparseMLPRegressor)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"estimator": SparseMLPRegressor()}, "estimator"),
        ({"rule": "least"}, "rule"),
        ({"tol": -1}, "tol"),
        ({"alphas": 1}, "alphas"),
        ({"cv": 1000}, "n_splits=1000"),
        ({"scoring": "beauty"}, "scoring"),
    ],
)
def test_bad_input_leaves_the_estimator_as_it_was(parameters, message):
    model = SparseMLPClassifierCV(classifier(max_iter=2), alphas=3, max_iter=1)
    model.set_params(**parameters)
    before = vars(model).copy()
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    assert vars(model) == before


@pytest.mark.parametrize("unit", [1.0, 50.0])
def test_the_ridge_of_the_default_regressor_follows_the_noise(unit):
    rng = np.random.RandomState(0)
    Z = rng.normal(size=(1000, 5))
    for size in (0.1, 1.0):
        y = unit * (Z[:, 0] + size * rng.normal(size=1000))
        found = with_ridge(default_estimator("regressor", Z), Z, y).l2
        assert found == pytest.approx(max(7 * size**2 / 1000, 1e-4), rel=0.25)


@pytest.mark.parametrize("n_samples", [15, 200])
def test_the_ridge_of_the_default_regressor_is_greatest_where_nothing_is_learnt(n_samples):
    Z, y = np.split(np.random.RandomState(0).normal(size=(n_samples, 6)), [5], axis=1)
    assert with_ridge(default_estimator("regressor", Z), Z, y.ravel()).l2 == 0.1


@pytest.mark.parametrize("wrong", [0.1, 0.3])
def test_the_ridge_of_the_default_classifier_follows_the_share_of_wrong_labels(wrong):
    rng = np.random.RandomState(0)
    Z = rng.normal(size=(1000, 5))
    labels = np.array(["no", "yes"])[((Z[:, 0] > 0) ^ (rng.uniform(size=1000) < wrong)).astype(int)]
    found = with_ridge(default_estimator("classifier", Z), Z, labels).l2
    share = entropy([wrong, 1 - wrong], base=2)
    assert found == pytest.approx(7 * share / 1000, rel=0.2)
    others = np.r_[Z, Z + 1], np.r_[labels, labels[::-1]], np.repeat([1.0, 0.0], 1000)
    assert with_ridge(default_estimator("classifier", Z), *others).l2 == found


def test_the_ridge_of_the_default_classifier_is_least_where_nothing_is_noise():
    Z = np.random.RandomState(0).normal(size=(3000, 5))
    order = np.argsort(Z[:, 0])
    labels = (Z[order, 0] > 0).astype(int)
    assert with_ridge(default_estimator("classifier", Z), Z[order], labels).l2 == 1e-3
    labels = np.random.RandomState(1).randint(2, size=3000)
    with_copies = np.repeat(Z, 7, axis=0), np.repeat(labels, 7)
    assert with_ridge(default_estimator("classifier", with_copies[0]), *with_copies).l2 == 1e-3
