"""Places of inputs, those of a block together."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sgnn.paths.places import first, places_of


@pytest.mark.parametrize("seed", range(5))
def test_places_by_sorting_blocks_one_by_one(seed):
    rng = np.random.default_rng(seed)
    blocks = np.unique(rng.integers(6, size=12), return_inverse=True)[1]
    early, late = (rng.integers(3, size=blocks.max() + 1)[blocks] for _ in range(2))
    order = sorted(set(zip(early, late, blocks, strict=True)))
    place, expected = 1, np.zeros(12, dtype=int)
    for *_, block in order:
        expected[blocks == block] = place
        place += np.sum(blocks == block)
    places = places_of(blocks, early, late)
    assert_array_equal(places, expected)
    for n_features in range(expected.min() + np.sum(places == 1) - 1, 13):
        taken = []
        for *_, block in order:
            members = np.flatnonzero(blocks == block)
            if len(taken) + len(members) > n_features:
                break
            taken.extend(members)
        assert_array_equal(np.flatnonzero(first(places, n_features)), np.sort(taken))


def test_without_blocks_equals_stay_in_order():
    assert places_of(None, np.array([2, 1, 2, 0])).tolist() == [3, 2, 4, 1]


def test_a_first_block_that_does_not_fit():
    with pytest.raises(ValueError, match="n_features=1 is less than the 2 inputs"):
        first(np.array([1, 1, 3]), 1)
