"""Structures by name: ours, wrong ones and a user's, from wherever the name comes."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from sgnn import SparseMLPRegressor
from sgnn.groups import AROUND_UNITS, STRUCTURES, register, structures_of
from sgnn.groups._registry import SUMS
from sgnn.groups.base import Groups
from sgnn.networks.parameters import Parameters
from sgnn.penalties import L1, MCP, GroupLasso, Penalty, Piece, SparseGroupLasso, get_penalty
from sgnn.penalties.l1 import AbsoluteValue
from sgnn.proximal.build import build_terms

X = np.random.RandomState(0).randn(30, 4)


class Pairs(Groups):
    """All weights between two units: in dense layers, single weights."""

    def axes(self, layer):
        return (*layer.inputs, *layer.outputs)


@dataclass(eq=False, repr=False)
class OnPiece(Penalty):
    """A penalty that hands a name on to a piece without a look."""

    groups: object = "outgoing"

    def pieces(self):
        return [Piece(AbsoluteValue(), self.groups)]


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(STRUCTURES, "_entries", dict(STRUCTURES._entries))
    around_units = AROUND_UNITS[:]
    yield
    AROUND_UNITS[:] = around_units


@pytest.fixture
def pairs(registry):
    register("pairs", Pairs)


@pytest.mark.parametrize("name", [*STRUCTURES, *SUMS])
def test_a_name_stands_for_structures(name):
    assert {*structures_of(name)} <= {*STRUCTURES}
    Piece(AbsoluteValue(), name)
    penalty = OnPiece(name, layers="input")
    parameters = Parameters((3, 2), torch.float64, torch.device("cpu"))
    terms = build_terms([penalty], parameters, 0.1).terms
    assert sorted(term.structure for term in terms) == sorted(structures_of(name))


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("incomming", "incoming"),
        ("outgoin", "outgoing"),
        ("Weights", "weights"),
        ("layers", "layer"),
        ("layer of incomming", "layer of incoming"),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest_one(wrong, nearest):
    message = rf"groups='{wrong}' is unknown.*Did you mean '{nearest}'\?"
    with pytest.raises(ValueError, match=message):
        Piece(AbsoluteValue(), wrong)
    with pytest.raises(ValueError, match=message):
        STRUCTURES[wrong]
    with pytest.raises(ValueError, match=message):
        SparseMLPRegressor((2,), penalty=OnPiece(wrong)).fit(X, X[:, 0])


@pytest.mark.parametrize("penalty", [GroupLasso, SparseGroupLasso, MCP])
def test_a_penalty_refuses_a_wrong_name_with_the_nearest_one(penalty):
    message = rf"{penalty.__name__}: groups must .*; got 'outgoin'. Did you mean 'outgoing'\?"
    with pytest.raises(ValueError, match=message):
        penalty(groups="outgoin").pieces()
    with pytest.raises(ValueError, match=message):
        SparseMLPRegressor((2,), penalty=penalty(groups="outgoin")).fit(X, X[:, 0])


@pytest.mark.parametrize("wrong", [None, 3, ["weights"]])
def test_a_name_is_a_str(wrong):
    with pytest.raises(TypeError, match="groups must be a str; got"):
        Piece(AbsoluteValue(), wrong)


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("penalty", [OnPiece("pairs"), GroupLasso(groups="pairs")], ids=repr)
def test_a_structure_of_a_user_is_named_by_a_penalty(penalty):
    """In dense layers pairs are single weights: value and prox are those of the lasso."""
    parameters = Parameters((4, 3, 2), torch.float64, torch.device("cpu"))
    rng = np.random.RandomState(0)
    parameters.flat.copy_(torch.from_numpy(rng.randn(len(parameters.flat))))
    before = parameters.flat.clone()
    terms = build_terms(get_penalty(penalty), parameters, 0.7)
    expected = 0.7 * before[:18].abs().sum()
    assert terms.value(parameters) == pytest.approx(float(expected), rel=1e-14)
    terms.prox_(parameters, 0.5)
    expected = before[:18].sign() * (before[:18].abs() - 0.35).clamp(min=0)
    torch.testing.assert_close(parameters.weights, expected, rtol=1e-14, atol=1e-15)
    assert torch.equal(parameters.flat[18:], before[18:])


@pytest.mark.usefixtures("pairs")
def test_an_estimator_fits_with_a_structure_of_a_user():
    options = {"alpha": 0.3, "learning_rate_init": 0.05, "max_iter": 60, "random_state": 0}
    by_pairs, by_weights = (
        SparseMLPRegressor((3,), penalty=penalty, **options).fit(X, X[:, 0] - X[:, 1])
        for penalty in (GroupLasso(groups="pairs"), L1())
    )
    for one, other in zip(by_pairs.coefs_, by_weights.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    assert (by_pairs.coefs_[0] == 0).any()


@pytest.mark.usefixtures("pairs")
def test_a_registered_structure_is_known_with_its_layers_and_in_messages():
    assert structures_of("pairs") == ("pairs",)
    assert structures_of("layer of pairs") == ("layer of pairs",)
    with pytest.raises(ValueError, match=r"groups='pair' is unknown.*mean 'pairs'\?"):
        Piece(AbsoluteValue(), "pair")
    with pytest.raises(ValueError, match=r"GroupLasso.*'pairs'.*got 'pair'. Did .*'pairs'\?"):
        GroupLasso(groups="pair").pieces()


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("name", [*STRUCTURES, *SUMS])
def test_a_taken_name_is_refused(name):
    before = AROUND_UNITS[:]
    with pytest.raises(ValueError, match=f"The name {name!r} is taken"):
        register(name, Pairs)
    assert before == AROUND_UNITS


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("wrong", [None, 3, [Pairs]])
def test_what_cannot_be_called_is_no_structure(wrong):
    before = AROUND_UNITS[:]
    with pytest.raises(TypeError, match="groups must be a subclass of Groups; got"):
        register("own", wrong)
    with pytest.raises(TypeError, match="name must be a str"):
        register(3, Pairs)
    assert "own" not in STRUCTURES
    assert before == AROUND_UNITS
