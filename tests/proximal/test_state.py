"""The memory of an optimiser, moved to other units by what it belongs to."""

from types import SimpleNamespace

import numpy as np
import torch

from sgnn.proximal.state import OptimizerState

ALL = [np.ones(n, dtype=bool) for n in (3, 2, 1)]
SOME = [np.array(mask) == 1 for mask in ([1, 0, 1], [0, 1], [1])]
# Of six weights, two weights and three biases, those between and into the units of SOME.
LEFT = [1, 5, 7, 9, 10]


def metric_of(n_groups, left):
    """A structure of which some groups are left without the units that SOME lacks."""
    mask = torch.zeros(n_groups, dtype=torch.bool)
    mask[left] = True
    return SimpleNamespace(
        sizes=torch.ones(n_groups),
        survivors=lambda kept: mask if kept is SOME else torch.ones_like(mask),
    )


def test_parameters_and_groups_are_told_apart_though_there_are_as_many():
    metric = metric_of(11, [0, 4])
    numbers = np.arange(1.0, 12)
    state = OptimizerState({"n_steps": 7}, {"mean": numbers}, {"square": 10 * numbers})
    moved = state.moved(ALL, SOME, metric)
    assert moved.numbers == {"n_steps": 7}
    np.testing.assert_array_equal(moved.of_parameters["mean"], numbers[LEFT])
    np.testing.assert_array_equal(moved.of_groups["square"], [10, 50])


def test_what_is_new_starts_from_zero_in_its_dtype():
    metric = metric_of(4, [1, 2])
    mean, square = np.arange(1, 6, dtype=np.float32), np.array([3.0, 4.0], dtype=np.float32)
    moved = OptimizerState({}, {"mean": mean}, {"square": square}).moved(SOME, ALL, metric)
    expected = np.zeros(11)
    expected[LEFT] = mean
    np.testing.assert_array_equal(moved.of_parameters["mean"], expected)
    np.testing.assert_array_equal(moved.of_groups["square"], [0, 3, 4, 0])
    assert moved.of_parameters["mean"].dtype == moved.of_groups["square"].dtype == np.float32


def test_nothing_moves_where_there_is_nothing():
    assert OptimizerState().moved(ALL, SOME, metric_of(2, [0])) == OptimizerState()
