"""Groups and weights on their way from `fit` to folds and scores."""

import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, get_scorer, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sgnn import (
    SgnnWarning,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
)
from sgnn.selection import stability

X, Y = scale(load_iris().data), load_iris().target
SIZES = np.random.default_rng(0).permutation(np.arange(150) % 9)
GROUPS = np.array([f"patient {number}" for number in SIZES])
WEIGHTS = np.random.default_rng(1).integers(0, 3, 150).astype(float)
WALK = {"alphas": [0.01, 0.05, 0.3], "max_iter": 2}
CLF = SparseMLPClassifier((4,), penalty="log_sum", max_iter=4, random_state=0)
REG = SparseMLPRegressor((4,), penalty="log_sum", max_iter=4, random_state=0)
KINDS = {"classifier": (SparseMLPClassifierCV(CLF, **WALK), Y)}
KINDS["regressor"] = (SparseMLPRegressorCV(REG, **WALK), X[:, 0])
SPLITTERS = [GroupKFold(3), StratifiedGroupKFold(3), LeaveOneGroupOut()]

pytestmark = pytest.mark.filterwarnings("ignore::sgnn.SgnnWarning")


@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda cv: type(cv).__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_groups_are_those_of_a_list_of_folds(kind, splitter):
    model, y = KINDS[kind]
    if kind == "regressor" and isinstance(splitter, StratifiedGroupKFold):
        splitter = GroupKFold(2)
    folds = list(splitter.split(X, y, GROUPS))
    expected = clone(model).set_params(cv=folds).fit(X, y, WEIGHTS)
    found = clone(model).set_params(cv=splitter).fit(X, y, WEIGHTS, groups=GROUPS)
    np.testing.assert_array_equal(found.scores_path_, expected.scores_path_)
    without = clone(model).set_params(cv=splitter).fit(X, y, groups=list(SIZES))
    assert without.scores_path_.shape == found.scores_path_.shape
    assert not np.array_equal(without.scores_path_, found.scores_path_)


def test_a_selector_hands_groups_on_to_its_folds():
    folds = list(GroupKFold(3).split(X, Y, GROUPS))
    expected = SparseMLPSelector(CLF, cv=folds, rule="best", **WALK).fit(X, Y)
    found = SparseMLPSelector(CLF, cv=GroupKFold(3), rule="best", **WALK).fit(X, Y, groups=GROUPS)
    np.testing.assert_array_equal(found.support_, expected.support_)
    by_number = SparseMLPSelector(CLF, n_features_to_select=2, **WALK)
    with pytest.raises(ValueError, match="groups"):
        by_number.fit(X, Y, groups=GROUPS)


@pytest.mark.parametrize(
    "model", [SparseMLPClassifierCV(cv=GroupKFold(3)), SparseMLPSelector(cv=GroupKFold(3))]
)
def test_folds_that_need_groups_say_so_and_groups_that_are_wrong_are_named(model):
    model = clone(model).set_params(estimator=CLF)
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        model.fit(X, Y)
    for groups in (GROUPS[:-1], GROUPS[:, None], "one"):
        with pytest.raises(ValueError, match=r"groups must have shape \(150,\)"):
            model.fit(X, Y, groups=groups)
        with pytest.raises(ValueError, match=r"groups must have shape \(150,\)"):
            StabilitySelector(CLF).fit(X, Y, groups=groups)


# Halves


@pytest.mark.parametrize("estimator", [CLF, REG])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_groups_are_in_one_half_and_halves_are_complementary(monkeypatch, estimator, weights):
    seen = []

    def path_on(estimator, X, y, weights, rows, *arguments):
        seen.append(X[rows, -1])
        return np.ones(X.shape[1], dtype=bool), 1

    monkeypatch.setattr(stability, "_path_on", path_on)
    numbered = np.column_stack([X, np.arange(150) / 150])
    selector = StabilitySelector(estimator, n_pairs=4, n_features_to_select=1, random_state=0)
    selector.fit(numbered, Y, weights, groups=GROUPS)
    counted = np.arange(150)[slice(None) if weights is None else weights > 0]
    for pair in zip(seen[::2], seen[1::2], strict=True):
        rows = [np.rint(150 * numbers).astype(int) for numbers in pair]
        np.testing.assert_array_equal(np.sort(np.concatenate(rows)), counted)
        assert not {*GROUPS[rows[0]]} & {*GROUPS[rows[1]]}
        assert sorted(len({*GROUPS[half]}) for half in rows) == [4, 5]
    assert len({tuple(half) for half in seen}) == 8


def test_one_group_has_no_halves():
    with pytest.raises(ValueError, match="groups must be two at least"):
        StabilitySelector(CLF, n_features_to_select=1).fit(X, Y, groups=np.zeros(150))


# Metadata routing


