"""The optimisers for modules take the steps of the engine, for whatever penalty is registered."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from sgnn.groups import AROUND_UNITS
from sgnn.groups._registry import SUMS
from sgnn.groups.units import Incoming
from sgnn.networks.parameters import Parameters
from sgnn.penalties import GroupGraph, GroupLasso, LogSum, get_penalty
from sgnn.penalties._registry import PENALTIES
from sgnn.proximal import adam, sgd
from sgnn.proximal.build import build_terms
from sgnn.torch import ProxAdam, ProxSGD, sparse_groups
from sgnn.torch.tensors import Tensors
from sgnn.training.scales import Scales
from tests.penalties.needed import needed

SIZES = (5, 6, 4, 3)
N_STEPS = 12
STRUCTURES = ("weights", *AROUND_UNITS, *(name for name in SUMS if "layer" not in name))
NEEDED = needed((0, 1), (1, 2), (3, 4))


def penalties_on_structures():
    cases = []
    for name in PENALTIES:
        cases.append(pytest.param(name, {}, id=name))
        if "groups" in PENALTIES[name]().get_params():
            cases += [pytest.param(name, {"groups": s}, id=f"{name}-{s}") for s in STRUCTURES]
    return cases


def draw(seed):
    return np.random.RandomState(seed)


def data():
    rng = draw(0)
    return torch.from_numpy(rng.randn(40, SIZES[0])), torch.from_numpy(rng.randn(40, SIZES[-1]))


class Engine:
    """The engine's optimiser, on gradients of a function of its own buffer."""

    def __init__(self, penalties, alpha, solver):
        self.parameters = Parameters(SIZES, torch.float64, torch.device("cpu"))
        self.parameters.flat.copy_(
            0.5 * torch.from_numpy(draw(1).randn(self.parameters.flat.numel()))
        )
        gradient = self.parameters.zeros_like()
        terms = build_terms(penalties, self.parameters, alpha)
        scales = Scales.natural(3)
        arguments = self.parameters, gradient, terms, scales
        options = {"momentum": 0.9, "nesterov": True} if solver == "sgd" else {}
        self.optimizer = {"adam": adam.ProxAdam, "sgd": sgd.ProxSGD}[solver](*arguments, **options)
        self.terms = terms

    def step(self, rate, X, y):
        leaf = self.parameters.flat.clone().requires_grad_()
        views = Parameters(SIZES, torch.float64, torch.device("cpu"))
        weights = leaf[: views.weights.numel()].split([a * b for a, b in pairwise(SIZES)])
        biases = leaf[views.weights.numel() :].split(list(SIZES[1:]))
        z = X
        for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            z = (torch.relu(z) if index else z) @ weight.view(SIZES[index : index + 2]) + bias
        loss = (z - y).square().sum(1).mean() / 2
        self.optimizer.gradient.flat.copy_(torch.autograd.grad(loss, leaf)[0])
        self.optimizer.step(rate)


def same_module(parameters):
    module = nn.Sequential(
        nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)
    ).double()
    with torch.no_grad():
        for linear, layer in zip(module[::2], parameters.layers, strict=True):
            linear.weight.copy_(layer.weight.t())
            linear.bias.copy_(layer.bias)
    return module


def optimizer_of(solver, groups, lr):
    options = {"momentum": 0.9, "nesterov": True} if solver == "sgd" else {}
    return {"adam": ProxAdam, "sgd": ProxSGD}[solver](groups, lr=lr, **options)


def compare(penalties, solver, alpha=0.03, rate=0.02):
    engine = Engine(penalties, alpha, solver)
    module = same_module(engine.parameters)
    optimizer = optimizer_of(solver, sparse_groups(module, penalties, alpha), rate)
    X, y = data()
    for _ in range(N_STEPS):
        engine.step(rate, X, y)
        optimizer.zero_grad()
        ((module(X) - y).square().sum(1).mean() / 2).backward()
        optimizer.step()
    for linear, layer in zip(module[::2], engine.parameters.layers, strict=True):
        torch.testing.assert_close(linear.weight.detach().t(), layer.weight, rtol=0, atol=1e-12)
        torch.testing.assert_close(linear.bias.detach(), layer.bias, rtol=0, atol=1e-12)
        assert torch.equal(linear.weight.detach().t() == 0, layer.weight == 0)
    assert optimizer.penalty() == pytest.approx(engine.terms.value(engine.parameters), rel=1e-12)
    return module


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize(("name", "parameters"), penalties_on_structures())
def test_steps_are_those_of_the_engine(name, parameters, solver):
    penalty = PENALTIES[name](**NEEDED.get(name, {}), **parameters)
    try:
        penalty.pieces()
    except ValueError:
        with pytest.raises(ValueError, match="groups"):
            ProxAdam(sparse_groups(nn.Linear(3, 2), penalty))
        return
    compare([penalty], solver)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize(
    "penalty",
    [
        ["l1", "group_lasso"],
        ["exclusive_lasso", GroupLasso(groups="incoming")],
        [LogSum(groups="both")],
        [GroupLasso(layers=[1.0, 0.0, 2.0])],
        [GroupGraph([(0, 1)], layers="input"), GroupLasso(layers=[0, 1, 1])],
    ],
    ids=["sum", "outgoing and incoming", "both", "some layers", "graph"],
)
def test_sums_and_schedules_are_those_of_the_engine(penalty, solver):
    module = compare(get_penalty(penalty), solver, alpha=0.2, rate=0.05)
    assert any((linear.weight == 0).any() for linear in module[::2])


