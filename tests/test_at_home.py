"""What users of other packages run into first: words of refusals, short representations, help."""

import inspect
import pydoc
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_iris
from sklearn.linear_model import Lasso
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

import sgnn
from sgnn import (
    SparseMLPClassifier,
    SparseMLPClassifierCV,
    SparseMLPPath,
    SparseMLPRegressor,
    SparseMLPRegressorCV,
    SparseMLPSelector,
    StabilitySelector,
    sparse_mlp_path,
)
from sgnn.penalties import MCP, GroupLasso
from sgnn.torch import compact, sparse_groups

X, Y = scale(load_iris().data), load_iris().target
OF_NETWORKS = [SparseMLPClassifierCV, SparseMLPRegressorCV, SparseMLPSelector, StabilitySelector]
ESTIMATORS = [
    thing
    for thing in vars(sgnn).values()
    if inspect.isclass(thing) and issubclass(thing, BaseEstimator)
]


# Keywords


@pytest.mark.parametrize("cls", OF_NETWORKS)
@pytest.mark.parametrize("given", [{"penalty": "l1"}, {"loss": "huber", "l2": 1}, {"alpha": 0.1}])
def test_a_parameter_of_the_network_is_sent_to_the_estimator(cls, given):
    with pytest.raises(TypeError, match=f"^{cls.__name__}: .*estimator=SparseMLP") as refused:
        cls(**given)
    assert all(f"{name}={value!r}" in str(refused.value) for name, value in given.items())
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_an_unknown_keyword_is_refused_by_the_name_of_the_class(cls):
    with pytest.raises(TypeError, match=rf"^{cls.__name__}\b.*colour"):
        cls(colour="red")


@pytest.mark.parametrize("cls", OF_NETWORKS)
def test_what_looks_at_keywords_changes_nothing_else(cls):
    names = list(inspect.signature(cls).parameters)
    assert names[0] == "estimator"
    assert sorted(names) == sorted(cls().get_params(deep=False))
    estimator = SparseMLPClassifier(penalty="l1")
    assert clone(cls(estimator, max_iter=7)).max_iter == 7


# Penalties and classes


class OwnPenalty(GroupLasso):
    pass


@pytest.mark.parametrize("penalty", [MCP, OwnPenalty, ["l1", MCP]])
@pytest.mark.parametrize("kind", [SparseMLPClassifier, SparseMLPRegressor])
def test_a_class_in_place_of_a_penalty_is_told_of_its_brackets(kind, penalty):
    name = (penalty[1] if isinstance(penalty, list) else penalty).__name__
    with pytest.raises(TypeError, match=rf"did you forget the brackets\? Give {name}\(\)"):
        kind(penalty=penalty).fit(X, Y)


@pytest.mark.parametrize("name", ["l2", "ridge", "weight_decay"])
def test_the_ridge_is_a_parameter_and_no_penalty(name):
    with pytest.raises(ValueError, match=f"penalty='{name}': the ridge .* l2 of estimators"):
        SparseMLPClassifier(penalty=name).fit(X, Y)
    with pytest.raises(ValueError, match="weight_decay of optimisers"):
        sparse_groups(torch.nn.Linear(2, 1), name, alpha=1.0)


@pytest.mark.parametrize("name", ["none", "None"])
def test_no_penalty_is_none_and_no_name(name):
    with pytest.raises(ValueError, match=f"penalty='{name}': .* penalty=None"):
        SparseMLPClassifier(penalty=name).fit(X, Y)


def test_a_class_that_comes_later_is_told_of_the_parameter_for_it():
    model = SparseMLPClassifier((4,), random_state=0).partial_fit(X[:100], Y[:100])
    with pytest.raises(ValueError, match=r"y holds \[2\].*\[0, 1\]; .* classes= to the first"):
        model.partial_fit(X, Y)
    many = np.arange(len(X)) % 70
    model = SparseMLPClassifier((4,), random_state=0).partial_fit(X, many)
    with pytest.raises(ValueError, match="not among the classes") as refused:
        model.partial_fit(X, many + 1000)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("start", "key"),
    [
        (SparseMLPClassifier(penalty="mcp"), "penalty__gamma"),
        (SparseMLPClassifier(penalty=None), "penalty__gamma"),
        (SparseMLPClassifier(penalty=["mcp"]), "penalty__gamma"),
        (SparseMLPRegressor(loss="huber"), "loss__delta"),
    ],
)
def test_parameters_of_a_name_ask_for_an_object(start, key):
    name = key.partition("__")[0]
    before = start.get_params()
    with pytest.raises(ValueError, match=rf"^{key}: {name}=.* give {name}= an object"):
        start.set_params(max_iter=3, **{key: 3.0})
    assert start.get_params() == before
    search = GridSearchCV(make_pipeline(start), {f"{type(start).__name__.lower()}__{key}": [3.0]})
    with pytest.raises(ValueError, match=f"{key}: "):
        search.fit(X, Y)


