"""Cross-validation: the scores of a grid search, and the choice."""

import joblib
import numpy as np
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgnn import SparseReducedRankRegressor, SparseReducedRankRegressorCV
from tests.reduced_rank.tasks import draw

X, Y = draw()
FOLDS = KFold(3, shuffle=True, random_state=0)
PRECISE = {"tol": 1e-10, "max_iter": 10_000}


@pytest.fixture(scope="module")
def search():
    return SparseReducedRankRegressorCV((1, 2, 4), alphas=12, cv=FOLDS).fit(X, Y)


@pytest.mark.filterwarnings("ignore:alpha=.* left no feature:UserWarning")
@pytest.mark.filterwarnings("ignore:alpha=.* was chosen, the least of all:UserWarning")
@pytest.mark.parametrize("parameters", [{}, {"refit": True}, {"penalty": "elastic_net", "l2": 0.1}])
def test_the_scores_are_those_of_a_grid_search(parameters):
    parameters = {**PRECISE, **parameters}
    search = SparseReducedRankRegressorCV((1, 2, None), alphas=4, cv=FOLDS, rule="best")
    search.set_params(**parameters).fit(X, Y)
    by_grid = GridSearchCV(
        SparseReducedRankRegressor(**parameters),
        {"n_components": [1, 2, None], "alpha": search.alphas_},
        cv=FOLDS,
    ).fit(X, Y)
    results = by_grid.cv_results_
    scores = np.array([results[f"split{fold}_test_score"] for fold in range(3)])
    expected = scores.reshape(3, len(search.alphas_), 3).swapaxes(1, 2)
    apart = abs(search.scores_path_ - expected)
    assert np.mean(apart > 1e-5) < 0.05, "other local minima"
    assert apart.max() < 1e-3
    assert search.best_score_ == pytest.approx(by_grid.best_score_, abs=1e-5)
    chosen = search.estimator_.get_params()
    assert {name: chosen[name] for name in parameters} == parameters


def test_the_estimator_is_that_of_the_choice(search):
    rank, place = search.best_index_
    k, alpha = (1, 2, 4)[rank], search.alphas_[place]
    reg = SparseReducedRankRegressor(k, alpha=alpha).fit(X, Y)
    assert search.alpha_ == alpha
    for name, value in vars(reg).items():
        if name.endswith("_"):
            np.testing.assert_array_equal(getattr(search, name), value)
    np.testing.assert_array_equal(search.predict(X), reg.predict(X))
    np.testing.assert_array_equal(search.transform(X), reg.transform(X))
    assert search.score(X, Y) == reg.score(X, Y)


def test_one_standard_error_takes_the_fewest_parameters(search):
    means = search.scores_path_.mean(axis=0)
    best = np.unravel_index(means.argmax(), means.shape)
    error = search.scores_path_[:, *best].std(ddof=1) / np.sqrt(3)
    good = means >= means.max() - error
    n_parameters = search.n_parameters_path_.mean(axis=0)
    assert n_parameters[search.best_index_] == n_parameters[good].min()
    assert good[search.best_index_]
    assert search.best_score_ == pytest.approx(means[search.best_index_])
    by_best = SparseReducedRankRegressorCV((1, 2, 4), alphas=12, cv=FOLDS, rule="best").fit(X, Y)
    assert by_best.best_index_ == best
    assert by_best.best_index_ != search.best_index_


def test_parameters_are_counted_as_those_of_a_matrix_of_low_rank(search):
    ranks, q = np.array([1, 2, 4])[:, None], Y.shape[1]
    s = search.n_features_path_
    full = s >= ranks
    expected = np.minimum(ranks, s) * (s + q - np.minimum(ranks, s))
    assert np.array_equal(search.n_parameters_path_[full], expected[full])


def test_the_grid_ends_where_nothing_is_left(search):
    reg = SparseReducedRankRegressor(alpha=search.alphas_[-1])
    with pytest.warns(UserWarning, match="left no feature"):
        reg.fit(X, Y)
    assert reg.set_params(alpha=search.alphas_[-1] * 0.9).fit(X, Y).support_.any()
    assert search.alphas_[0] == pytest.approx(search.alphas_[-1] / 100)
    assert (np.diff(search.alphas_) > 0).all()


def test_the_rank_is_found_where_the_signal_is_strong():
    X, Y = draw(n=200, q=8, k=3, n_relevant=6, noise=0.3)
    search = SparseReducedRankRegressorCV(alphas=10, penalty="scad", cv=FOLDS).fit(X, Y)
    assert search.n_components_ == 3
    assert np.array_equal(search.selected_features_, range(6))