SEARCHES = {
    "CV": SparseMLPClassifierCV(CLF, cv=GroupKFold(3), scoring="accuracy", **WALK),
    "selector": SparseMLPSelector(CLF, cv=GroupKFold(3), scoring="accuracy", **WALK),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_groups_are_routed_through_pipelines_to_the_splitter(name):
    alone = clone(SEARCHES[name]).fit(X, Y, groups=GROUPS)
    with config_context(enable_metadata_routing=True):
        direct = clone(SEARCHES[name]).fit(X, Y, groups=GROUPS)
        pipeline = make_pipeline(StandardScaler(), clone(SEARCHES[name])).fit(X, Y, groups=GROUPS)
    for found in (direct, pipeline[-1]):
        np.testing.assert_array_equal(found.support_, alone.support_)
        np.testing.assert_array_equal(found.path_.alphas, alone.path_.alphas)
        if name == "CV":
            np.testing.assert_array_equal(found.scores_path_, alone.scores_path_)


@pytest.mark.parametrize("weighs_scores", [False, True])
def test_weights_go_where_they_are_requested(weighs_scores):
    with config_context(enable_metadata_routing=True):
        scorer = get_scorer("accuracy").set_score_request(sample_weight=weighs_scores)
        model = clone(SEARCHES["CV"]).set_params(scoring=scorer)
        model.set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, model)
        pipeline.fit(X, Y, sample_weight=WEIGHTS, groups=GROUPS)
        scores = [model.score(X, Y, sample_weight=WEIGHTS if weighs_scores else None)]
        if weighs_scores:
            scores.append(pipeline.score(X, Y))
    scoring = "accuracy" if weighs_scores else lambda clf, X, y: accuracy_score(y, clf.predict(X))
    expected = clone(SEARCHES["CV"]).set_params(scoring=scoring)
    expected.fit(X, Y, sample_weight=WEIGHTS, groups=GROUPS)
    np.testing.assert_array_equal(model.scores_path_, expected.scores_path_)
    given = {"sample_weight": WEIGHTS} if weighs_scores else {}
    assert scores[0] == accuracy_score(Y, model.predict(X), **given)


def test_weights_that_nobody_was_asked_about_are_refused_as_everywhere():
    with config_context(enable_metadata_routing=True):
        with pytest.raises(ValueError, match=r"\[sample_weight\] are passed but"):
            clone(SEARCHES["CV"]).fit(X, Y, sample_weight=WEIGHTS, groups=GROUPS)
        with pytest.raises(TypeError, match="groups"):
            clone(SEARCHES["CV"]).set_params(cv=3).fit(X, Y, groups=GROUPS)


def test_halves_are_routed_to_by_the_request_of_fit():
    selector = StabilitySelector(CLF, n_pairs=2, n_features_to_select=1, random_state=0, **WALK)
    expected = clone(selector).fit(X, Y, groups=GROUPS)
    with config_context(enable_metadata_routing=True):
        asked = clone(selector).set_fit_request(groups=True)
        pipeline = make_pipeline(StandardScaler(), asked).fit(X, Y, groups=GROUPS)
    np.testing.assert_array_equal(
        pipeline[-1].selection_probabilities_, expected.selection_probabilities_
    )


def test_nested_searches_get_the_groups_of_their_part():
    outer = {"cv": GroupKFold(3), "error_score": "raise"}
    plain = cross_validate(SEARCHES["CV"], X, Y, params={"groups": GROUPS}, groups=GROUPS, **outer)
    with config_context(enable_metadata_routing=True):
        routed = cross_validate(clone(SEARCHES["CV"]), X, Y, params={"groups": GROUPS}, **outer)
        search = GridSearchCV(clone(SEARCHES["CV"]), {"rule": ["best", "1se"]}, **outer)
        search.fit(X, Y, groups=GROUPS)
    np.testing.assert_array_equal(plain["test_score"], routed["test_score"])
    assert search.best_estimator_.scores_path_.shape == (3, 5)


def test_the_default_estimator_has_a_routing_too():
    for search in (SparseMLPClassifierCV(), SparseMLPRegressorCV(), SparseMLPSelector()):
        routing = search.get_metadata_routing()
        assert routing.consumes("fit", ["groups", "sample_weight"]) == set()
        search.set_params(cv=GroupKFold(2))
        assert search.get_metadata_routing().consumes("fit", ["groups"]) == {"groups"}


def test_a_scorer_of_weights_alone_gets_them():
    """Without routing, those that take weights get them, as ever."""
    seen = []

    def score(y, predicted, sample_weight=None):
        seen.append(sample_weight)
        return 1.0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SgnnWarning)
        model = clone(SEARCHES["CV"]).set_params(scoring=make_scorer(score))
        model.fit(X, Y, WEIGHTS, groups=GROUPS)
    assert all(weights is not None for weights in seen)
