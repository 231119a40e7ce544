"""Moves of the compiled optimisers against their formulas, written out in numpy."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
import torch

from sgnn import kernels
from sgnn.networks.parameters import Parameters
from sgnn.penalties import L1, MCP, ElasticNet, GroupLasso, LogSum, Penalty, Piece, SparseGroupLasso
from sgnn.penalties.l1 import AbsoluteValue
from sgnn.proximal.adam import ProxAdam
from sgnn.proximal.build import build_terms
from sgnn.proximal.compiled import CompiledMove
from sgnn.proximal.sgd import ProxSGD
from sgnn.training.scales import Scales
from tests.penalties.outside import show

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")

SIZES, N_PARAMETERS = (5, 4, 3), 39
BLOCKS = np.array([0, 1, 0, 2, 1])
SCALES = Scales([2.0, 0.5], [3.0, 0.25], 4.0)
RATE, ALPHA, N_STEPS = 0.05, 0.2, 30
MASKS = [np.arange(20).reshape(5, 4) % 3 > 0, np.arange(12).reshape(4, 3) % 2 > 0]


class OnLayers(Penalty):
    """The norm of each layer, without or with its biases."""

    def __init__(self, groups):
        self.groups = groups

    def pieces(self):
        return [Piece(AbsoluteValue(), self.groups)]


def soft(l1, l2=0.0):
    """The prox of ``l1 |x| + l2 x^2 / 2``, times alpha."""

    def prox(x, step):
        shrunk = np.maximum(np.abs(x) - step * ALPHA * l1, 0)
        return np.sign(x) * shrunk / (1 + step * ALPHA * l2)

    return prox


def of_shape(penalty):
    """The prox of the shape of a penalty, which has tests of its own."""
    shape = penalty.shape()
    return lambda x, step: shape.prox(torch.tensor(x), torch.tensor(step), ALPHA).numpy()


def keep(x, step):
    return x


@dataclass
class Case:
    """A penalty, its structure, and what it does to single weights and then to norms."""

    penalty: object
    structure: str
    entries: callable = keep
    norms: callable = keep
    sized: bool = False
    of_entries: list = field(default_factory=lambda: [1.0, 1.0])
    of_layers: tuple = (1.0, 1.0)
    floor: object = None

    def factor(self, layer, group):
        return self.of_layers[layer] * (np.sqrt(len(group)) if self.sized else 1.0)


CASES = [
    Case([], "weights"),
    Case(L1(), "weights", soft(1.0)),
    Case(L1(layers="input"), "weights", soft(1.0), of_entries=[1.0, 0.0]),
    Case(L1(fraction=MASKS), "weights", soft(1.0), of_entries=MASKS),
    Case(ElasticNet(0.3), "weights", soft(0.3, 0.7)),
    Case(ElasticNet(0.3, fraction=MASKS), "weights", soft(0.3, 0.7), of_entries=MASKS),
    Case(LogSum(groups="weights"), "weights", of_shape(LogSum()), floor=1.0),
    Case(
        LogSum(groups="weights", fraction=MASKS),
        "weights",
        of_shape(LogSum()),
        of_entries=MASKS,
        floor=1.0,
    ),
    Case(SparseGroupLasso(0.3), "blocks", soft(0.3), soft(0.7), sized=True),
    Case(
        SparseGroupLasso(0.3, layers="input"),
        "outgoing",
        soft(0.3),
        soft(0.7),
        sized=True,
        of_entries=[1.0, 0.0],
        of_layers=(1.0, 0.0),
    ),
    Case(OnLayers("layer"), "layer", norms=soft(1.0)),
    Case(OnLayers("layer of incoming"), "layer with biases", norms=soft(1.0)),
    Case([L1(), MCP(size_scaling=False)], "outgoing", soft(1.0), of_shape(MCP()), floor=1.0),
]
for _structure in ("outgoing", "blocks", "incoming"):
    _groups = "incoming" if _structure == "incoming" else "outgoing"
    CASES += [
        Case(GroupLasso(groups=_groups), _structure, norms=soft(1.0), sized=True),
        Case(GroupLasso(groups=_groups, size_scaling=False), _structure, norms=soft(1.0)),
        Case(ElasticNet(0.3, groups=_groups, size_scaling=False), _structure, norms=soft(0.3, 0.7)),
        Case(
            SparseGroupLasso(0.4, groups=_groups, size_scaling=False),
            _structure,
            soft(0.4),
            soft(0.6),
        ),
        Case(
            [L1(fraction=MASKS), GroupLasso(groups=_groups)],
            _structure,
            soft(1.0),
            soft(1.0),
            sized=True,
            of_entries=MASKS,
        ),
        Case(LogSum(groups=_groups), _structure, norms=of_shape(LogSum()), sized=True, floor=1.0),
    ]


def id_of(case):
    return f"{show(case.penalty)} on {case.structure}".replace(show(MASKS), "masks")


every_case = pytest.mark.parametrize("case", CASES, ids=id_of)
SOLVERS = {
    "adam": {"initial_rate": None},
    "adam with more memory": {"initial_rate": RATE},
    "adam with a floor": {"floor": 0.1},
    "sgd": {"momentum": 0.0, "nesterov": False},
    "heavy ball": {"momentum": 0.8, "nesterov": False},
    "nesterov": {"momentum": 0.8, "nesterov": True},
}


def layout():
    """Yield the places of the weights and of the biases of each layer in the flat buffer."""
    weight, bias = 0, sum(a * b for a, b in pairwise(SIZES))
    for n_in, n_out in pairwise(SIZES):
        yield np.arange(weight, weight + n_in * n_out).reshape(n_in, n_out), bias + np.arange(n_out)
        weight, bias = weight + n_in * n_out, bias + n_out


def groups_of(structure):
    """Return the layer and the places of each group."""
    groups = []
    for layer, (matrix, biases) in enumerate(layout()):
        if structure == "blocks" and layer == 0:
            of_layer = [matrix[block == BLOCKS].ravel() for block in range(3)]
        elif structure in ("outgoing", "blocks"):
            of_layer = list(matrix)
        elif structure == "incoming":
            of_layer = list(np.vstack([matrix, biases]).T)
        elif structure == "layer":
            of_layer = [matrix.ravel()]
        elif structure == "layer with biases":
            of_layer = [np.append(matrix, biases)]
        else:
            of_layer = []
        groups += [(layer, group) for group in of_layer]
    return groups


class Written:
    """The formulas, on flat arrays."""

    def __init__(self, case, x, momentum=None, nesterov=False, initial_rate=None, floor=0.0):
        self.case, self.x, self.groups = case, x.copy(), groups_of(case.structure)
        self.momentum, self.nesterov, self.initial_rate = momentum, nesterov, initial_rate
        self.mean, self.square, self.t, self.forgotten = np.zeros_like(x), np.zeros_like(x), 0, 1.0
        self.units, self.epsilons = np.empty_like(x), np.zeros_like(x)
        self.factors = np.zeros_like(x)
        for layer, (matrix, biases) in enumerate(layout()):
            self.units[matrix], self.units[biases] = SCALES.weights[layer], SCALES.biases[layer]
            self.factors[matrix] = case.of_entries[layer]
        for layer, group in self.groups:
            self.units[group] = SCALES.weights[layer]
        self.epsilons += 1e-8 * SCALES.loss / self.units
        if case.floor:
            for layer, group in self.groups:
                slope = case.floor * ALPHA * case.factor(layer, group) / np.sqrt(len(group))
                self.epsilons[group] += floor * slope
            if not self.groups:
                for matrix, _ in layout():
                    self.epsilons[matrix] += floor * case.floor * ALPHA

    def adam(self, gradient, rate):
        beta_1 = 0.9
        if self.initial_rate is not None:
            beta_1 = 1 - 0.1 * max(rate / self.initial_rate, 0.1)
        self.forgotten *= beta_1
        self.mean = beta_1 * self.mean + (1 - beta_1) * gradient
        fresh = gradient**2
        for _, group in self.groups:
            fresh[group] = fresh[group].mean()
        self.square = 0.99 * self.square + 0.01 * fresh
        steps = rate * self.units
        steps /= np.sqrt(self.square / (1 - 0.99**self.t)) + self.epsilons
        self.x -= steps * self.mean / (1 - self.forgotten)
        return steps

    def sgd(self, gradient, rate):
        self.mean = self.momentum * self.mean + gradient
        move = gradient + self.momentum * self.mean if self.nesterov else self.mean
        steps = rate / SCALES.loss * self.units**2
        self.x -= steps * move
        n_terms = self.t + self.nesterov
        return steps * sum(self.momentum**k for k in range(n_terms))

    def step(self, gradient, rate):
        self.t += 1
        steps = (self.adam if self.momentum is None else self.sgd)(gradient, rate)
        n_weights = sum(matrix.size for matrix, _ in layout())
        weights, steps_of_weights = self.x[:n_weights], (steps * self.factors)[:n_weights]
        weights[:] = self.case.entries(weights, steps_of_weights)
        for layer, group in self.groups:
            norm = np.linalg.norm(self.x[group])
            step = steps[group[0]] * self.case.factor(layer, group)
            self.x[group] *= self.case.norms(np.array(norm), step) / max(norm, 1e-300)


def start(case, solver, flat, alpha=ALPHA, dtype=torch.float64, scales=SCALES):
    """Return a compiled optimiser at some parameters."""
    parameters = Parameters(SIZES, dtype, torch.device("cpu"))
    parameters.flat.copy_(torch.tensor(flat))
    penalties = case.penalty if isinstance(case.penalty, list) else [case.penalty]
    blocks = BLOCKS if case.structure == "blocks" else None
    terms = build_terms(penalties, parameters, alpha, blocks)
    kind = ProxSGD if "momentum" in SOLVERS[solver] else ProxAdam
    optimizer = kind(parameters, parameters.zeros_like(), terms, scales, **SOLVERS[solver])
    assert isinstance(optimizer._move, CompiledMove)
    assert optimizer._move.is_fused
    return optimizer


@every_case
@pytest.mark.parametrize("solver", SOLVERS)
def test_moves_are_the_formulas(case, solver):
    rng = np.random.default_rng(1)
    x = rng.normal(size=N_PARAMETERS)
    optimizer, written = start(case, solver, x), Written(case, x, **SOLVERS[solver])
    scales = np.exp(rng.normal(size=N_PARAMETERS))
    for step in range(N_STEPS):
        gradient = scales * (rng.normal(size=N_PARAMETERS) + 0.3 * written.x)
        rate = RATE / (1 + 0.1 * step)
        optimizer.gradient.flat.copy_(torch.tensor(gradient))
        optimizer.step(rate)
        written.step(gradient, rate)
        found = optimizer.parameters.flat.numpy()
        np.testing.assert_allclose(found, written.x, rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(found == 0, written.x == 0)
    assert np.abs(found - x).max() > 0.1


@pytest.mark.parametrize("case", [c for c in CASES if groups_of(c.structure)], ids=id_of)
@pytest.mark.parametrize("solver", ["adam", "heavy ball"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("alpha", [0.0, 1e-3])
def test_groups_whose_squares_underflow_become_zero(case, solver, dtype, alpha):
    """Their norms are 0, and what has the norm 0 is 0."""
    _, group = groups_of(case.structure)[0]
    x = np.ones(N_PARAMETERS)
    x[group] = 1e-25 if dtype is torch.float32 else 1e-170
    optimizer = start(case, solver, x, alpha, dtype)
    optimizer.gradient.flat.fill_(1)
    optimizer.gradient.flat[group] = 0
    optimizer.step(1e-3)
    after = optimizer.parameters.flat.numpy()
    assert (after[group] == 0).all()
    assert (np.delete(after, group) > 0.5).all()


@every_case
@pytest.mark.parametrize("solver", ["adam", "heavy ball"])
def test_what_is_not_a_number_stays_so(case, solver):
    optimizer = start(case, solver, np.ones(N_PARAMETERS))
    optimizer.gradient.flat[7] = torch.nan
    optimizer.step(RATE)
    assert optimizer.parameters.flat[7].isnan()
