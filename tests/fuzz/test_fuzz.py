"""Some cases of the fuzzer; `make fuzz` runs many, `python -m tests.fuzz fits 7 8` shows one."""

import pytest

from sgnn.networks.activations import ACTIVATIONS
from tests.fuzz.cases import run
from tests.fuzz.sound import VALUES

PER_TEST = 20
FIRST = {"fits": range(0, 100, PER_TEST), "paths": range(0, 40, PER_TEST)}


@pytest.mark.parametrize(
    ("kind", "first"), [(kind, first) for kind, firsts in FIRST.items() for first in firsts]
)
def test_every_result_is_sound_and_every_refusal_says_why(kind, first):
    cases = {seed: run(kind, seed) for seed in range(first, first + PER_TEST)}
    faults = {seed: (case.draw.words, case.faults) for seed, case in cases.items() if case.faults}
    assert not faults
    assert any(case.n_calls > case.n_refused for case in cases.values())


def test_every_activation_is_written_down_once_more():
    assert {*VALUES} == {*ACTIVATIONS}
