"""What docstrings and the HTML of a notebook say about parameters and fitted attributes."""

import ast
import html
import inspect
import re
import warnings
from functools import cache
from textwrap import dedent

import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import scale
from sklearn.utils._param_validation import StrOptions
from sklearn.utils._repr_html.common import get_docstring
from sklearn.utils.validation import check_is_fitted

import sgnn
from sgnn import SgnnWarning, SparseMLPClassifier, SparseMLPRegressor
from sgnn.networks.activations import ACTIVATIONS
from sgnn.penalties import available, get_penalty
from sgnn.proximal._registry import SOLVERS

ESTIMATORS = [
    thing
    for thing in (getattr(sgnn, name) for name in sgnn.__all__)
    if inspect.isclass(thing) and issubclass(thing, BaseEstimator)
]
X = pd.DataFrame(scale(load_iris().data), columns=list("abcd"))
CLASSES, TARGETS = load_iris().target, X.to_numpy() @ [1.0, -1.0, 0.5, 0.0]
CLASSIFIER = SparseMLPClassifier((4,), penalty="log_sum", max_iter=20, random_state=0)
REGRESSOR = SparseMLPRegressor((4,), penalty="log_sum", max_iter=20, random_state=0)
QUICK = {"alphas": [0.01, 0.02, 5.0], "max_iter": 3, "cv": 2, "rule": "best"}
QUICK |= {"n_pairs": 2, "n_features_to_select": 2, "random_state": 0}


def sections(text):
    """Return the sections of a docstring by title."""
    _, *parts = re.split(r"^(\w[\w ]*)\n-+\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], (body.strip() for body in parts[1::2]), strict=True))


def entries(cls, title):
    """Return the heads of the entries of a section: pairs of the names and what they are."""
    body = re.sub(r"\\\n\s*", "", sections(inspect.getdoc(cls))[title])
    heads = re.findall(r"^(\S.*)$", body, flags=re.MULTILINE)
    return [tuple(head.partition(" : ")[::2]) for head in heads]


def signature(cls):
    return inspect.signature(cls).parameters


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_every_parameter_has_one_documented_entry_and_a_constraint(cls):
    names = [name for name, _ in entries(cls, "Parameters")]
    assert sorted(names) == sorted(signature(cls)) == sorted(cls().get_params(deep=False))
    assert set(names) == set(cls._parameter_constraints)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_the_defaults_of_the_documentation_are_those_of_the_signature(cls):
    for name, kind in entries(cls, "Parameters"):
        default = re.fullmatch(r".+, default=(.+)", kind)
        assert default, name
        assert ast.literal_eval(default[1]) == signature(cls)[name].default, name


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_the_choices_of_the_documentation_are_those_that_there_are(cls):
    registries = {"activation": ACTIVATIONS, "solver": SOLVERS}
    for name, kind in entries(cls, "Parameters"):
        braces = re.match(r"\{(.+?)\}", kind)
        if braces:
            choices = set(ast.literal_eval(f"[{braces[1]}]"))
            if name in registries:
                assert choices == set(registries[name])
            else:
                constraints = cls._parameter_constraints[name]
                [options] = [one for one in constraints if isinstance(one, StrOptions)]
                assert choices == options.options


CLASSES_WITH_TEXT = [*ESTIMATORS, *(type(get_penalty(name)[0]) for name in available())]


@pytest.mark.parametrize("cls", CLASSES_WITH_TEXT)
def test_what_is_written_in_a_docstring_is_there_as_it_was_written(cls):
    """But for what is taken over from others, to which the text refers."""
    [tree] = ast.parse(dedent(inspect.getsource(cls))).body
    written, found = sections(ast.get_docstring(tree)), sections(inspect.getdoc(cls))
    assert set(written) <= set(found)
    assert "As in :" not in inspect.getdoc(cls) or cls not in ESTIMATORS
    for title, body in written.items():
        if "As in :" not in body:
            assert found[title] == body, title


# Fitted attributes


@cache
def fitted(cls):
    """Return a fitted estimator."""
    names, of = signature(cls), CLASSIFIER
    targets = CLASSES
    if "Regressor" in cls.__name__:
        targets, of = TARGETS, REGRESSOR
    if cls in (type(CLASSIFIER), type(REGRESSOR)):
        return clone(of).fit(X, targets)
    if "estimator" not in names:
        return cls().fit(X, TARGETS)
    given = {name: value for name, value in QUICK.items() if name in names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SgnnWarning)
        return cls(of, **given).fit(X, targets)


def of_fits(model):
    """Return the names of the fitted attributes, properties too."""
    return {name for name in dir(model) if re.fullmatch(r"[a-z]\w*[a-z0-9]_", name)}


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_every_fitted_attribute_has_one_documented_entry(cls):
    names = [name for name, _ in entries(cls, "Attributes")]
    assert sorted(names) == sorted(of_fits(fitted(cls)))


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_an_estimator_that_is_not_fitted_has_no_fitted_attribute(cls):
    model = cls()
    for name, _ in entries(cls, "Attributes"):
        assert not hasattr(model, name)
        with pytest.raises((AttributeError, NotFittedError)):
            getattr(model, name)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_a_clone_of_a_fitted_estimator_is_not_fitted(cls):
    assert not {name for name in of_fits(cls()) if hasattr(clone(fitted(cls)), name)}


@pytest.mark.parametrize("cls", [SparseMLPClassifier, SparseMLPRegressor])
def test_what_reads_the_network_cannot_be_set(cls):
    model = fitted(cls)
    for name in ("coefs_", "intercepts_", "n_neurons_", "support_", "feature_importances_"):
        with pytest.raises(AttributeError):
            setattr(model, name, None)


# The HTML of a notebook


def rows(page):
    """Return the names in the first columns of the tables."""
    cells = re.findall(r'<td class="param">\s*(.*?)\s*</td>', page, flags=re.DOTALL)
    return [re.search(r"\w+", re.sub(r"<[^>]*>", " ", cell))[0] for cell in cells]


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_the_html_lists_parameters_and_fitted_attributes(cls):
    listed = rows(fitted(cls)._repr_html_())
    attributes = {name for name, _ in entries(cls, "Attributes")}
    assert attributes | set(signature(cls)) <= set(listed)
    assert not attributes & set(rows(cls()._repr_html_()))


@pytest.mark.parametrize("section", ["Parameters", "Attributes"])
@pytest.mark.parametrize("cls", ESTIMATORS)
def test_every_entry_has_a_tooltip_with_its_text(cls, section):
    for name, kind in entries(cls, section):
        tooltip = get_docstring(cls, section, name)
        assert tooltip is not None, name
        head, _, text = tooltip.partition("<br><br>")
        assert html.unescape(head) == f"{name}: {kind}"
        assert text, name
