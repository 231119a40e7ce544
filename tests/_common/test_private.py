"""Names of others that are not public are in one place each, and still there."""

import ast
from importlib import import_module
from numbers import Integral
from pathlib import Path

import numpy as np
import pytest
import torch

import sgnn
from sgnn._common import private_sklearn, private_torch

HOMES = {Path(module.__file__) for module in (private_sklearn, private_torch)}
OTHERS = {"joblib", "matplotlib", "numpy", "pandas", "scipy", "sklearn", "skorch", "torch"}


def imported(path):
    """Return all that a file imports from others, as (module, name), attributes of torch too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in OTHERS:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in OTHERS | {"np"}:
            yield node.value.id, node.attr


def is_private(module, name):
    parts = [*module.split("."), name]
    return any(part.startswith("_") and not part.startswith("__") for part in parts)


FILES = sorted(Path(sgnn.__file__).parent.rglob("*.py"))
NAMES = sorted((path.stem, *pair) for path in HOMES for pair in imported(path))


def test_private_names_of_others_are_used_from_one_place():
    strewn = {
        f"{path.name}: {module}.{name}"
        for path in FILES
        if path not in HOMES
        for module, name in imported(path)
        if is_private(module, name)
    }
    assert not strewn


@pytest.mark.parametrize(("home", "module", "name"), NAMES)
def test_a_private_name_is_there_and_in_use(home, module, name):
    assert hasattr(import_module(module), name), f"{module}.{name} is gone: see {home}.py"
    users = [path for path in FILES if path not in HOMES and name in path.read_text()]
    assert users, f"nothing uses {name}"


def test_private_functions_take_what_they_are_given():
    rows = private_sklearn._safe_indexing(np.arange(6).reshape(3, 2), [2, 0])
    np.testing.assert_array_equal(rows, [[4, 5], [0, 1]])
    assert private_sklearn._num_samples([[1], [2]]) == 2
    at_least_0 = private_sklearn.Interval(Integral, 0, None, closed="left")
    assert at_least_0.is_satisfied_by(0)
    assert not at_least_0.is_satisfied_by(-1)
    x, y = torch.tensor([3.0]), torch.tensor([4.0])
    private_torch._foreach_addcmul_([x], [y], [y], 0.5)
    assert x.item() == 11
