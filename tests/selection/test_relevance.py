"""A number of features: the core of the path, filled up by relevance."""

from dataclasses import replace

import numpy as np
import pytest
from joblib import Memory
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor, SparseMLPSelector, sparse_mlp_path
from sgnn.estimators.data import check_data
from sgnn.estimators.prepare import prepare
from sgnn.selection import relevance
from sgnn.selection.relevance import _gain, _split, held_out_choice, relevances

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 20))
SUM = X[:, 0] - X[:, 1] + X[:, 2]
NOISE = 0.3 * RNG.standard_normal(300)
QUICK = {"hidden_layer_sizes": (10,), "penalty": "log_sum", "max_iter": 40, "random_state": 0}
CLF = SparseMLPClassifier(**QUICK)
REG, POISSON, HUBER, COX = (
    SparseMLPRegressor(loss=loss, **QUICK) for loss in ("squared_error", "poisson", "huber", "cox")
)
SURVIVAL = np.column_stack([RNG.random(300) < 0.8, np.exp(NOISE - SUM)])
TASKS = {
    "binary": (CLF, (SUM > 0).astype(int)),
    "words": (CLF, np.where(SUM > 1, "a", np.where(SUM < -1, "b", "c"))),
    "labels": (CLF, np.column_stack([SUM > 0, SUM > 1]).astype(int)),
    "number": (REG, SUM + NOISE),
    "numbers": (REG, np.column_stack([SUM + NOISE, 100 * (NOISE - X[:, 0])])),
    "counts": (POISSON, RNG.poisson(np.exp(SUM / 2)).astype(float)),
    "huber": (HUBER, 1e3 * (SUM + NOISE)),
    "survival": (COX, SURVIVAL),
}


@pytest.mark.parametrize("task", TASKS)
def test_a_committee_knows_what_is_relevant(task):
    estimator, y = TASKS[task]
    found = np.argsort(-relevances(estimator, X, y, sample_weight=None))
    assert set(found[:3]) == {0, 1, 2}


def test_all_relevant_features_are_more_than_the_path_keeps():
    inputs, y = make_classification(
        1000, 60, n_informative=4, n_redundant=8, n_clusters_per_class=8, shuffle=False,
        random_state=0,
    )  # fmt: skip
    clf = SparseMLPClassifier((40,), penalty="log_sum", l2=1e-3, random_state=0, max_iter=100)
    inputs, found = scale(inputs), {}
    for wanted in ("all", "minimal"):
        selector = SparseMLPSelector(clf, n_features_to_select=12, relevance=wanted, alphas=30)
        support = selector.fit(inputs, y).support_
        found[wanted] = support[:12].sum()
        assert support.sum() == 12
        assert sorted(selector.ranking_) == [1] * 12 + list(range(2, 50))
    assert found["all"] == 12
    assert found["minimal"] < 10


def test_the_core_comes_first_and_the_rest_by_relevance(monkeypatch):
    y = TASKS["binary"][1]
    path = sparse_mlp_path(CLF, X, y, alphas=20)
    place = np.flatnonzero(path.n_features <= 5)[0]
    core, relevant = path.supports[place], np.random.default_rng(1).random(20)
    monkeypatch.setattr(relevance, "held_out_choice", lambda *_, **__: place)
    monkeypatch.setattr(relevance, "relevances", lambda *_, **__: relevant)
    selector = SparseMLPSelector(CLF, n_features_to_select=10, alphas=20).fit(X, y)
    others = np.flatnonzero(~core)
    in_order = others[np.argsort(-relevant[others])]
    n_filled = 10 - core.sum()
    expected = core.copy()
    expected[in_order[:n_filled]] = True
    assert_array_equal(selector.support_, expected)
    assert_array_equal(selector.ranking_[in_order[n_filled:]], np.arange(2, 12))
    few = SparseMLPSelector(CLF, n_features_to_select=int(core.sum()), alphas=20).fit(X, y)
    assert_array_equal(few.support_, path.top(core.sum()))


def test_the_network_that_held_out_samples_choose_needs_no_noise():
    path = sparse_mlp_path(REG, X, SUM + NOISE, alphas=20)
    of_path = {"alphas": path.alphas[1:], "max_iter": "auto", "sample_weight": None, "n_steps": 20}
    best = held_out_choice(REG, X, SUM + NOISE, **of_path)
    assert set(path[best].features) >= {0, 1, 2}
    assert path[best].n_features < 10


