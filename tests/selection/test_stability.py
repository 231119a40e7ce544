"""Stability selection: halves, probabilities, bounds."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_wine, make_friedman1
from sklearn.preprocessing import scale

from sgnn import SparseMLPClassifier, SparseMLPRegressor, StabilitySelector
from sgnn.selection.stability import _error_bound, _halves

X, Y = load_wine(return_X_y=True)
X = scale(X)
CLF = SparseMLPClassifier((5,), penalty="log_sum", max_iter=30)
QUICK = {"n_pairs": 3, "alphas": 10, "max_iter": 20}


def test_halves_are_complementary_and_share_out_the_classes():
    halves = _halves(Y, True, 4, np.random.RandomState(0))
    assert len(halves) == 8
    for one, other in zip(halves[::2], halves[1::2], strict=True):
        assert_array_equal(np.sort(np.r_[one, other]), np.arange(178))
        assert abs(np.bincount(Y[one]) - np.bincount(Y[other])).max() <= 1
    assert len({tuple(half) for half in halves}) == 8


@pytest.mark.parametrize(
    ("n_selected", "n_features", "threshold", "n_pairs", "expected"),
    [
        # By hand, from the bound of Shah & Samworth for unimodal distributions.
        (10, 100, 0.6, 50, 1 / (2 * (0.2 - 0.01))),
        (10, 100, 0.75, 50, 1 / (2 * (0.5 - 0.01))),
        (10, 100, 0.9, 50, 4 * (0.1 + 0.01) / 1.02),
        (10, 1000, 1.0, 50, 0.1 * 4 * 0.01 / 1.02),
        (30, 50, 0.51, 50, np.inf),
        # Where the factor has a pole, 1/2 + 1/(4B), and below, where it would be negative.
        (1, 100, 0.505, 50, np.inf),
        (1, 100, 0.504, 50, np.inf),
        (1, 100, 0.501, 50, np.inf),
        (1, 100, 0.525, 10, np.inf),
        (1, 100, 0.625, 2, np.inf),
        (1, 100, 0.63, 2, 0.01 / (2 * (0.26 - 0.25))),
        (1, 100, 0.506, 50, 0.01 / (2 * (0.012 - 0.01))),
    ],
)
def test_error_bound(n_selected, n_features, threshold, n_pairs, expected):
    assert _error_bound(n_selected, n_features, threshold, n_pairs) == pytest.approx(expected)


@pytest.mark.parametrize(("threshold", "n_pairs"), [(0.51, 2), (0.504, 50), (0.6, 2)])
def test_auto_does_not_search_where_there_is_no_bound(threshold, n_pairs):
    selector = StabilitySelector(CLF, threshold=threshold, n_pairs=n_pairs, max_false=1e9)
    with pytest.raises(ValueError, match=f"threshold={threshold} .* inf; raise threshold, n_pairs"):
        selector.fit(X, Y)
    assert min(_error_bound(q, 13, threshold, n_pairs) for q in range(1, 14)) == np.inf


def test_bound_holds_on_noise():
    """Blind selection of q of p features in halves that know nothing of each other."""
    rng, n_features, n_pairs, threshold = np.random.RandomState(0), 40, 20, 0.7
    n_selected = 8
    n_kept = []
    for _ in range(200):
        scores = rng.rand(2 * n_pairs, n_features)
        selected = scores.argsort(axis=1).argsort(axis=1) < n_selected
        n_kept.append((selected.mean(axis=0) >= threshold).sum())
    assert np.mean(n_kept) <= _error_bound(n_selected, n_features, threshold, n_pairs)


def test_relevant_features_are_stable():
    data, targets = make_friedman1(400, n_features=20, random_state=0)
    reg = SparseMLPRegressor((10,), penalty="log_sum", max_iter=60)
    selector = StabilitySelector(reg, n_pairs=4, n_features_to_select=5, alphas=30, random_state=0)
    selector.fit(data, targets)
    assert set(np.flatnonzero(selector.support_)) <= {0, 1, 2, 3, 4}
    assert selector.support_[[0, 1, 3]].all()
    probabilities = selector.selection_probabilities_
    assert probabilities.sum() == pytest.approx(5)
    assert_array_equal(probabilities * 8, np.round(probabilities * 8))
    assert_array_equal(selector.support_, probabilities >= 0.75)
    assert selector.error_bound_ == _error_bound(5, 20, 0.75, 4)


def test_a_feature_that_just_reaches_the_threshold_is_selected(monkeypatch):
    """Of four halves, three select the second feature, which is the threshold."""
    supports = iter(np.array([[1, 1, 1, 0], [1, 1, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0]], dtype=bool))
    monkeypatch.setattr("sgnn.selection.stability._path_on", lambda *_, **__: (next(supports), 1))
    selector = StabilitySelector(CLF, threshold=0.75, n_pairs=2, n_features_to_select=2)
    selector.fit(X[:, :4], Y)
    assert selector.selection_probabilities_.tolist() == [1.0, 0.75, 0.5, 0.25]
    assert selector.support_.tolist() == [True, True, False, False]


def test_blocks_by_name():
    frame = pd.DataFrame(X).add_prefix("c")
    clf = SparseMLPClassifier(**{**CLF.get_params(), "feature_groups": [["c0", "c6", "c9"]]})
    selector = StabilitySelector(clf, n_features_to_select=5, random_state=0, **QUICK)
    selector.fit(frame, Y)
    assert len(set(selector.selection_probabilities_[[0, 6, 9]])) == 1
    assert selector.feature_names_in_.tolist() == frame.columns.tolist()


def test_a_class_of_one_sample():
    targets = np.r_[Y[:-1], 9]
    with pytest.raises(ValueError, match="y has a class of one sample"):
        StabilitySelector(CLF, n_features_to_select=4, **QUICK).fit(X, targets)


def test_number_of_features_follows_from_the_bound():
    selector = StabilitySelector(CLF, max_false=2.0, random_state=0, **QUICK).fit(X, Y)
    q = selector.n_features_to_select_
    assert selector.error_bound_ == _error_bound(q, 13, 0.75, 3) <= 2
    assert _error_bound(q + 1, 13, 0.75, 3) > 2


def test_same_seed_same_selection_in_any_number_of_processes():
    quick = {"n_features_to_select": 4, "random_state": 3, **QUICK, "n_pairs": 2}
    one, other = (StabilitySelector(CLF, n_jobs=n, **quick).fit(X, Y) for n in (1, 2))
    assert_array_equal(one.selection_probabilities_, other.selection_probabilities_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"threshold": 0.4}, "threshold"),
        ({"n_pairs": 1}, "n_pairs"),
        ({"n_features_to_select": 14}, "n_features_to_select=14 is more than the 13 features"),
        ({"max_false": 0.001}, "max_false=0.001: with 13 features and threshold=0.75"),
    ],
)
def test_bad_input(parameters, message):
    selector = StabilitySelector(CLF, **QUICK).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        selector.fit(X, Y)
    assert not hasattr(selector, "support_")
