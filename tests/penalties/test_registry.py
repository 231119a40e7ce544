"""Penalties by name, as scikit-learn objects, and what they say when a parameter is wrong."""

import inspect
import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import sgnn.penalties
from sgnn import SparseMLPRegressor
from sgnn.penalties import (
    L0,
    L1,
    MCP,
    SCAD,
    CappedL1,
    ElasticNet,
    GraphLogSum,
    GroupGraph,
    GroupLasso,
    LHalf,
    LogSum,
    LTwoThirds,
    Penalty,
    Piece,
    Shape,
    SparseGroupLasso,
    TransformedL1,
    available,
    get_penalty,
    register,
)
from sgnn.penalties._registry import PENALTIES

NEED_A_GRAPH = {"group_graph", "graph_log_sum"}
# All penalties as they are, and some with other parameters.
INSTANCES = [
    *(PENALTIES[name]() for name in available() if name not in NEED_A_GRAPH),
    GroupGraph(graph=[(0, 1)], smoothing=0.5, difference="weights"),
    GraphLogSum(graph=[(0, 1)], eps=0.5, spread=0.3),
    GroupLasso(groups="incoming", size_scaling=False),
    SparseGroupLasso(0.25, groups="incoming", size_scaling=False),
    MCP(2.5, groups="weights", size_scaling=False),
    LogSum(0.75, groups="incoming", size_scaling=False),
    ElasticNet(0.25, groups="outgoing", size_scaling=False),
    SCAD(2.5, groups="weights", size_scaling=False),
    TransformedL1(0.25, groups="incoming", size_scaling=False),
    CappedL1(0.25, groups="weights", size_scaling=False),
    LHalf(groups="incoming", size_scaling=False),
    LTwoThirds(groups="weights", size_scaling=False),
    L0(groups="incoming", size_scaling=False),
]


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(PENALTIES, "_entries", dict(PENALTIES._entries))


class Own(L1):
    pass


@pytest.mark.parametrize("name", available())
def test_a_name_means_its_class_with_default_parameters(name):
    (penalty,) = get_penalty(name)
    assert type(penalty) is PENALTIES[name]
    assert type(penalty).__name__.lower() == name.replace("_", "")
    assert penalty.get_params() == PENALTIES[name]().get_params()


def assert_documented(penalty):
    """There is a summary, an entry for each parameter, a source and an example."""
    text = inspect.getdoc(penalty)
    summary, sections = text.partition("\n")[0], re.split(r"^(\w+)\n-+$", text, flags=re.MULTILINE)
    sections = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert summary.endswith((".", ":"))
    documented = re.findall(r"^(\w+) : .+\n +\S", sections["Parameters"], re.MULTILINE)
    assert sorted(documented) == sorted(penalty().get_params())
    assert sections["References"].strip()
    assert f"import {penalty.__name__}\n>>> {penalty.__name__}(" in sections["Examples"]


@pytest.mark.parametrize("name", available())
def test_each_penalty_of_ours_is_exported_and_documented(name):
    penalty = PENALTIES[name]
    assert getattr(sgnn.penalties, penalty.__name__) is penalty
    assert penalty.__name__ in sgnn.penalties.__all__
    assert_documented(penalty)


@pytest.mark.usefixtures("registry")
def test_available_names_are_sorted_and_all_usable():
    names = available()
    assert names == sorted(set(names))
    for name in set(names) - NEED_A_GRAPH:
        (penalty,) = get_penalty(name)
        assert penalty.pieces()
        assert all(
            isinstance(piece, Piece) and isinstance(piece.shape, Shape)
            for piece in penalty.pieces()
        )


@pytest.mark.parametrize("name", sorted(NEED_A_GRAPH))
def test_a_graph_is_asked_for(name):
    (penalty,) = get_penalty(name)
    with pytest.raises(ValueError, match=f"{type(penalty).__name__}: graph is missing"):
        penalty.pieces()


def test_available_hands_out_a_copy():
    available().clear()
    assert available()


@pytest.mark.parametrize(
    ("penalty", "classes"),
    [
        (None, []),
        ([], []),
        ("l1", [L1]),
        (L1(), [L1]),
        (["l1", MCP()], [L1, MCP]),
        (("group_lasso", ["l1", None, LogSum()]), [GroupLasso, L1, LogSum]),
    ],
)
def test_a_list_is_a_flat_sum_in_its_order(penalty, classes):
    assert [type(one) for one in get_penalty(penalty)] == classes