def test_the_gain_is_that_of_scikit_learns_log_loss():
    y = TASKS["binary"][1]
    data = check_data(CLF, X, y, np.linspace(1, 2, 300), rng=np.random.RandomState(0))
    problem, _ = prepare(CLF, data, np.random.RandomState(0))
    rows, held_out = _split(data, 3, np.random.RandomState(0))
    part = problem.with_held_out(rows, held_out)
    assert_array_equal(part.held_out.X, X[held_out])
    assert_array_equal(part.X, X[rows])
    wild = SparseMLPClassifier((10,), penalty=None, max_iter=100, random_state=0)
    network, held_out = wild.fit(X[rows], y[rows]).network_, part.held_out
    network = replace(network, coefs=[network.coefs[0], 10 * network.coefs[1]])
    constant = problem.best_constant
    z = network.forward(held_out.X)[:, 0] - constant
    losses = [
        log_loss(
            held_out.targets[:, 0], 1 / (1 + np.exp(-constant - t * z)),
            sample_weight=held_out.sample_weight,
        )
        for t in (0, 1, 1 / 2, 1 / 4, 1 / 8)
    ]  # fmt: skip
    gain = _gain(part, network, constant, 1)
    assert gain == pytest.approx(losses[0] - min(losses[1:]), abs=1e-9)
    assert gain > losses[0] - losses[1]
    assert gain > 0


def test_samples_are_held_out_in_their_order_and_classes_shared_out():
    y = np.repeat([0, 1, 2], [240, 57, 3])
    data = check_data(CLF, X, y, rng=np.random.RandomState(0))
    rows, held_out = _split(data, 3, np.random.RandomState(1))
    assert_array_equal(np.sort(np.r_[rows, held_out]), np.arange(300))
    assert np.bincount(y[held_out]).tolist() == [80, 19, 1]
    for part in (rows, held_out):
        assert (np.diff(part) > 0).all()
    few = np.concatenate(_split(data, 3, np.random.RandomState(1), 90))
    assert len(few) == len(set(few)) == 90


@pytest.mark.parametrize("task", ["words", "number", "survival"])
def test_samples_without_weight_are_not_there(task):
    estimator, y = TASKS[task]
    weights = np.where(np.arange(300) % 4 == 0, 0.0, np.linspace(1, 3, 300))
    there = weights > 0
    found = relevances(estimator, X, y, sample_weight=weights)
    assert_array_equal(
        found, relevances(estimator, X[there], y[there], sample_weight=weights[there])
    )
    unweighted = relevances(estimator, X[there], y[there], sample_weight=None)
    assert not np.array_equal(found, unweighted)


def test_sparse_inputs_have_the_relevance_of_dense_ones():
    y, inputs = TASKS["number"][1], X * (np.random.default_rng(2).random(X.shape) < 0.3)
    found = [
        relevances(REG, data, y, sample_weight=None) for data in (inputs, sparse.csr_matrix(inputs))
    ]
    assert_allclose(*found, rtol=1e-6)


def test_the_ridge_and_layers_of_the_estimator_do_not_matter():
    y = TASKS["binary"][1]
    other = SparseMLPClassifier((3, 3), penalty="l1", l2=1.0, alpha=2.0, random_state=0)
    found = [relevances(one, X, y, sample_weight=None) for one in (CLF, other)]
    assert_array_equal(*found)


def test_blocks_are_relevant_as_a_whole():
    groups = [[0, 3, 4], [5, 6], [1, 7]]
    clf = SparseMLPClassifier(feature_groups=groups, **QUICK)
    y = TASKS["binary"][1]
    found = relevances(clf, X, y, sample_weight=None)
    for group in groups:
        assert len(set(found[group])) == 1
    selector = SparseMLPSelector(clf, n_features_to_select=8, alphas=15).fit(X, y)
    assert selector.support_[[0, 3, 4, 1, 7, 2]].all()
    for group in groups:
        assert len(set(selector.ranking_[group])) == 1


def test_same_seed_same_features_also_from_memory(tmp_path):
    y, memory = TASKS["binary"][1], Memory(tmp_path, verbose=0)
    supports = [
        SparseMLPSelector(CLF, n_features_to_select=12, alphas=10, memory=kept).fit(X, y).support_
        for kept in (None, memory, memory)
    ]
    assert_array_equal(supports[0], supports[1])
    assert_array_equal(supports[1], supports[2])


def test_one_sample_is_refused():
    with pytest.raises(ValueError, match="one sample"):
        SparseMLPSelector(REG, n_features_to_select=3).fit(X[:1], [1.5])