def test_parameters_of_an_object_are_set_also_with_the_object():
    model = SparseMLPClassifier(penalty=MCP()).set_params(penalty__gamma=5.0)
    assert model.penalty.gamma == 5.0
    model = SparseMLPClassifier().set_params(penalty=MCP(), penalty__gamma=4.0)
    assert model.penalty.gamma == 4.0
    with pytest.raises(ValueError, match="Invalid parameter 'colour'"):
        model.set_params(colour__of=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: SparseMLPClassifierCV(Lasso()).fit(X, Y),
        lambda: SparseMLPRegressorCV(SparseMLPClassifier()).fit(X, Y),
        lambda: SparseMLPSelector(SparseMLPClassifier).fit(X, Y),
        lambda: StabilitySelector(Lasso()).fit(X, Y),
        lambda: sparse_mlp_path(Lasso(), X, Y),
        lambda: SparseMLPRegressor(loss=3).fit(X, Y),
    ],
    ids=["classifier CV", "regressor CV", "selector", "stability", "path", "loss"],
)
def test_what_must_be_an_instance_is_told_by_public_names(call):
    with pytest.raises((ValueError, TypeError), match=r"must be .*an instance of") as refused:
        call()
    words = str(refused.value)
    assert "sgnn." not in words
    assert "Base" not in words


# Counts in place of classes


@pytest.mark.parametrize("cls", [SparseMLPSelector, StabilitySelector])
def test_counts_in_place_of_classes_are_told_to_need_a_regressor(cls):
    counts = np.random.default_rng(0).poisson(3.0, len(X)).clip(max=8)
    assert 2 <= np.unique(counts, return_counts=True)[1].min() < 5
    selector = cls(n_features_to_select=2, alphas=[1e-3], max_iter=1)
    selector.set_params(**({"n_pairs": 2} if cls is StabilitySelector else {}))
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        selector.fit(X, counts)
    words = "If they are quantities, give a SparseMLPRegressor as estimator"
    assert sum(words in str(warning.message) for warning in record) == 1


def test_a_class_of_one_sample_is_told_to_be_a_quantity_perhaps():
    selector = StabilitySelector(SparseMLPClassifier(), n_pairs=2, n_features_to_select=2)
    with pytest.raises(ValueError, match=r"one sample.*give a SparseMLPRegressor as estimator"):
        selector.fit(X, np.append(Y[:-1], 9))


def test_a_warm_start_with_other_classes_names_the_classes():
    model = SparseMLPClassifier((4,), warm_start=True, max_iter=2, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match=r"same classes .*got \[0 1 2\].* has \[0 1\]"):
        model.fit(X[:100], Y[:100])


# Representations


@pytest.fixture(scope="module")
def path():
    model = SparseMLPClassifier((30,), max_iter=40, random_state=0)
    return sparse_mlp_path(model, X[::2], Y[::2], X_val=X[1::2], y_val=Y[1::2], alphas=6)


def test_what_users_look_at_is_shown_on_a_few_lines(path):
    survival = SparseMLPRegressor((4,), loss="cox", max_iter=2, random_state=0)
    survival.fit(X, np.column_stack([np.ones(len(X)), np.exp(X[:, 0])]))
    module = torch.nn.Sequential(torch.nn.Linear(4, 30), torch.nn.ReLU(), torch.nn.Linear(30, 3))
    _, report = compact(module, torch.zeros(2, 4))
    shown = [
        *(path, path[3], path[3].network, path[3].history, path.estimator(3)),
        *(survival.predict_survival_function(X), report),
    ]
    for thing in shown:
        for words in (repr(thing), str(thing)):
            assert len(words) < 500
            assert words.count("\n") < 8
            assert "array(" not in words


def test_a_point_of_a_path_shows_what_it_is(path):
    point = path[3]
    words = repr(point)
    assert f"alpha={point.alpha:.3g}" in words
    assert "-".join(map(str, point.n_neurons)) in words
    assert f"{point.n_weights:,} weights" in words
    assert f"validation score {point.validation_score:.4f}" in words
    full = "-".join(map(str, (4, 30, 3)))
    assert f"of {full}" in repr(point.network)


def test_every_attribute_of_a_path_has_a_text_in_its_help():
    properties = inspect.getmembers(SparseMLPPath, lambda member: isinstance(member, property))
    assert len(properties) >= 15
    for name, member in properties:
        if not name.startswith("_"):
            assert member.__doc__, name
            assert member.__doc__.splitlines()[0] in pydoc.render_doc(SparseMLPPath), name


def test_the_pipeline_of_an_estimator_takes_its_nested_parameters():
    model = make_pipeline(StandardScaler(), SparseMLPClassifier(penalty=MCP()))
    model.set_params(sparsemlpclassifier__penalty__gamma=7.0)
    assert model[-1].penalty.gamma == 7.0