def test_sparse_matrices_weights_and_threads_change_nothing():
    dense = np.where(X > 2.5, X, 0)
    weights = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    given = {"alphas": [0.05, 0.2], "cv": FOLDS, "rule": "best"}
    one = SparseReducedRankRegressorCV(**given).fit(dense, Y, weights)
    with joblib.parallel_config("threading", n_jobs=2):
        two = SparseReducedRankRegressorCV(**given).fit(sparse.csr_array(dense), Y, weights)
    np.testing.assert_allclose(one.scores_path_, two.scores_path_, atol=1e-9)
    train, test = next(FOLDS.split(X))
    reg = SparseReducedRankRegressor(2, alpha=0.2).fit(dense[train], Y[train], weights[train])
    expected = reg.score(dense[test], Y[test], weights[test])
    assert one.scores_path_[0, 1, 1] == pytest.approx(expected, abs=1e-4)


GROUPS = np.random.default_rng(0).permutation(np.arange(len(X)) % 7)
BY_GROUPS = SparseReducedRankRegressorCV((1, 2), alphas=[0.05, 0.2], cv=GroupKFold(3), rule="best")
pytestmark = pytest.mark.filterwarnings("ignore:alpha=0.05 was chosen, the least of all")


def test_groups_are_those_of_a_list_of_folds():
    folds = list(GroupKFold(3).split(X, Y, GROUPS))
    expected = clone(BY_GROUPS).set_params(cv=folds).fit(X, Y)
    found = clone(BY_GROUPS).fit(X, Y, groups=GROUPS)
    np.testing.assert_array_equal(found.scores_path_, expected.scores_path_)
    with config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(StandardScaler(), clone(BY_GROUPS)).fit(X, Y, groups=GROUPS)
    scaled = clone(BY_GROUPS).fit(StandardScaler().fit_transform(X), Y, groups=GROUPS)
    np.testing.assert_array_equal(pipeline[-1].scores_path_, scaled.scores_path_)
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        clone(BY_GROUPS).fit(X, Y)
    with pytest.raises(ValueError, match=r"groups must have shape \(80,\)"):
        clone(BY_GROUPS).fit(X, Y, groups=GROUPS[:-1])


@pytest.mark.parametrize("weighs_scores", [False, True])
def test_weights_go_where_they_are_requested(weighs_scores):
    weights = np.random.default_rng(1).integers(1, 4, len(X)).astype(float)
    with config_context(enable_metadata_routing=True):
        scorer = get_scorer("r2").set_score_request(sample_weight=weighs_scores)
        model = clone(BY_GROUPS).set_params(scoring=scorer).set_fit_request(sample_weight=True)
        model.fit(X, Y, sample_weight=weights, groups=GROUPS)
        given = {"sample_weight": weights} if weighs_scores else {}
        score = model.score(X, Y, **given)
    train, test = next(GroupKFold(3).split(X, Y, GROUPS))
    reg = SparseReducedRankRegressor(1, alpha=0.2, tol=1e-9).fit(X[train], Y[train], weights[train])
    expected = reg.score(X[test], Y[test], weights[test] if weighs_scores else None)
    assert model.scores_path_[0, 0, 1] == pytest.approx(expected, abs=1e-4)
    assert score == model.estimator_.score(X, Y, weights if weighs_scores else None)


class Recorder:
    """Writes down the tasks that end."""

    def __init__(self):
        self.ended = []

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.ended.append(context.task_name)

    def teardown(self, estimator, context):
        pass


def test_callbacks_hear_of_the_folds_and_of_the_last_fit():
    recorder = Recorder()
    clone(BY_GROUPS).set_callbacks(recorder).fit(X, Y, groups=GROUPS)
    assert recorder.ended == ["fold"] * 3 + ["fit", "fit"]


def test_the_end_of_the_grid_is_warned_of():
    search = SparseReducedRankRegressorCV(alphas=[0.3, 3.0], cv=FOLDS, rule="best")
    with pytest.warns(UserWarning, match="alpha=0.3 was chosen, the least of all"):
        search.fit(X, Y)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_components": ()}, "n_components must hold"),
        ({"n_components": (0, 1)}, "n_components must hold"),
        ({"n_components": "two"}, "n_components"),
        ({"alphas": 1}, "alphas"),
        ({"alphas": [-1.0]}, "alphas"),
        ({"alphas": []}, "alphas"),
        ({"rule": "dense"}, "rule"),
        ({"penalty": "l1"}, "not a function of the norm"),
        ({"cv": 1}, "cv|n_splits"),
        ({"scoring": "nonsense"}, "scoring"),
    ],
)
def test_bad_parameters_are_refused_before_anything_changes(search, parameters, words):
    model = SparseReducedRankRegressorCV((1, 2), alphas=[0.01, 0.2], cv=2).fit(X, Y)
    model.set_params(**parameters)
    before = joblib.hash({name: v for name, v in vars(model).items() if name != "cv"})
    with pytest.raises(ValueError, match=words):
        model.fit(X, Y)
    assert joblib.hash({name: v for name, v in vars(model).items() if name != "cv"}) == before
