"""What errors and warnings say: parameters that they name exist."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import sgnn
import sgnn.torch
from sgnn import display, groups, losses, penalties

FILES = sorted(Path(sgnn.__file__).parent.rglob("*.py"))
GIVEN = re.compile(r"(?<![\w.])([A-Za-z_]\w*)=")


def words(node):
    """Return the literal text of an expression, with a hole for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(words(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return "{}"
    return " ".join(words(child) for child in ast.iter_child_nodes(node))


def messages(text):
    """Return the words of all that is raised or warned of."""
    for node in ast.walk(ast.parse(text)):
        is_warning = isinstance(node, ast.Call) and getattr(node.func, "id", None) == "warn"
        if isinstance(node, ast.Raise) or is_warning:
            yield words(node)


def parameters(module):
    """Return the names of the parameters of all that a module exports, methods included."""
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) and issubclass(thing, Warning):
            continue
        members = inspect.getmembers(thing, callable) if inspect.isclass(thing) else []
        public = [
            member
            for name, member in members
            if inspect.isroutine(member) and (name == "__init__" or name[0] != "_")
        ]
        for one in [thing, *public]:
            if callable(one):
                yield from inspect.signature(one).parameters


KNOWN = {
    name
    for module in (sgnn, display, groups, losses, penalties, sgnn.torch)
    for name in parameters(module)
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-2:]))
def test_messages_name_parameters_that_exist(file):
    for message in messages(file.read_text(encoding="utf-8")):
        assert {*GIVEN.findall(message)} <= KNOWN, message


def test_a_name_that_does_not_exist_is_found():
    source = 'def f():\n    raise ValueError(f"set {x} to alhpa={alpha!r}, for instance alpha=1")\n'
    (message,) = messages(source)
    assert {*GIVEN.findall(message)} - KNOWN == {"alhpa"}
    assert sum(len(GIVEN.findall(one)) for file in FILES for one in messages(file.read_text())) > 30


TAKE_NETWORKS = [
    kind
    for kind in map(vars(sgnn).get, sgnn.__all__)
    if "estimator" in getattr(kind, "_parameter_constraints", ())
]


@pytest.mark.parametrize("kind", TAKE_NETWORKS)
def test_parameters_of_networks_are_sent_to_the_network(kind):
    """The advice names the networks that the parameter takes, and no others."""
    with pytest.raises(TypeError, match="is for the network: give it one as estimator=") as raised:
        kind(l2=0.5)
    _, _, advice = str(raised.value).partition(":")
    taken = tuple(filter(None, kind._parameter_constraints["estimator"]))
    for network in (sgnn.SparseMLPClassifier, sgnn.SparseMLPRegressor):
        assert (network.__name__ in advice) == issubclass(network, taken)