def test_an_object_is_passed_on_as_it_is():
    penalty = MCP(gamma=7.0)
    assert get_penalty([penalty])[0] is penalty


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("grouplasso", "group_lasso"),
        ("L1", "l1"),
        ("sparse-group-lasso", "sparse_group_lasso"),
        ("logsum", "log_sum"),
        ("MCP", "mcp"),
        ("elasticnet", "elastic_net"),
        ("transformed-l1", "transformed_l1"),
        ("cappedl1", "capped_l1"),
        ("lhalf", "l_half"),
        ("l_2_3rds", "l_two_thirds"),
        ("SCAD", "scad"),
    ],
)
def test_an_unknown_name_is_refused_and_the_nearest_is_suggested(wrong, nearest):
    with pytest.raises(ValueError, match=rf"penalty='{wrong}' is unknown.*mean '{nearest}'\?"):
        get_penalty(wrong)
    with pytest.raises(ValueError, match=f"{wrong}.*{nearest}"):
        SparseMLPRegressor(penalty=["l1", wrong]).fit(np.eye(4), np.arange(4.0))


def test_an_unknown_name_like_no_other_lists_all_names():
    with pytest.raises(ValueError, match="must be one of") as error:
        get_penalty("zzzzzzzz")
    assert all(name in str(error.value) for name in available())
    assert "Did you mean" not in str(error.value)


@pytest.mark.parametrize("wrong", [3, 0.1, int, {"l1": 1}, ["l1", 3]])
def test_what_is_neither_name_nor_penalty_is_a_type_error(wrong):
    with pytest.raises(TypeError, match="penalty must be None, one of the names"):
        get_penalty(wrong)


@pytest.mark.parametrize("penalty", INSTANCES, ids=repr)
def test_parameters_survive_clone_and_repr(penalty):
    copy = clone(penalty)
    assert copy is not penalty
    assert type(copy) is type(penalty)
    assert copy.get_params() == penalty.get_params()
    assert eval(repr(penalty), vars(sgnn.penalties)).get_params() == penalty.get_params()
    assert copy.pieces() == penalty.pieces()


@pytest.mark.parametrize("penalty", INSTANCES, ids=repr)
def test_the_constructor_stores_its_arguments_and_checks_nothing(penalty):
    for name in penalty.get_params():
        sentinel = object()
        assert getattr(type(penalty)(**{name: sentinel}), name) is sentinel


@pytest.mark.parametrize("penalty", INSTANCES, ids=repr)
def test_a_parameter_that_makes_no_sense_is_named_with_its_class(penalty):
    """Numbers that are none, flags that are numbers, and groups that do not exist."""
    for name, value in penalty.get_params().items():
        if isinstance(value, (bool, float, int)) or name == "groups":
            wrong = clone(penalty).set_params(**{name: float("nan")})
            message = rf"{type(penalty).__name__}: {name} must be .*got nan"
            with pytest.raises((ValueError, TypeError), match=message):
                wrong.check((3, 2))


