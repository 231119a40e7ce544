"""Paths: their ends, what their points say, and choosing from them."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import sem
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, load_wine, make_friedman1
from sklearn.linear_model import lasso_path
from sklearn.preprocessing import scale

from sgnn import (
    SgnnWarning,
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPRegressor,
    SparseMLPSelector,
    StabilitySelector,
    penalties,
    sparse_mlp_path,
)
from sgnn.estimators.data import Form
from sgnn.estimators.targets import Quantities
from sgnn.networks.network import Network
from sgnn.paths.choice import choose, standard_error
from sgnn.paths.path import SparseMLPPath
from sgnn.paths.point import PathPoint
from sgnn.paths.sparse_mlp_path import compute_path
from sgnn.penalties import LogSum
from sgnn.penalties._registry import PENALTIES
from sgnn.training.course import History
from sgnn.training.walk import Walk

WINE_X, WINE_Y = load_wine(return_X_y=True)
WINE_X = scale(WINE_X)
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 30, "random_state": 0}


def classifier(**parameters):
    return SparseMLPClassifier(**{"penalty": "log_sum", **SMALL, **parameters})


@pytest.fixture(scope="module")
def path():
    return sparse_mlp_path(
        classifier(), WINE_X[::2], WINE_Y[::2], X_val=WINE_X[1::2], y_val=WINE_Y[1::2]
    )


def test_ends_and_order(path):
    assert path.alphas[0] == 0
    assert (np.diff(path.alphas) > 0).all()
    assert path.n_features[0] == 13
    assert path.n_neurons[-1].sum() == 0
    assert len(path) <= 61
    assert (path.supports[:-1] >= path.supports[1:]).all()


def test_no_step_removes_most_of_what_is_left(path):
    sizes = path.n_features[:-1]
    assert (np.diff(sizes) >= -np.maximum(1, sizes[:-1] / 2)).all()
    assert len(np.unique(sizes)) >= 8


@pytest.mark.parametrize("index", [0, 5, 10, -1])
def test_point_and_its_estimator_agree(path, index):
    point, estimator = path[index], path.estimator(index)
    assert estimator.alpha == estimator.alpha_ == point.alpha
    assert estimator.n_neurons_ == point.n_neurons
    assert_array_equal(estimator.selected_features_, point.features)
    assert estimator.sparsity_ == pytest.approx(point.sparsity)
    coefs, _ = estimator.expand()
    assert point.n_weights == sum((coef != 0).sum() for coef in coefs)
    assert point.sparsity == pytest.approx(np.mean(np.concatenate([c.ravel() for c in coefs]) == 0))
    assert point.n_multiply_adds == sum(coef.size for coef in estimator.coefs_)
    assert point.train_score == pytest.approx(estimator.score(WINE_X[::2], WINE_Y[::2]))
    correct = estimator.predict(WINE_X[1::2]) == WINE_Y[1::2]
    assert point.validation_score == pytest.approx(correct.mean())
    assert point.validation_error == pytest.approx(correct.std(ddof=1) / np.sqrt(len(correct)))


def test_empty_end_predicts_the_largest_class(path):
    probabilities = path.estimator(-1).predict_proba(WINE_X[:1])[0]
    assert_allclose(probabilities, np.bincount(WINE_Y[::2]) / len(WINE_Y[::2]), rtol=1e-6)


def test_path_of_a_linear_model_is_the_lasso_path():
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X), (y - y.mean()) / y.std()
    alphas, expected, _ = lasso_path(X, y, alphas=[0.3, 0.1, 0.03, 0.01])
    reg = SparseMLPRegressor((), penalty="l1", batch_size=len(X), max_iter=500, random_state=0)
    found = sparse_mlp_path(reg, X, y, alphas=alphas, max_iter=1000)
    assert_allclose(found.alphas[1:], alphas[::-1])
    for index, coef in enumerate(expected.T[::-1], start=1):
        assert_allclose(found.estimator(index).expand()[0][0].ravel(), coef, atol=2e-3)
        assert_array_equal(found.supports[index], coef != 0)
    residual = y - X @ expected[:, -1]
    objective = 0.5 * np.mean(residual**2) + alphas[-1] * abs(expected[:, -1]).sum()
    assert found.objectives[1] == pytest.approx(objective, rel=1e-3)


LEAVE_WEIGHTS_ALONE = ["l0", "capped_l1", "exclusive_lasso", "l1_minus_l2"]


@pytest.mark.parametrize("penalty", penalties.available())
def test_every_penalty_has_a_path(penalty):
    if "graph" in penalty:
        penalty = PENALTIES[penalty](graph=np.eye(4)[[1, 0, 3, 2]])
    X, y = load_iris(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if penalty in LEAVE_WEIGHTS_ALONE:
            warnings.filterwarnings("ignore", "The path ends at")
        found = sparse_mlp_path(classifier(penalty=penalty, l2=1e-4), scale(X), y, max_iter=60)
    assert np.isfinite(found.objectives).all()
    assert found.train_scores[1] > 0.9
    assert (np.diff(found.n_neurons[:, :-1], axis=0) <= 0).all()
    assert 5 <= len(found) <= 61
    if penalty not in ("l0", "capped_l1"):
        assert found.sparsities[-1] >= 0.8


@pytest.mark.parametrize(
    "penalty",
    [
        LogSum(fraction=0.5),
        LogSum(warm_up=5),
        LogSum(adaptive=1.0),
        LogSum(layers="input"),
        [penalties.GroupLasso(), penalties.L1()],
    ],
)
@pytest.mark.filterwarnings("ignore:The path ends at")
def test_schedules_have_a_path(penalty):
    found = sparse_mlp_path(
        classifier(penalty=penalty, l2=1e-3), WINE_X, WINE_Y, alphas=25, max_iter=20
    )
    assert found.sparsities[-1] > 0.5
    assert (np.diff(found.n_neurons[:, :-1], axis=0) <= 0).all()


def test_relevant_features_stay_longest():
    X, y = make_friedman1(400, n_features=15, random_state=0)
    reg = SparseMLPRegressor((20,), penalty="log_sum", max_iter=300, random_state=0)
    found = sparse_mlp_path(reg, X, y)
    assert sorted(np.argsort(found.ranking)[:5]) == [0, 1, 2, 3, 4]
    assert_array_equal(np.flatnonzero(found.top(5)), range(5))
    assert found.at(n_features=5).score(X, y) > 0.85


def test_importances_and_ranking(path):
    for feature in range(13):
        gone = [point.alpha for point in path if not point.kept[0][feature]]
        assert path.importances[feature] == gone[0]
    assert sorted(path.ranking) == list(range(1, 14))
    assert (np.diff(path.importances[np.argsort(path.ranking)]) <= 0).all()


def test_importances_of_what_never_disappears():
    found = sparse_mlp_path(classifier(), WINE_X, WINE_Y, min_features=6, alphas=30)
    assert 0 < found.n_features[-1] <= 6
    assert_array_equal(np.isinf(found.importances), found.supports[-1])
    assert (found.n_features[:-1] > 6).all()


def test_stops_at_a_sparsity_or_a_drop():
    found = sparse_mlp_path(classifier(), WINE_X, WINE_Y, max_sparsity=0.7, alphas=30)
    assert found.sparsities[-1] >= 0.7 > found.sparsities[-2]
    held_out = {"X_val": WINE_X[::3], "y_val": WINE_Y[::3]}
    found = sparse_mlp_path(classifier(), WINE_X, WINE_Y, max_drop=0.1, **held_out)
    drops = found.validation_scores[0] - found.validation_scores
    assert drops[-1] > 0.1
    assert (drops[:-1] <= 0.1).all()


def test_at(path):
    small = path.at(n_features=4)
    candidates = [p for p in path if 0 < p.n_features <= 4]
    assert small.alpha_ == candidates[0].alpha
    assert path.at(sparsity=0.8).alpha_ == next(p.alpha for p in path if p.sparsity >= 0.8)
    assert path.at(alpha=path.alphas[3]).alpha_ == path.alphas[3]
    with pytest.raises(ValueError, match="n_features=0; n_features goes from"):
        path.at(n_features=0)
    with pytest.raises(ValueError, match="give one of n_features, sparsity, alpha"):
        path.at(n_features=3, sparsity=0.5)
    with pytest.raises(ValueError, match="give one of"):
        path.at()


@pytest.mark.parametrize(
    ("sizes", "wanted", "jump"),
    [
        ((10, 7, 1, 0), 5, "from 7 to 1"),
        ((10, 7, 1, 0), 7, None),
        ((10, 7, 1, 0), 8, "from 10 to 7"),
        ((10, 7, 1, 0), 10, None),
        ((10, 9, 0), 20, None),
        ((100, 90, 30), 95, None),
        ((100, 90, 30), 101, None),
        ((100, 89, 30), 99, "from 100 to 89"),
        ((13, 4, 4, 3), 5, "from 13 to 4"),
    ],
)
def test_at_says_when_a_size_was_jumped_over(path, monkeypatch, sizes, wanted, jump):
    """Not if the dense network is small enough, or a tenth or less is missing."""
    monkeypatch.setattr(SparseMLPPath, "n_features", np.array(sizes))
    monkeypatch.setattr(SparseMLPPath, "estimator", lambda _, index: sizes[index])
    if jump is None:
        found = path.at(n_features=wanted)
    else:
        with pytest.warns(SgnnWarning, match=rf"n_features={wanted}: .* {jump} features"):
            found = path.at(n_features=wanted)
    assert found == next(size for size in sizes if size <= wanted)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_path_that_falls_stops_on_the_way_down(seed):
    """It had 10, 9, 2 and 1 features: nothing in between is stable."""
    X, y = load_diabetes(return_X_y=True)
    reg = SparseMLPRegressor(penalty="log_sum", l2=1e-3, random_state=seed)
    found = sparse_mlp_path(reg, scale(X), scale(y))
    assert (np.diff(found.alphas) > 0).all()
    assert len(found) <= 61
    assert found.n_features[-1] == 0
    assert len(set(found.n_features) & set(range(3, 10))) >= 3


def test_folds_stop_on_the_way_down_as_the_path_did(monkeypatch):
    walked = []

    def recorded(*arguments, **parameters):
        walked.append(parameters.get("n_steps"))
        return compute_path(*arguments, **parameters)

    for place in ("sgnn.paths.base_cv", "sgnn.paths.folds"):
        monkeypatch.setattr(f"{place}.compute_path", recorded)
    for alphas, expected in ((9, 9), ([1e-3, 1e-1], None)):
        walked.clear()
        SparseMLPClassifierCV(classifier(), alphas=alphas, cv=2, rule="best").fit(WINE_X, WINE_Y)
        assert walked == [None, expected, expected]


def test_best(path):
    scores, alphas = path.validation_scores, path.alphas
    top = scores[:-1].max()
    assert path.best("best").alpha_ == alphas[:-1][scores[:-1] == top].max()
    at_top = np.flatnonzero(scores[:-1] == top)[-1]
    floor = top - path.validation_errors[at_top]
    assert path.best("1se").alpha_ == alphas[:-1][scores[:-1] >= floor].max()
    assert path.best("dense", tol=0.2).alpha_ == alphas[:-1][scores[:-1] >= scores[0] - 0.2].max()
    with pytest.raises(ValueError, match="rule must be one of best, 1se, dense; got 'least'"):
        path.best("least")
    with pytest.raises(ValueError, match="no validation scores"):
        sparse_mlp_path(classifier(), WINE_X, WINE_Y, alphas=3).best()


@pytest.mark.parametrize(("rule", "expected"), [("best", 2), ("1se", 3), ("dense", 4)])
def test_choose(rule, expected):
    scores = np.array([0.80, 0.90, 0.90, 0.86, 0.81, 0.10])
    assert choose(rule, scores, np.full(6, 0.05), 0.0) == expected


@pytest.mark.parametrize(
    ("rule", "scores", "error"),
    [
        ("best", [np.nan, np.nan], 0.1),
        ("1se", [0.5, -np.inf], np.nan),
        ("1se", [-np.inf, -np.inf], -np.inf),
        ("dense", [np.nan, 0.5], 0.1),
    ],
)
def test_scores_that_are_not_numbers_are_not_chosen_from(rule, scores, error):
    with pytest.raises(ValueError, match=f"rule='{rule}': the validation scores"):
        choose(rule, np.array(scores), np.full(2, error), 0.0)


@pytest.mark.parametrize("shape", [(7,), (6, 3), (5, 4, 2), (1,)])
def test_standard_error_is_that_of_scipy(shape):
    scores = np.random.default_rng(0).normal(size=shape)
    expected = sem(scores, axis=0) if len(scores) > 1 else 0
    assert_allclose(standard_error(scores), expected, rtol=1e-12)


def test_refit_undoes_the_shrinkage():
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X), (y - y.mean()) / y.std()
    reg = SparseMLPRegressor((), penalty="l1", batch_size=len(X), refit=True, random_state=0)
    found = sparse_mlp_path(reg, X, y, alphas=[0.3], max_iter=1000)
    kept = found.supports[1]
    expected = np.linalg.lstsq(X[:, kept], y, rcond=None)[0]
    assert_allclose(found[1].coefs[0].ravel(), expected, atol=2e-3)


def test_blocks_stand_or_fall_together():
    groups = [[0, 1, 2], [3, 4]]
    found = sparse_mlp_path(classifier(feature_groups=groups), WINE_X, WINE_Y, max_iter=20)
    for group in groups:
        assert (found.supports[:, group[0]] == found.supports[:, group].T).all()
        assert len(set(found.ranking[group])) == 1
    places = [found.ranking[0], found.ranking[3], *found.ranking[5:]]
    assert len(set(places)) == 10
    for n_features in range(3, 14):
        selected = found.top(n_features)
        assert selected.sum() <= n_features
        assert (found.ranking[selected].max() < found.ranking[~selected]).all()


def test_a_block_is_as_strong_as_the_root_of_the_sum_of_squares_of_its_inputs():
    """All inputs disappear together: blocks of norm 5 and 6, whose parts sum to 7 and 6."""
    norms = np.array([3.0, 6.0, 4.0])
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(3, 5))
    weights *= (norms / np.linalg.norm(weights, axis=1))[:, None]
    whole = Network.whole([weights, np.ones((5, 1))], [np.zeros(5), np.zeros(1)], "relu")
    empty = whole.keep([np.zeros(len(mask), dtype=bool) for mask in whole.kept])
    scores = dict.fromkeys(
        ["train_score", "validation_score", "validation_error", "least_gain", "seconds"], 0.0
    )
    points = [
        PathPoint(alpha=alpha, objective=0.0, network=network, history=History(), **scores)
        for alpha, network in [(0.0, whole), (1.0, empty)]
    ]
    form = Form(3, None, "float64", np.array([0, 1, 0]), Quantities(1, True))
    path = SparseMLPPath(SparseMLPRegressor((5,)), form, points, points[-1])
    assert path.ranking.tolist() == [2, 1, 2]
    assert path.top(1).tolist() == [False, True, False]
    with pytest.raises(ValueError, match="n_features must be at least 1; got 0"):
        path.top(0)
    with pytest.raises(ValueError, match=r"tol must be at least 0; got -0\.1"):
        path.best("dense", tol=-0.1)


def test_sparse_input_and_float32():
    dense = sparse_mlp_path(classifier(), WINE_X, WINE_Y, alphas=4)
    other = sparse_mlp_path(classifier(), sparse.csr_matrix(WINE_X), WINE_Y, alphas=4)
    assert_array_equal(dense.supports, other.supports)
    assert_allclose(dense.objectives, other.objectives)
    small = sparse_mlp_path(classifier(), WINE_X.astype(np.float32), WINE_Y, alphas=4)
    assert small[3].coefs[0].dtype == np.float32


def test_weights_of_zero_leave_out_samples():
    weights = (np.arange(len(WINE_Y)) % 3 > 0).astype(float)
    clf = classifier(batch_size=len(WINE_Y), shuffle=False)
    weighted = sparse_mlp_path(clf, WINE_X, WINE_Y, sample_weight=weights, alphas=[0.01, 0.03])
    without = sparse_mlp_path(clf, WINE_X[weights > 0], WINE_Y[weights > 0], alphas=[0.01, 0.03])
    assert_allclose(weighted.objectives, without.objectives, rtol=1e-6)
    assert_array_equal(weighted.supports, without.supports)


def test_multilabel_and_several_outputs():
    labels = np.column_stack([WINE_Y == 0, WINE_Y == 1, WINE_X[:, 0] > 0]).astype(int)
    found = sparse_mlp_path(classifier(), WINE_X, labels, alphas=6)
    assert found.train_scores[1] == pytest.approx(found.estimator(1).score(WINE_X, labels))
    reg = SparseMLPRegressor(penalty="log_sum", **SMALL)
    found = sparse_mlp_path(reg, WINE_X[:, 2:], WINE_X[:, :2], alphas=6)
    r2 = found.estimator(2).score(WINE_X[:, 2:], WINE_X[:, :2])
    assert found.train_scores[2] == pytest.approx(r2)


def test_same_seed_same_path_and_the_estimator_is_left_alone():
    clf = classifier()
    before = pickle.dumps(clf)
    one, other = (sparse_mlp_path(clf, WINE_X, WINE_Y, alphas=6) for _ in range(2))
    assert pickle.dumps(clf) == before
    assert_array_equal(one.alphas, other.alphas)
    assert_allclose(one.objectives, other.objectives, rtol=0)


def test_a_path_is_small_and_survives_pickling(path):
    stored = pickle.dumps(path)
    assert len(stored) < 200_000
    again = pickle.loads(stored)
    assert_array_equal(again.ranking, path.ranking)
    assert_array_equal(again.estimator(4).predict(WINE_X), path.estimator(4).predict(WINE_X))


def test_estimators_of_a_path_train_on(path):
    estimator = path.at(n_features=6)
    assert estimator.partial_fit(WINE_X, WINE_Y).n_iter_ > 1
    assert clone(estimator).alpha == estimator.alpha_


def test_estimators_of_a_path_share_nothing(path):
    before = path.estimator(2).predict_proba(WINE_X)
    one = path.estimator(2)
    for coef in one.coefs_:
        coef[:] = 0
    one.classes_[0] = 7
    one.support_[:] = False
    assert_array_equal(path.estimator(2).predict_proba(WINE_X), before)
    assert path.estimator(3).classes_[0] == 0
    adjusted = sparse_mlp_path(classifier(penalty=LogSum()), WINE_X, WINE_Y, alphas=[0.01])
    adjusted.estimator(0).set_params(penalty__eps=55.0)
    assert adjusted.estimator(1).penalty.eps == 0.1


def test_names():
    columns = load_wine().feature_names
    found = sparse_mlp_path(classifier(), pd.DataFrame(WINE_X, columns=columns), WINE_Y, alphas=40)
    assert found.feature_names.tolist() == columns
    names = found.at(n_features=5).get_feature_names_out()
    assert set(names) <= set(columns)
    assert 1 <= len(names) <= 5


def test_summary(path):
    lines = path.summary().splitlines()
    assert len(lines) == len(path) + 2
    assert f"{path.validation_scores[0]:.4f}" in lines[2]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alphas": 1}, "alphas"),
        ({"alphas": [[0.1, 0.2]]}, "alphas must be a number of steps or one-dimensional"),
        ({"alphas": []}, "alphas must be finite positive numbers"),
        ({"alphas": ["a"]}, r"alphas must be numbers; got \['a'\]"),
        ({"alphas": [[1.0], [1.0, 2.0]]}, "alphas must be numbers"),
        ({"alphas": [10**400]}, "alphas must be numbers"),
        ({"alphas": [None]}, "alphas must be finite positive numbers"),
        ({"alphas": list(np.arange(-99.0, 99))}, r"alphas must be .{,200}$"),
        ({"alphas": [0.1, -1.0]}, "alphas must be finite positive numbers"),
        ({"alphas": [0.1, np.nan]}, "alphas must be finite positive numbers"),
        ({"max_iter": 0}, "max_iter"),
        ({"min_features": -1}, "min_features"),
        ({"max_sparsity": 1.5}, "max_sparsity"),
        ({"max_drop": 0.1}, "max_drop=0.1 needs X_val and y_val"),
        ({"X_val": WINE_X}, "X_val and y_val must be given together"),
        ({"estimator": classifier(penalty=None)}, "penalty=None: a path needs a penalty"),
        ({"estimator": classifier(activation="step")}, "activation"),
        ({"estimator": 3}, "estimator"),
    ],
)
def test_bad_input(parameters, message):
    arguments = {"estimator": classifier(), "alphas": 3, **parameters}
    with pytest.raises(ValueError, match=message):
        sparse_mlp_path(X=WINE_X, y=WINE_Y, **arguments)


def test_a_path_that_diverges_leaves_what_there_is(monkeypatch):
    n_calls, step = iter(range(9)), Walk.step

    def breaks_off(self, place, alpha, limit=np.inf):
        if next(n_calls) == 2:
            raise FloatingPointError("not finite")
        return step(self, place, alpha, limit)

    monkeypatch.setattr(Walk, "step", breaks_off)
    with pytest.warns(UserWarning, match="The path ends at alpha=0.02: not finite"):
        found = sparse_mlp_path(classifier(), WINE_X, WINE_Y, alphas=[0.01, 0.02, 0.03])
    assert_allclose(found.alphas, [0, 0.01, 0.02])


def test_a_path_that_ends_before_anything_is_removed_says_so():
    with pytest.warns(UserWarning, match="Raise max_iter") as record:
        found = sparse_mlp_path(classifier(max_iter=20), WINE_X, WINE_Y, max_iter=1)
    assert found.n_features[-1] > 0
    assert [warning.filename for warning in record] == [__file__]


def test_no_pickle_imports_torch(tmp_path):
    clf = SparseMLPClassifier((4,), penalty="log_sum", max_iter=20, random_state=0)
    few = {"alphas": [0.01, 0.02], "max_iter": 2}
    things = {
        "fit": clone(clf).fit(WINE_X, WINE_Y),
        "stream": clone(clf).partial_fit(WINE_X, WINE_Y),
        "path": sparse_mlp_path(clf, WINE_X, WINE_Y, **few),
        "search": SparseMLPClassifierCV(clf, cv=2, rule="dense", tol=1, **few),
        "selector": SparseMLPSelector(clf, n_features_to_select=2, **few),
        "stability": StabilitySelector(clf, n_pairs=2, n_features_to_select=2, **few),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("search", "selector", "stability"):
            things[name].fit(WINE_X, WINE_Y)
    file = tmp_path / "things.pkl"
    file.write_bytes(pickle.dumps({name: pickle.dumps(thing) for name, thing in things.items()}))
    code = """import pickle, sys
for name, thing in pickle.load(open(sys.argv[1], "rb")).items():
    pickle.loads(thing)
    assert "torch" not in sys.modules, name"""
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)


@pytest.mark.parametrize("penalty", ["log_sum", "group_lasso"])
def test_a_path_that_finds_its_strengths_is_the_same_in_all_units_of_y(penalty):
    model = SparseMLPRegressor((8,), penalty=penalty, l2=1e-2, max_iter=30, random_state=0)
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X), scale(y)
    one, other = (sparse_mlp_path(model, X, unit * y, alphas=12) for unit in (1.0, 1024.0))
    np.testing.assert_array_equal(one.n_neurons, other.n_neurons)
    np.testing.assert_allclose(one.train_scores, other.train_scores, rtol=1e-9, atol=1e-12)
