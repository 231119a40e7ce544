"""How fast the strength of a path grows, on walks that are made up."""

import math
from itertools import pairwise
from types import SimpleNamespace

import pytest

from sgnn.paths.strengths import given, growing
from sgnn.training.walk import shrinkage

N_EPOCHS, LEAST = 60, 5


def network(size):
    return SimpleNamespace(
        n_neurons=(size, 1),
        n_weights=size,
        n_multiply_adds=size,
        is_empty=size == 0,
        size=size,
    )


class Falls:
    """100 units stay until a strength of 1; then one in eight goes in each epoch, one at least.

    5 are left, and go at a strength of 3.
    """

    unit_of_loss = penalty_at_start = 1.0

    def __init__(self, stops_at_limit=True):
        self.stops_at_limit = stops_at_limit
        self.start = SimpleNamespace(network=network(100))
        self.n_steps = 0

    def step(self, state, alpha, limit=math.inf):
        self.n_steps += 1
        size, losses = state.network.size, []
        for _ in range(N_EPOCHS):
            losses.append(1.0)
            if alpha >= 3:
                size = 0
            elif alpha >= 1:
                size = max(LEAST, size - max(1, size // 8))
            shrunk = shrinkage(state.network, network(size)) if size else math.inf
            if self.stops_at_limit and shrunk > limit:
                break
        return SimpleNamespace(network=network(size)), SimpleNamespace(loss=losses)


def sizes_of(places):
    return [place.size for _, place, _ in places]


@pytest.mark.parametrize("n_steps", [30, 60])
def test_a_fall_is_walked_in_steps_of_a_share(n_steps):
    walk = Falls()
    places = list(growing(walk, n_steps))
    sizes, alphas = sizes_of(places), [alpha for alpha, *_ in places]
    assert alphas == sorted(set(alphas))
    assert sizes[0] == 100
    assert sizes[-2:] == [LEAST, 0]
    share = 1.5 * math.log(101) / n_steps
    falling = [size for size in sizes if LEAST < size < 100]
    assert len(falling) >= math.log(100 / LEAST) / (share + math.log(8 / 7)) - 2
    for before, after in pairwise(sizes):
        assert not after or math.log(before / after) < share + 2 * math.log(8 / 7)
    amid = [alpha for alpha, size in zip(alphas, sizes, strict=True) if size in falling]
    assert max(amid) < 1.03 ** len(amid) * min(amid)
    assert walk.n_steps <= 2 * n_steps + 1


def test_a_walk_that_cannot_stop_falls_at_once():
    sizes = sizes_of(growing(Falls(stops_at_limit=False), 60))
    assert set(sizes) == {100, LEAST, 0}


def test_strengths_that_were_found_are_walked_as_they_were_found():
    """But those that a user gives say where a network is trained to the end."""
    alphas = [alpha for alpha, *_ in growing(Falls(), 60)]
    again = sizes_of(given(Falls(), alphas, n_steps=60))
    assert again[0] == 100
    assert again[-1] == 0
    assert len({size for size in again if LEAST < size < 100}) >= 4
    assert set(sizes_of(given(Falls(), alphas))) == {100, LEAST, 0}
