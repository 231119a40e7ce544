"""Some cases of the fuzzer; `make fuzz` runs many, `python -m tests.fuzz fits 7 8` shows one."""

from functools import cache

import pytest

from sgnn.losses import LOSSES, available
from sgnn.networks.activations import ACTIVATIONS
from tests.fuzz.cases import run
from tests.fuzz.draw import Draw
from tests.fuzz.losses import targets_for
from tests.fuzz.sound import VALUES

PER_TEST = 15
FIRST = {"fits": range(0, 60, PER_TEST), "paths": range(0, 15, PER_TEST)}


@cache
def cases(kind, first):
    """Return the cases of some seeds, by seed."""
    return {seed: run(kind, seed) for seed in range(first, first + PER_TEST)}


@pytest.mark.parametrize(
    ("kind", "first"), [(kind, first) for kind, firsts in FIRST.items() for first in firsts]
)
def test_every_result_is_sound_and_every_refusal_says_why(kind, first):
    found = cases(kind, first)
    faults = {seed: (case.draw.words, case.faults) for seed, case in found.items() if case.faults}
    assert not faults


def test_few_calls_are_refused():
    found = [case for first in FIRST["fits"] for case in cases("fits", first).values()]
    n_refused = sum(case.n_refused for case in found)
    assert 0 < n_refused < sum(case.n_calls for case in found) / 4


@pytest.mark.parametrize("loss", available())
def test_every_loss_takes_the_targets_that_are_drawn_for_it(loss):
    sound = [draw for draw in map(Draw, range(30)) if draw.is_sound]
    for draw in sound:
        targets = targets_for(draw, loss, draw.rng.normal(size=20))
        LOSSES[loss]().check(targets.reshape(20, -1))
    assert len(sound) > 10


def test_every_activation_is_written_down_once_more():
    assert {*VALUES} == {*ACTIVATIONS}
