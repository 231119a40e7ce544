"""Nothing may be the answer: the empty network is one to choose from."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize_scalar
from scipy.stats import sem, t, ttest_1samp
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer
from sklearn.model_selection import GroupKFold, KFold

from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    losses,
    sparse_mlp_path,
)
from sgnn.paths.choice import choose, least_gain

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
WEIGHTS = RNG.integers(1, 5, size=90).astype(float)
GROUPS = np.arange(90) // 9
POSITIVE = RNG.gamma(2.0, size=90)
TARGETS = {
    "classes": RNG.permutation(np.repeat([0, 1, 2], [45, 25, 20])),
    "two classes": RNG.permutation(np.repeat(["a", "b"], [60, 30])),
    "labels": (RNG.random((90, 3)) < [0.2, 0.6, 0.9]).astype(int),
    "numbers": POSITIVE,
    "outputs": RNG.normal([3.0, -50.0], [1.0, 9.0], size=(90, 2)),
}
SMALL = {"hidden_layer_sizes": (3,), "penalty": "log_sum", "max_iter": 2, "random_state": 0}
UNFINISHED = {"alphas": [1e-6, 1e-5], "max_iter": 1}


def search_for(y, cv, **parameters):
    """Return a fitted search along a path that ends before the empty network."""
    regresses = y.dtype.kind == "f"
    kind = SparseMLPRegressor if regresses else SparseMLPClassifier
    search = SparseMLPRegressorCV if regresses else SparseMLPClassifierCV
    given = {name: parameters.pop(name, None) for name in ("sample_weight", "groups")}
    scoring = parameters.pop("scoring", None)
    model = search(kind(**SMALL, **parameters), cv=cv, scoring=scoring, **UNFINISHED)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*at the edge of the path")
        return model.fit(X, y, **given)


def scores_of_dummy(dummy, y, cv, scoring, sample_weight=None, groups=None):
    scores = []
    for train, test in cv.split(X, y, groups):
        weights = {} if sample_weight is None else {"sample_weight": sample_weight[train]}
        fitted = dummy.fit(X[train], y[train], **weights)
        given = {} if sample_weight is None else {"sample_weight": sample_weight[test]}
        scores.append(get_scorer(scoring)(fitted, X[test], y[test], **given))
    return scores


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("name", "scoring", "cv"),
    [
        ("classes", "accuracy", KFold(3)),
        ("classes", "neg_log_loss", KFold(3)),
        ("two classes", "neg_log_loss", GroupKFold(3)),
        ("labels", "accuracy", KFold(3)),
        ("numbers", "r2", GroupKFold(3)),
        ("outputs", "r2", KFold(2)),
        ("outputs", "neg_mean_absolute_error", KFold(2)),
    ],
)
def test_it_is_scored_as_the_best_constant_of_each_fold(name, scoring, cv, weighted):
    y, groups = TARGETS[name], GROUPS if isinstance(cv, GroupKFold) else None
    weights = WEIGHTS if weighted else None
    search = search_for(y, cv, scoring=scoring, sample_weight=weights, groups=groups)
    dummy = DummyRegressor() if y.dtype.kind == "f" else DummyClassifier(strategy="prior")
    expected = scores_of_dummy(dummy, y, cv, scoring, weights, groups)
    assert_allclose(search.scores_path_[:, -1], expected, rtol=1e-4)
    assert search.alphas_[-1] == np.inf
    assert_array_equal(search.n_features_path_[:, -1], 0)
    assert len(search.alphas_) == search.scores_path_.shape[1] == len(search.path_) + 1


def constant_of(loss, train, weights):
    """Return the best constant prediction."""
    if isinstance(loss, losses.Cox):
        return 0.0
    if isinstance(loss, losses.Quantile):
        order = np.argsort(train)
        shares = np.cumsum(weights[order]) / weights.sum()
        return train[order][np.searchsorted(shares, loss.quantile)]
    if isinstance(loss, losses.Huber):

        def value(c):
            r, delta = abs(train - c), loss.delta
            return weights @ np.where(r < delta, r**2 / 2, delta * (r - delta / 2))

        return minimize_scalar(value, bounds=(train.min(), train.max()), method="bounded").x
    return np.average(train, weights=weights)


@pytest.mark.parametrize("loss", losses.available())
def test_every_loss_has_a_best_constant(loss):
    known = losses.get_loss(loss)
    is_cox = isinstance(known, losses.Cox)
    y = np.column_stack([np.arange(90) % 3 > 0, POSITIVE]).astype(float) if is_cox else POSITIVE
    search = search_for(y, KFold(3), loss=loss, sample_weight=WEIGHTS)
    path = sparse_mlp_path(
        SparseMLPRegressor(loss=loss, **SMALL), X, y, sample_weight=WEIGHTS, **UNFINISHED
    ).with_empty()
    nothing = path.estimator(len(path) - 1)
    assert_allclose(nothing.predict(X), constant_of(known, POSITIVE, WEIGHTS), rtol=1e-3)
    if is_cox:
        assert_allclose(search.scores_path_[:, -1], 0.5)
        curves = nothing.predict_survival_function(X[:2])
        assert (curves.values[:, -1] < 1).all()
    else:
        assert (search.scores_path_[:, -1] < 1e-6).all()
        assert (search.scores_path_[:, -1] > -0.5).all()


def test_a_path_that_gets_there_has_no_further_point():
    network = SparseMLPRegressor((3,), penalty="group_lasso", max_iter=20)
    path = sparse_mlp_path(network, X, POSITIVE, alphas=[100.0], max_iter=50)
    assert path[-1].n_features == 0
    assert path.with_empty() is path


@pytest.mark.parametrize("name", ["classes", "numbers"])
@pytest.mark.parametrize("unfinished", [False, True])
def test_nothing_can_be_chosen(name, unfinished):
    y = TARGETS[name]
    regresses = y.dtype.kind == "f"
    network = (SparseMLPRegressor if regresses else SparseMLPClassifier)(
        (8,), penalty="log_sum", random_state=0, l2=1e-3
    )
    arguments = {"cv": 3, **(UNFINISHED if unfinished else {"alphas": 15})}
    table = pd.DataFrame(X, columns=list("abcd"))
    search = (SparseMLPRegressorCV if regresses else SparseMLPClassifierCV)(network, **arguments)
    selector = SparseMLPSelector(network, **arguments)
    for model in (search, selector):
        if unfinished:
            with pytest.warns(UserWarning, match="Nothing was chosen, and the path ends with 4"):
                model.fit(table, y, WEIGHTS)
        else:
            model.fit(table, y, WEIGHTS)
        assert not model.support_.any()
        assert model.get_feature_names_out().tolist() == []
        with pytest.warns(UserWarning, match="No features were selected"):
            assert model.transform(table).shape == (90, 0)
    assert selector.n_features_ == 0
    assert sorted(selector.ranking_) == [2, 3, 4, 5]
    assert np.isinf(search.alpha_) == unfinished
    assert search.selected_features_.tolist() == []
    dummy = DummyRegressor() if regresses else DummyClassifier(strategy="prior")
    dummy.fit(X, y, WEIGHTS)
    assert_allclose(search.predict(table), dummy.predict(X), rtol=1e-5)
    if not regresses:
        assert_allclose(search.predict_proba(table), dummy.predict_proba(X), rtol=1e-5)


@pytest.mark.parametrize("rules", [{}, {"min_features": 3}])
def test_best_of_a_path_on_noise(rules):
    """Also of a path that was stopped."""
    network = SparseMLPRegressor((8,), penalty="log_sum", early_stopping=True, random_state=0)
    path = sparse_mlp_path(network, X, POSITIVE, alphas=15, **rules)
    nothing = path.best()
    assert not nothing.support_.any()
    assert np.isinf(nothing.alpha_) == bool(rules)
    assert nothing.expand()[0][0].shape == (4, 8)
    relevant = sparse_mlp_path(network, X, X[:, 0] + POSITIVE / 9, alphas=15, **rules)
    assert relevant.best().support_[0]


def test_what_is_chance_on_held_out_data_is_told_by_their_samples():
    y = TARGETS["classes"]
    network = SparseMLPClassifier(**SMALL)
    path = sparse_mlp_path(network, X[:60], y[:60], X_val=X[60:], y_val=y[60:], **UNFINISHED)
    constant = DummyClassifier().fit(X[:60], y[:60]).predict(X[60:])
    for index, point in enumerate(path):
        right = path.estimator(index).predict(X[60:]) == y[60:]
        gains = right.astype(float) - (constant == y[60:])
        assert_allclose(point.least_gain, t.ppf(0.95, 29) * sem(gains))


@pytest.mark.parametrize("weighted", [False, True])
def test_the_least_gain_is_that_of_a_t_test(weighted):
    gains = RNG.normal(size=(12, 3))
    weights = RNG.integers(1, 4, size=12).astype(float) if weighted else None
    repeated = np.repeat(gains, weights.astype(int), axis=0) if weighted else gains
    just = repeated - repeated.mean(axis=0) + least_gain(gains, weights)
    assert_allclose(ttest_1samp(just, 0, alternative="greater").pvalue, 0.05)


def test_folds_whose_training_parts_overlap_count_for_less():
    gains = RNG.normal(size=5)
    corrected = np.sqrt((1 / 5 + 20 / 80) * gains.var(ddof=1))
    assert_allclose(least_gain(gains, overlap=20 / 80), 2.131846786 * corrected)
    assert least_gain(gains[:1]) == 0


def test_two_folds_are_taken_for_five():
    gains = np.array([0.4, 0.6])
    assert_allclose(least_gain(gains, overlap=1.0), t.ppf(0.95, 4) * sem(gains) * np.sqrt(3))


@pytest.mark.parametrize(
    ("rule", "least", "expected"),
    [
        ("1se", 0.31, 4),
        ("1se", 0.29, 2),
        ("best", 0.31, 4),
        ("best", 0.29, 1),
        ("dense", 0.31, 2),
        ("1se", np.nan, 2),
    ],
)
def test_a_gain_by_chance_is_none(rule, least, expected):
    """The highest score is 0.3 above that of the empty network."""
    scores = np.array([0.80, 0.90, 0.86, 0.70, 0.60])
    least_gains = np.array([9.0, least, 9.0, 9.0, 0.0])
    assert choose(rule, scores, np.full(5, 0.05), 0.0, least_gains) == expected


@pytest.mark.slow
@pytest.mark.parametrize("classifies", [False, True])
def test_nothing_is_kept_of_noise(classifies):
    """But once in a while; the default networks draw from the generator of numpy."""
    n_kept = 0
    for seed in range(20):
        np.random.seed(seed)  # noqa: NPY002
        rng = np.random.default_rng(seed)
        noise, y = rng.normal(size=(500, 100)), rng.normal(size=500)
        selector = SparseMLPSelector().fit(noise, (y > 0).astype(int) if classifies else y)
        n_kept += selector.support_.any()
    assert n_kept <= 2


@pytest.mark.parametrize(("n_folds", "is_plain"), [(4, False), (5, True)])
def test_gains_of_very_different_sizes_are_no_chance_if_all_are_positive(n_folds, is_plain):
    gains = np.array([0.1, 0.2, 1.9, 0.1, 3.8])[:n_folds, None]
    assert (least_gain(gains, overlap=0.25) < gains.mean()) == is_plain
    assert least_gain(-gains, overlap=0.25) > 0
