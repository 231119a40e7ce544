"""Learning rates and patience."""

import math
from itertools import pairwise

import pytest

from sgnn.training.rates import LearningRate, Patience


def test_a_constant_rate_is_constant():
    rate = LearningRate("constant", 0.3, 10)
    assert [rate.rate(epoch) for epoch in (0, 5, 9)] == [0.3] * 3
    assert not rate.reduce()
    assert rate.rate(9) == 0.3


def test_a_cosine_rate_falls_from_the_initial_one_to_zero():
    rate = LearningRate("cosine", 0.4, 100)
    rates = [rate.rate(epoch) for epoch in range(101)]
    assert rates[0] == 0.4
    assert rates[50] == pytest.approx(0.2)
    assert rates[25] == pytest.approx(0.2 * (1 + math.sqrt(0.5)))
    assert rates[100] == pytest.approx(0, abs=1e-16)
    assert all(later < earlier for earlier, later in pairwise(rates))
    assert rates[99] > 0, "the last epoch still moves"
    assert not rate.reduce()


def test_an_adaptive_rate_is_divided_by_five_until_a_thousandth():
    rate = LearningRate("adaptive", 2.0, 10)
    rates = [rate.rate(0)]
    while rate.reduce():
        rates.append(rate.rate(len(rates)))
        assert len(rates) < 20
    assert rates == pytest.approx([2.0 / 5**power for power in range(len(rates))])
    assert rates[-1] <= 2e-3 < rates[-2]
    assert rate.rate(0) == rates[-1]


@pytest.mark.parametrize(
    ("tol", "n_iter_no_change", "values", "stops_at"),
    [
        (0.1, 2, [5, 4, 3, 2, 1], None),
        (0.1, 2, [5, 5, 5, 5], 3),
        (0.1, 2, [5, 4.95, 4.9, 4.85], 3),
        (0.0, 2, [5, 4.95, 4.9, 4.85], None),
        (0.1, 1, [5, 6, 4, 6, 3, 4, 4], 6),
        (0.1, 1, [5, 6, 6], 2),
        (0.1, math.inf, [5] * 100, None),
        (0.0, 1, [5, 5, 5], None),
    ],
)
def test_patience_ends_after_so_many_epochs_without_a_fall_by_more_than_tol(
    tol, n_iter_no_change, values, stops_at
):
    patience = Patience(tol, n_iter_no_change)
    answers = [patience.exhausted_by(value) for value in values]
    assert True not in answers[:-1]
    assert (answers.index(True) if True in answers else None) == stops_at


def test_patience_restarts_its_count_and_remembers_the_best():
    patience = Patience(0.0, 1)
    assert [patience.exhausted_by(value) for value in (1.0, 2.0)] == [False, False]
    patience.restart()
    assert not patience.exhausted_by(1.5)
    assert patience.exhausted_by(1.5)
    assert patience.best == 1.0