def test_a_sum_without_joint_prox_is_refused():
    penalties = [LogSum(), LogSum(groups="incoming")]
    with pytest.raises(ValueError, match="no joint proximal operator is known"):
        ProxAdam(sparse_groups(nn.Linear(3, 2), penalties))


STRENGTHS = {
    "weights": 0.05,
    "outgoing": 0.13,
    "incoming": 0.13,
    "taps": 0.05,
    "kernels": 0.05,
    "both": 0.07,
}


@pytest.mark.parametrize("groups", STRENGTHS)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_convolution_is_a_linear_layer_of_patches(groups, solver):
    """im2col: what one unit reads through one place of the kernel is a column of the matrix."""
    rng, penalty = draw(2), LogSum(groups=groups)
    images = torch.from_numpy(rng.randn(16, 3, 6, 6))
    target = torch.from_numpy(rng.randn(16, 4))
    torch.manual_seed(0)
    convolution, matrix = nn.Conv2d(3, 4, 3).double(), nn.Linear(27, 4).double()
    with torch.no_grad():
        matrix.weight.copy_(convolution.weight.flatten(1))
        matrix.bias.copy_(convolution.bias)
    patches = functional.unfold(images, 3).transpose(1, 2)
    one = sparse_groups(convolution, penalty, STRENGTHS[groups])
    other = sparse_groups(matrix, penalty, STRENGTHS[groups])
    place = one[0]["places"][0]
    assert place == other[0]["places"][0]
    folded = type(place.layout)((1,), (0,), (1, (3, 3, 3)), "bias")
    other[0]["places"] = [type(place)(place.weight, place.bias, folded)]
    optimizers = [optimizer_of(solver, groups, 0.02) for groups in (one, other)]
    for _ in range(40):
        outputs = convolution(images).mean((2, 3)), matrix(patches).mean(1)
        for optimizer, output in zip(optimizers, outputs, strict=True):
            optimizer.zero_grad()
            (output - target).square().mean().backward()
            optimizer.step()
    torch.testing.assert_close(convolution.weight.flatten(1), matrix.weight, rtol=0, atol=1e-13)
    assert (convolution.weight == 0).any() or solver == "sgd"
    assert torch.equal(convolution.weight.flatten(1) == 0, matrix.weight == 0)


def rows_of_units(parameters, split, axis):
    """The weight and the biases of each unit as a row."""
    parts = [p.unflatten(0, split).movedim(axis, 0).flatten(1) for p in parameters]
    return torch.cat(parts, 1)


SEVERAL_BIASES = {
    "LSTM": (nn.LSTM(3, 5), ("weight_ih_l0", "bias_ih_l0"), (4, 5)),
    "GRU": (nn.GRU(3, 5), ("weight_hh_l0", "bias_hh_l0"), (3, 5)),
    "heads": (nn.MultiheadAttention(4, 2), ("in_proj_weight", "in_proj_bias"), (3, 2, 2)),
}


@pytest.mark.parametrize("kind", [ProxAdam, ProxSGD])
@pytest.mark.parametrize("penalty", [GroupLasso(groups="incoming"), LogSum(groups="incoming")])
@pytest.mark.parametrize("name", SEVERAL_BIASES)
def test_units_with_several_biases_are_rows_of_a_linear_layer(name, penalty, kind):
    """Whose last columns are the biases."""
    module, names, split = SEVERAL_BIASES[name]
    module = copy.deepcopy(module).double()
    parameters = [module.get_parameter(one) for one in names]
    generator = torch.Generator().manual_seed(0)
    for parameter in parameters:
        parameter.data = torch.randn(parameter.shape, generator=generator).double()
    rows = rows_of_units(parameters, split, 1)
    oracle = nn.Linear(rows.shape[1], rows.shape[0], bias=False).double()
    oracle.weight.data = rows.detach().clone()
    optimizers = [
        kind(sparse_groups(one, {type(one): penalty}, 0.3), lr=0.1) for one in (module, oracle)
    ]
    for _ in range(12):
        for parameter in parameters:
            parameter.grad = torch.randn(parameter.shape, generator=generator).double()
        oracle.weight.grad = rows_of_units([p.grad for p in parameters], split, 1)
        for optimizer in optimizers:
            optimizer.step()
    expected = oracle.weight.detach()
    found = rows_of_units([p.detach() for p in parameters], split, 1)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert (expected == 0).all(1).any() != (expected != 0).all()


def test_biases_of_units_are_in_the_rows_of_penalties_that_see_single_weights():
    module = nn.LSTM(3, 5).double()
    [group] = sparse_groups(module, {nn.LSTM: "l1"})
    layers = Tensors(group["places"], [p.detach() for p in group["params"]])
    structure = Incoming(layers)
    rows = structure.rows(layers.layers[0], 0)
    assert rows.shape == (5, 16)
    structure.set_rows_(layers.layers[0], 0, 2 * rows)
    torch.testing.assert_close(structure.rows(layers.layers[0], 0), 2 * rows)