@pytest.mark.parametrize(
    ("penalty", "error", "message"),
    [
        (SparseGroupLasso(-0.1), ValueError, r"SparseGroupLasso: l1_ratio .*\[0, 1\].*-0\.1"),
        (SparseGroupLasso(1.5), ValueError, r"SparseGroupLasso: l1_ratio .*\[0, 1\].*1\.5"),
        (SparseGroupLasso(float("nan")), ValueError, r"SparseGroupLasso: l1_ratio .*nan"),
        (SparseGroupLasso("0.5"), TypeError, r"SparseGroupLasso: l1_ratio .*'0\.5' of type str"),
        (SparseGroupLasso(True), TypeError, r"SparseGroupLasso: l1_ratio .*True of type bool"),
        (MCP(0), ValueError, r"MCP: gamma .*\(0, inf\).*got 0"),
        (MCP(-1.0), ValueError, r"MCP: gamma .*\(0, inf\).*-1\.0"),
        (MCP(float("inf")), ValueError, r"MCP: gamma .*inf"),
        (MCP(None), TypeError, r"MCP: gamma .*None of type NoneType"),
        (LogSum(0.0), ValueError, r"LogSum: eps .*\(0, inf\).*0\.0"),
        (LogSum([1]), TypeError, r"LogSum: eps .*\[1\] of type list"),
        (ElasticNet(-0.1), ValueError, r"ElasticNet: l1_ratio .*\[0, 1\].*-0\.1"),
        (ElasticNet(1.1), ValueError, r"ElasticNet: l1_ratio .*\[0, 1\].*1\.1"),
        (ElasticNet(None), TypeError, r"ElasticNet: l1_ratio .*None of type NoneType"),
        (SCAD(2), ValueError, r"SCAD: gamma .*\(2, inf\).*got 2"),
        (SCAD(float("inf")), ValueError, r"SCAD: gamma .*\(2, inf\).*inf"),
        (SCAD("3.7"), TypeError, r"SCAD: gamma .*'3\.7' of type str"),
        (TransformedL1(0), ValueError, r"TransformedL1: a .*\(0, inf\).*got 0"),
        (TransformedL1(-1.0), ValueError, r"TransformedL1: a .*\(0, inf\).*-1\.0"),
        (TransformedL1(True), TypeError, r"TransformedL1: a .*True of type bool"),
        (CappedL1(0.0), ValueError, r"CappedL1: theta .*\(0, inf\).*0\.0"),
        (CappedL1(float("nan")), ValueError, r"CappedL1: theta .*nan"),
        (LHalf(groups="unit"), ValueError, "LHalf: groups .*'weights'; got 'unit'"),
        (LTwoThirds(size_scaling=1), TypeError, "LTwoThirds: size_scaling .*got 1"),
        (L0(groups=None), ValueError, "L0: groups .*'weights'; got None"),
        (
            GroupLasso(groups="weights"),
            ValueError,
            "GroupLasso: groups .*'both'.*'weig",
        ),
        (
            GroupLasso(groups="rows"),
            ValueError,
            "GroupLasso: groups .*'both'.*'rows'",
        ),
        (SparseGroupLasso(groups=None), ValueError, "SparseGroupLasso: groups .*got None"),
        (MCP(groups="unit"), ValueError, "MCP: groups .*'outgoing', .*'weights'; got 'unit'"),
        (LogSum(groups=["weights"]), ValueError, "LogSum: groups .*'weights'.*got \\['weights'"),
        (GroupLasso(size_scaling=1), TypeError, "GroupLasso: size_scaling .*got 1"),
        (MCP(size_scaling="yes"), TypeError, "MCP: size_scaling .*'yes'"),
    ],
    ids=repr,
)
def test_an_error_names_the_class_the_parameter_and_the_value(penalty, error, message):
    with pytest.raises(error, match=message):
        penalty.pieces()
    with pytest.raises(error, match=message):
        SparseMLPRegressor((2,), penalty=penalty).fit(np.eye(4), np.arange(4.0))


@pytest.mark.parametrize(
    "penalty",
    [
        SparseGroupLasso(0),
        SparseGroupLasso(1),
        SparseGroupLasso(np.float32(0.5)),
        MCP(np.int64(2)),
        ElasticNet(0),
        ElasticNet(1),
        SCAD(np.nextafter(2, 3)),
        TransformedL1(np.float32(0.5)),
        CappedL1(np.int64(2)),
    ],
    ids=repr,
)
def test_ends_of_ranges_and_numpy_numbers_are_allowed(penalty):
    assert penalty.pieces()


@pytest.mark.usefixtures("registry")
def test_a_registered_class_is_available_by_name():
    register("own", Own)
    assert "own" in available()
    assert type(get_penalty("own")[0]) is Own


@pytest.mark.usefixtures("registry")
def test_a_taken_name_is_refused():
    with pytest.raises(ValueError, match=r"'l1' is taken by L1"):
        register("l1", Own)
    assert type(get_penalty("l1")[0]) is L1


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("wrong", [L1(), dict, "l1", None])
def test_only_subclasses_of_penalty_can_be_registered(wrong):
    with pytest.raises(TypeError, match=r"subclass of sgnn\.penalties\.Penalty; got"):
        register("own", wrong)
    assert "own" not in available()


@pytest.mark.usefixtures("registry")
def test_a_name_is_a_str():
    with pytest.raises(TypeError, match="name must be a str; got 3"):
        register(3, Own)
    assert "l1" in available()


def test_abstract_classes_cannot_be_instantiated():
    for cls in (Penalty, Shape):
        with pytest.raises(TypeError, match="abstract"):
            cls()


def test_parameters_of_a_penalty_can_be_searched_over():
    rng = np.random.RandomState(0)
    X = rng.randn(40, 3)
    model = SparseMLPRegressor((2,), penalty=SparseGroupLasso(), max_iter=2, random_state=0)
    search = GridSearchCV(model, {"penalty__l1_ratio": [0.1, 0.9]}, cv=2).fit(X, X[:, 0])
    assert search.best_estimator_.penalty.l1_ratio in (0.1, 0.9)
    assert model.penalty.l1_ratio == 0.5
