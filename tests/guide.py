"""A pytest plugin that adds to sgnn what CONTRIBUTING.md shows, as it is printed there.

``pytest -p tests.guide`` runs the tests on it that run on whatever is registered, and no others.
"""

import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import sgnn.display
from sgnn._common.registry import Registry
from sgnn.networks import activations

_GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"
_KINDS = "penalty", "loss", "activation", "structure", "solver", "display"


def sections():
    """Return the section of each kind of thing that can be added, by kind."""
    guide = _GUIDE.read_text(encoding="utf-8")
    found = [
        re.search(rf"^## An? {kind} in one .*?(?=^## )", guide, re.M | re.S) for kind in _KINDS
    ]
    return {kind: match[0] for kind, match in zip(_KINDS, found, strict=True)}


def add(section):
    """Do what a section says, and return the name of what was added."""
    source, *lines = re.findall(r"```py\n(.*?)```", section, re.DOTALL)
    paths = re.findall(r"`sgnn/([\w/]+)\.py`", section)
    if paths[0] == "networks/activations":
        [(name, row)] = eval(f"{{{source}}}", vars(activations)).items()
        activations.ACTIVATIONS.register(name, row)
        return name
    module = ModuleType(f"sgnn.{paths[0].replace('/', '.')}")
    package = import_module(module.__name__.rpartition(".")[0])
    sys.modules[module.__name__] = module
    exec(source, vars(module))
    if not lines:
        display = next(thing for name, thing in vars(module).items() if name.endswith("Display"))
        setattr(sgnn.display, display.__name__, display)
        sgnn.display.__all__.append(display.__name__)
        return display.__name__
    place = import_module(f"sgnn.{paths[1].replace('/', '.')}")
    name = re.search(r'"(\w+)"', lines[0])[1]
    if lines[0].startswith("register("):
        exec(lines[0], vars(place))
    else:
        [registry] = [thing for thing in vars(place).values() if isinstance(thing, Registry)]
        registry.register(name, eval(f"{{{lines[0]}}}")[name])
    if "__init__.py` imports it" in section:
        added = registry[name]
        setattr(package, added.__name__, added)
        package.__all__.append(added.__name__)
    return name


_added = []


def pytest_configure():
    _added.extend(add(section) for section in sections().values())


def _is_about(item, name):
    return name.replace("_", "").lower() in item.nodeid.partition("[")[2].replace("_", "").lower()


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if any(_is_about(item, name) for name in _added)]


def pytest_report_collectionfinish(items):
    counts = {name: sum(_is_about(item, name) for item in items) for name in _added}
    return [f"{name}: {count} tests" for name, count in counts.items()]
