"""Knockoffs: their moments, the walk down the differences, the bound, and what is selected."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.covariance import ledoit_wolf
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import scale

from sgnn import KnockoffSelector, SparseMLPClassifier, SparseMLPRegressor
from sgnn.selection.copies import Copies
from sgnn.selection.knockoffs import _before_negative, _Draws, _factor

X, Y = make_friedman1(300, n_features=20, noise=0.5, random_state=0)
X, Y = scale(X), scale(Y)
REG = SparseMLPRegressor((20,), max_iter=80)


def test_knockoffs_have_the_moments_of_the_columns():
    """Second moments with all columns but their own; what is theirs is 1 - s."""
    rng = np.random.RandomState(0)
    mixing = rng.normal(size=(6, 6))
    data = 5 + rng.normal(size=(40000, 6)) @ mixing
    copies = Copies(data, None).draw(np.random.RandomState(1))
    deviations = data.std(axis=0)
    both = np.corrcoef(np.hstack([data, copies]).T)
    correlations, across = both[:6, :6], both[:6, 6:]
    assert_allclose(both[6:, 6:], correlations, atol=0.02)
    least = np.linalg.eigvalsh(ledoit_wolf(scale(data))[0])[0]
    s = min(1, 2 * least)
    assert_allclose(correlations - across, s * np.eye(6), atol=0.02)
    assert_allclose(copies.mean(axis=0), data.mean(axis=0), atol=0.05 * deviations.max())


def test_blocks_of_indicators_get_the_rows_of_other_samples():
    codes = np.random.RandomState(0).randint(3, size=60)
    data = np.column_stack([np.eye(3)[codes], X[:60, :2]]).astype(np.float32)
    copies = Copies(data, np.array([0, 0, 0, 1, 1])).draw(np.random.RandomState(0))
    assert copies.dtype == np.float32
    assert_array_equal(copies[:, :3].sum(axis=1), 1)
    assert_array_equal(copies[:, :3].sum(axis=0), data[:, :3].sum(axis=0))
    assert (copies[:, :3] != data[:, :3]).any()
    assert not np.isin(copies[:, 3:], data[:, 3:]).any()


def test_a_category_that_no_sample_has_leaves_a_block_its_shadow():
    codes = np.random.RandomState(0).randint(3, size=60)
    data = np.column_stack([np.eye(4)[codes], X[:60, :1]])
    copies = Copies(data, np.array([0, 0, 0, 0, 1])).draw(np.random.RandomState(0))
    assert_array_equal(copies[:, :4].sum(axis=0), data[:, :4].sum(axis=0))
    assert (copies[:, :3] != data[:, :3]).any()


@pytest.mark.parametrize("magnitude", [1.0, 1e-170, 1e170])
def test_copies_of_few_samples_vary_as_the_columns_do(magnitude):
    rng = np.random.RandomState(0)
    common = rng.normal(size=(30, 12)).repeat(5, axis=1)
    data = magnitude * (0.95 * common + 0.3 * rng.normal(size=(30, 60)))
    copies = Copies(data, None)
    draws = np.array([copies.draw(rng) for _ in range(400)]) / magnitude
    found = np.sqrt(draws.var(axis=1).mean(axis=0))
    assert_allclose(found, (data / magnitude).std(axis=0), rtol=0.05)


def test_constant_columns_are_never_selected():
    quick = SparseMLPRegressor((6,), max_iter=15)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No features were selected")
        for seed in range(5):
            selector = KnockoffSelector(quick, max_false=3, random_state=seed)
            assert not selector.fit(np.ones((60, 3)), Y[:60]).support_.any()


def test_constant_and_equal_columns_have_copies():
    data = np.column_stack([X[:, 0], X[:, 0], np.ones(300)])
    copies = Copies(data, None).draw(np.random.RandomState(0))
    assert np.isfinite(copies).all()
    assert_array_equal(copies[:, 2], 1)


@pytest.mark.parametrize(
    ("n_negative", "expected"),
    [(0, []), (1, [3]), (2, [3, 0]), (3, [3, 0, 5, 2]), (9, [3, 0, 5, 2])],
)
def test_walk_ends_before_the_negative_ones(n_negative, expected):
    differences = np.array([3.0, -4.0, 1.0, 5.0, -2.0, 1.5, 0.0])
    found = _before_negative(differences, n_negative)
    assert set(np.flatnonzero(found)) == set(expected)


def test_no_more_false_ones_are_expected_than_asked_for():
    """With signs at random, the number before the v-th negative one has mean v at most."""
    rng = np.random.default_rng(0)
    for n_negative in (1, 3):
        counts = [_before_negative(rng.normal(size=60), n_negative).sum() for _ in range(4000)]
        assert np.mean(counts) == pytest.approx(n_negative, rel=0.1)


@pytest.mark.parametrize(
    ("threshold", "n_draws"), [(0.5, 31), (0.5, 11), (0.75, 8), (1.0, 5), (0.2, 1)]
)
def test_the_factor_is_the_worst_of_all_falling_distributions(threshold, n_draws):
    """By linear programming: P(share >= threshold) at a mean of at most one part."""
    from scipy.optimize import linprog

    shares = np.arange(n_draws + 1) / n_draws
    falls = np.diff(np.eye(n_draws + 1), axis=0)
    worst = 0
    for mean in np.linspace(0.01, 0.5, 50):
        found = linprog(
            -(shares >= threshold - 1e-12).astype(float),
            A_ub=falls,
            b_ub=np.zeros(n_draws),
            A_eq=[np.ones(n_draws + 1), shares],
            b_eq=[1, mean],
        )
        if found.success:
            worst = max(worst, -found.fun / mean)
    assert worst <= _factor(threshold, n_draws) * (1 + 1e-9)
    assert worst > 0.9 * _factor(threshold, n_draws)


def test_relevant_features_are_found_and_noise_is_not():
    selector = KnockoffSelector(REG, random_state=0).fit(X, Y)
    probabilities = selector.selection_probabilities_
    assert selector.support_[[0, 1, 3]].all()
    assert not selector.support_[5:].any()
    assert_array_equal(selector.support_, probabilities >= 0.5)
    assert_allclose(probabilities * 11, np.round(probabilities * 11))
    assert selector.error_bound_ == pytest.approx(1.0)
    assert selector.transform(X).shape == (300, selector.support_.sum())


def test_few_are_selected_where_there_is_nothing():
    """A small one of the simulation in benchmarks/known_answer."""
    rng = np.random.default_rng(0)
    quick = SparseMLPRegressor((10,), max_iter=20)
    n_false = []
    for seed in range(12):
        data, y = rng.normal(size=(100, 15)), rng.normal(size=100)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No features were selected")
            selector = KnockoffSelector(quick, n_draws=5, threshold=0.6, random_state=seed)
            n_false.append(selector.fit(data, y).support_.sum())
    assert np.mean(n_false) <= 1


def test_blocks_stand_or_fall_together_by_name():
    frame = pd.DataFrame(X).add_prefix("c")
    grouped = SparseMLPRegressor((20,), max_iter=60, feature_groups=[["c0", "c9"], ["c3", "c4"]])
    selector = KnockoffSelector(grouped, n_draws=3, random_state=0).fit(frame, Y)
    for block in ([0, 9], [3, 4]):
        assert len(set(selector.selection_probabilities_[block])) == 1
    assert selector.support_[[3, 4]].all()
    names = selector.get_feature_names_out()
    assert names.tolist() == frame.columns[selector.support_].tolist()


def test_sparse_and_weights_and_processes():
    quick = {"n_draws": 2, "random_state": 0}
    found = [
        KnockoffSelector(REG, n_jobs=n_jobs, **quick).fit(data, Y).selection_probabilities_
        for data, n_jobs in ((X, None), (sparse.csr_matrix(X), None), (X, 2))
    ]
    assert_array_equal(found[0], found[1])
    assert_array_equal(found[0], found[2])
    weights = np.where(np.arange(300) < 150, 0.0, 2.0)
    weighted = KnockoffSelector(REG, **quick).fit(X, Y, sample_weight=weights)
    half = KnockoffSelector(REG, **quick).fit(X[150:], Y[150:])
    assert_array_equal(weighted.selection_probabilities_, half.selection_probabilities_)


def test_classes():
    clf = SparseMLPClassifier((20,), max_iter=80)
    y = np.digitize(Y, [-0.5, 0.5])
    selector = KnockoffSelector(clf, random_state=0, n_draws=5).fit(X, y)
    assert selector.support_[3]
    assert not selector.support_[5:].any()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_false": 0}, "max_false"),
        ({"threshold": 1.5}, "threshold"),
        ({"n_draws": 0}, "n_draws"),
        ({"estimator": 3}, "estimator"),
    ],
)
def test_bad_input(parameters, message):
    selector = KnockoffSelector(REG).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        selector.fit(X, Y)
    assert not hasattr(selector, "support_")


def test_a_draw_asks_the_mean_of_the_networks_on_scaled_pairs(monkeypatch):
    """By the first network, pairs 1 and 2 count half; else feature 2 were selected too."""
    first = [4.0, 2, 1, 0], [1.0, 2, 2, 4]
    others = ([9.0, 0, 2.4, 0], [0.0, 4, 0, 2]), ([0.0, 0, 2.4, 0], [1.0, 2, 0, 2])
    answers, seen = iter([first, *others]), []

    def norms(self, problem, *_):
        seen.append(problem.X)
        return np.array(next(answers))

    monkeypatch.setattr(_Draws, "_norms", norms)
    selector = KnockoffSelector(REG, n_draws=1, random_state=0, max_false=2.0)
    selector.fit(X[:, :4], Y)
    assert_array_equal(selector.support_, [True, False, False, False])
    assert next(answers, None) is None
    assert_array_equal(seen[1], seen[0] * np.tile([1, 0.5, 0.5, 1], 2).astype(seen[0].dtype))
    assert_array_equal(seen[1], seen[2])


@pytest.mark.parametrize("n_done", [0, 3])
def test_an_interrupt_takes_along_the_draws_until_then(monkeypatch, n_done):
    done, selected = [], _Draws.selected

    def breaking_off(*arguments):
        if len(done) == n_done:
            raise KeyboardInterrupt
        done.append(selected(*arguments))
        return done[-1]

    monkeypatch.setattr(_Draws, "selected", breaking_off)
    selector = KnockoffSelector(REG, random_state=0)
    with pytest.raises(KeyboardInterrupt) as raised:
        selector.fit(X, Y)
    assert not hasattr(selector, "support_")
    if not n_done:
        assert not hasattr(raised.value, "trained")
        return
    trained = raised.value.trained
    assert_array_equal(trained.selection_probabilities_, np.mean(done, axis=0))
    assert trained.error_bound_ == pytest.approx(_factor(0.5, 3) / _factor(0.5, 11))


@pytest.mark.slow
@pytest.mark.parametrize("task", ["independent", "blocks", "relevant ones and blocks"])
def test_the_mean_number_of_false_ones_is_bounded(task):
    """Upper 95 % confidence bound of the mean over 50 draws; y is noise, or of three columns."""
    rng, n_false = np.random.default_rng(0), []
    for seed in range(50):
        common = rng.normal(size=(200, 12)).repeat(5, axis=1)
        weight = 0.0 if task == "independent" else 0.7
        data = np.sqrt(weight) * common + np.sqrt(1 - weight) * rng.normal(size=(200, 60))
        relevant = [0, 5, 10] if task.startswith("relevant") else []
        y = scale(data[:, relevant].sum(axis=1) + rng.normal(size=200))
        quick = SparseMLPRegressor((30,), max_iter=60)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No features were selected")
            support = KnockoffSelector(quick, random_state=seed).fit(data, y).support_
        n_false.append(support.sum() - support[relevant].sum())
    assert np.mean(n_false) + 1.68 * np.std(n_false, ddof=1) / np.sqrt(50) <= 1
