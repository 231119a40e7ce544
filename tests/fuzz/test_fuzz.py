"""Some cases of the fuzzer; `make fuzz` runs many, `python -m tests.fuzz fits 7 8` shows one."""

import pytest

from sgnn.losses import LOSSES, available
from sgnn.networks.activations import ACTIVATIONS
from tests.fuzz.cases import run
from tests.fuzz.draw import Draw
from tests.fuzz.losses import targets_for
from tests.fuzz.sound import VALUES

PER_TEST, COUNTS = 20, ("n_calls", "n_refused")
FIRST = {"fits": range(0, 100, PER_TEST), "paths": range(0, 40, PER_TEST)}


@pytest.mark.parametrize(
    ("kind", "first"), [(kind, first) for kind, firsts in FIRST.items() for first in firsts]
)
def test_every_result_is_sound_and_every_refusal_says_why(kind, first):
    cases = {seed: run(kind, seed) for seed in range(first, first + PER_TEST)}
    faults = {seed: (case.draw.words, case.faults) for seed, case in cases.items() if case.faults}
    assert not faults
    assert any(case.n_calls > case.n_refused for case in cases.values())


def test_most_calls_are_not_refused():
    cases = [run("fits", seed) for seed in range(100, 140)]
    n_calls, n_refused = (sum(getattr(case, name) for case in cases) for name in COUNTS)
    assert 0 < n_refused < n_calls / 4


@pytest.mark.parametrize("loss", available())
def test_every_loss_takes_the_targets_that_are_drawn_for_it(loss):
    sound = [draw for draw in map(Draw, range(30)) if draw.is_sound]
    for draw in sound:
        targets = targets_for(draw, loss, draw.rng.normal(size=20))
        LOSSES[loss]().check(targets.reshape(20, -1))
    assert len(sound) > 10


def test_every_activation_is_written_down_once_more():
    assert {*VALUES} == {*ACTIVATIONS}
