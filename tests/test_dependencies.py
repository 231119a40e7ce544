"""Every package that is named has a version that is tested, and a least one."""

import re
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PIN = re.compile(r"^([\w.-]+)==(\S+)$", re.MULTILINE)


def pins(name):
    """Return the versions of a file of constraints, by package."""
    found = PIN.findall((ROOT / name).read_text(encoding="utf-8"))
    assert len(found) == len(dict(found)), "a package is named twice"
    return {canonicalize_name(package): Version(version) for package, version in found}


def named(requirements, extras=()):
    """Yield what requirements ask for on this machine."""
    for requirement in map(Requirement, requirements or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def all_of(requirements, extras=()):
    """Return what is needed, by name, with what that needs as far as it is installed."""
    found, waiting = {}, [*named(requirements, extras)]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name == "sgnn":
            waiting += [one for extra in requirement.extras for one in named(EXTRAS[extra])]
        elif (name, *requirement.extras) not in found:
            found[(name, *requirement.extras)] = requirement
            with suppress(PackageNotFoundError):
                waiting += named(requires(name), requirement.extras)
    return found.values()


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_every_package_of_an_extra_has_a_version_that_is_tested(extra):
    tested = pins("constraints.txt")
    told = EXTRAS[extra] if extra else PROJECT["dependencies"]
    needed = {canonicalize_name(one.name): one for one in all_of(told)}
    assert not needed.keys() - tested.keys()
    assert all(tested[name] in one.specifier for name, one in needed.items())


def test_the_least_versions_are_those_that_are_accepted():
    least = pins("constraints-min.txt")
    told = {Requirement(one).name: Requirement(one) for one in PROJECT["dependencies"]}
    told["pandas"] = next(Requirement(one) for one in EXTRAS["plot"] if "pandas" in one)
    assert least.keys() == told.keys()
    for name, version in least.items():
        (bound,) = told[name].specifier
        assert bound.operator == ">="
        assert Version(bound.version) == version, name


def test_an_extra_that_names_a_package_accepts_the_same_versions_of_it():
    told = {}
    for one in map(Requirement, sum(EXTRAS.values(), PROJECT["dependencies"])):
        if one.name != "sgnn":
            told.setdefault(canonicalize_name(one.name), set()).add(str(one.specifier))
    assert all(len(bounds) == 1 for bounds in told.values()), told
