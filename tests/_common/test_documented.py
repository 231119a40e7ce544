"""scikit-learn's HTML representation links to the page of a class, and tells its parameters."""

import inspect
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline

import sgnn
from sgnn import SparseMLPClassifier, losses, penalties
from sgnn._common import documented

ROOT = Path(__file__).resolve().parents[2]
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
CLASSES = [
    (f"{place.__name__}.{name}", thing)
    for place in (sgnn, penalties, losses)
    for name, thing in vars(place).items()
    if inspect.isclass(thing) and issubclass(thing, BaseEstimator) and not inspect.isabstract(thing)
]


class Installed:
    def get_all(self, name, default):
        return {"Project-URL": [f"{kind}, {url}" for kind, url in URLS.items()]}.get(name, default)


@pytest.fixture
def installed(monkeypatch):
    """Let sgnn be installed with the addresses of pyproject.toml."""
    monkeypatch.setattr(documented, "metadata", lambda name: Installed())
    documented._address.cache_clear()
    yield
    documented._address.cache_clear()


@pytest.mark.parametrize(("name", "cls"), CLASSES)
def test_a_class_is_linked_to_its_page(name, cls, installed):
    needed = {"estimator"} & set(inspect.signature(cls).parameters)
    model = cls(**dict.fromkeys(needed)) if "graph" not in str(inspect.signature(cls)) else cls({})
    assert model._get_doc_link() == f"{URLS['Documentation']}/generated/{name}.html"
    assert f"   {name.rpartition('.')[2]}\n" in (ROOT / "doc/api.rst").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "model", [SparseMLPClassifier(), sgnn.StabilitySelector(), penalties.MCP()]
)
def test_every_parameter_has_a_tooltip_and_a_link(model, installed):
    page = make_pipeline(model)._repr_html_() if hasattr(model, "fit") else model._repr_html_()
    for name in inspect.signature(model.__class__).parameters:
        assert f"--doc-link-{name};" in page, name


def test_subclasses_of_users_are_not_linked(installed):
    class Mine(SparseMLPClassifier):
        pass

    assert Mine()._get_doc_link() == ""


def test_where_sgnn_is_not_installed_there_is_no_link(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(documented, "metadata", missing)
    documented._address.cache_clear()
    assert SparseMLPClassifier()._get_doc_link() == ""
    assert "<html" not in SparseMLPClassifier()._repr_html_()
    documented._address.cache_clear()
