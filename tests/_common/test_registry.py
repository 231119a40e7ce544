"""Names: the nearest known one is said, nothing is imported before it is asked for."""

import re
from fractions import Fraction

import pytest

from sgnn._common.registry import Registry
from sgnn.groups import STRUCTURES
from sgnn.losses import LOSSES
from sgnn.networks.activations import ACTIVATIONS
from sgnn.penalties._registry import PENALTIES
from sgnn.proximal._registry import SOLVERS

REGISTRIES = {
    "penalty": PENALTIES,
    "groups": STRUCTURES,
    "solver": SOLVERS,
    "loss": LOSSES,
    "activation": ACTIVATIONS,
}
ENTRIES = {"blue": 1, "red": (2,), "turquoise": None}

every = pytest.mark.parametrize("parameter", REGISTRIES)


@pytest.fixture
def colours():
    return Registry("colour", ENTRIES)


def test_things_are_found_by_name(colours):
    for name, thing in ENTRIES.items():
        assert colours[name] == thing
        assert name in colours
    assert list(colours) == list(ENTRIES)
    assert colours.names() == ["blue", "red", "turquoise"]
    for other in ("green", 3, None, ["blue"]):
        assert other not in colours


@pytest.mark.parametrize(("name", "nearest"), [("bleu", "blue"), ("Red", "red"), ("BLUE", "blue")])
def test_the_nearest_name_is_said(colours, name, nearest):
    message = (
        f"colour='{name}' is unknown; it must be one of blue, red, turquoise. "
        f"Did you mean '{nearest}'?"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        colours[name]


def test_a_name_that_is_near_to_none_gets_the_list_alone(colours):
    with pytest.raises(ValueError, match=r"one of blue, red, turquoise\.$"):
        colours["xyz"]


@pytest.mark.parametrize("name", [None, 3, b"blue", ("blue",), ["blue"], {}])
def test_a_name_is_a_str(colours, name):
    with pytest.raises(TypeError, match="colour must be a str; got"):
        colours[name]
    with pytest.raises(TypeError, match="name must be a str; got"):
        colours.register(name, 1)
    assert colours.names() == ["blue", "red", "turquoise"]


def test_what_is_registered_is_found_and_a_name_is_given_once(colours):
    colours.register("green", 4)
    assert colours["green"] == 4
    assert "green" in colours.names()
    with pytest.raises(ValueError, match=r"The name 'green' is taken by 4\."):
        colours.register("green", 5)
    with pytest.raises(ValueError, match="Did you mean 'green'"):
        colours["gren"]
    assert colours["green"] == 4
    assert "green" not in ENTRIES


def test_what_is_not_of_the_kind_is_refused():
    def check(entry):
        if not isinstance(entry, int):
            raise TypeError("no int")

    colours = Registry("colour", {}, check)
    with pytest.raises(TypeError, match="no int"):
        colours.register("green", 0.5)
    assert colours.names() == []
    colours.register("green", 2)
    assert colours["green"] == 2


def test_a_place_is_imported_when_it_is_asked_for():
    lazy = Registry("module", {"ratio": "fractions:Fraction"})
    lazy.register("zen", "no_such_module:zen")
    assert lazy.names() == ["ratio", "zen"]
    assert lazy["ratio"] is Fraction
    with pytest.raises(ValueError, match=r"The name 'ratio' is taken by Fraction\."):
        lazy.register("ratio", 1)
    with pytest.raises(ModuleNotFoundError):
        lazy["zen"]


@every
def test_every_name_of_ours_leads_to_something(parameter):
    registry = REGISTRIES[parameter]
    assert len(registry.names()) > 1
    for name in registry:
        assert not isinstance(registry[name], str)


@every
def test_a_misspelt_name_of_ours_gets_the_right_one(parameter):
    registry = REGISTRIES[parameter]
    for name in registry:
        wrong = f"{name[:1]}{name}".upper()
        assert wrong not in registry
        with pytest.raises(ValueError, match=rf"^{parameter}='{wrong}' .*'{name}'\?$"):
            registry[wrong]
