"""Every penalty against brute force: its prox minimises what its value says, on any structure."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyproximal
import pytest
import torch
from scipy.optimize import brentq, minimize

from sgnn import SparseMLPRegressor
from sgnn.networks.parameters import Parameters
from sgnn.penalties import (
    CGES,
    L0,
    L1,
    MCP,
    SCAD,
    CappedL1,
    ElasticNet,
    ExclusiveLasso,
    GroupGraph,
    GroupHoyerSquare,
    GroupLasso,
    Hoyer,
    HoyerSquare,
    IntegratedTransformedL1,
    L1MinusL2,
    LHalf,
    LogSum,
    LTwoThirds,
    NeuronLasso,
    Penalty,
    Piece,
    Shape,
    SparseGroupLasso,
    TransformedL1,
    _registry,
    get_penalty,
    register,
)
from sgnn.penalties.bridge import SquareRoot, TwoThirdsPower
from sgnn.penalties.capped_l1 import CappedMagnitude
from sgnn.penalties.elastic_net import AbsoluteAndSquare
from sgnn.penalties.l0 import NonZero
from sgnn.penalties.l1 import AbsoluteValue
from sgnn.penalties.log_sum import Logarithm
from sgnn.penalties.mcp import MinimaxConcave
from sgnn.penalties.scad import SmoothlyClipped
from sgnn.penalties.transformed_l1 import TransformedMagnitude
from sgnn.proximal.build import build_terms
from sgnn.training.removal import positions


@dataclass(frozen=True)
class HalfSquare(Shape):
    """A shape from outside the package."""

    def value(self, x, strength):
        return 0.5 * strength * x * x

    def prox(self, x, step, strength):
        return x / (1 + step * strength)


class Ridge(Penalty):
    """A penalty from outside the package."""

    def __init__(self, groups="outgoing"):
        self.groups = groups

    def pieces(self):
        return [Piece(HalfSquare(), self.groups, weight=0.5, size_scaling=True)]


class ScaledL1(Penalty):
    """The lasso from outside the package, which says needlessly that single weights have a size."""

    def pieces(self):
        return [Piece(AbsoluteValue(), "weights", weight=2.0, size_scaling=True)]


def printed_in_the_guide():
    """What the file printed in CONTRIBUTING.md defines."""
    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (source,) = re.findall(r'```py\n(""".*?)```', guide, re.DOTALL)
    defined = {"__name__": "printed_in_the_guide"}
    exec(source, defined)
    return defined


GUIDE = printed_in_the_guide()
ReverseHuber, Berhu = GUIDE["ReverseHuber"], GUIDE["Berhu"]


# Penalties that leave some groups alone.
PARTIAL = [
    GroupLasso(fraction=0.5),
    SparseGroupLasso(0.5, fraction=0.5),
    LogSum(groups="weights", fraction=0.5),
    GroupLasso(layers="input"),
]
# Penalties that remove no group as a whole.
LASTING = (Ridge, ExclusiveLasso, L1MinusL2)
# One line per penalty or sum of penalties: all tests below run over this list.
PENALTIES = [
    L1(),
    GroupLasso(),
    GroupLasso(groups="incoming"),
    GroupLasso(size_scaling=False),
    SparseGroupLasso(0.3),
    SparseGroupLasso(0.7, groups="incoming", size_scaling=False),
    MCP(),
    MCP(1.2, groups="incoming"),
    MCP(0.6, groups="weights"),
    MCP(0.6, size_scaling=False),
    LogSum(),
    LogSum(0.01, groups="incoming"),
    LogSum(0.5, groups="weights"),
    LogSum(2.0, size_scaling=False),
    ElasticNet(),
    ElasticNet(0.9, groups="outgoing"),
    ElasticNet(0.2, groups="incoming", size_scaling=False),
    SCAD(),
    SCAD(2.2, groups="incoming"),
    SCAD(2.5, groups="weights"),
    SCAD(2.5, size_scaling=False),
    TransformedL1(),
    TransformedL1(0.05, groups="outgoing"),
    TransformedL1(0.3, groups="incoming"),
    TransformedL1(20.0, groups="outgoing", size_scaling=False),
    CappedL1(),
    CappedL1(0.3, groups="incoming"),
    CappedL1(0.1, groups="weights"),
    CappedL1(0.5, size_scaling=False),
    LHalf(),
    LHalf(groups="incoming", size_scaling=False),
    LHalf(groups="weights"),
    LTwoThirds(),
    LTwoThirds(groups="incoming", size_scaling=False),
    LTwoThirds(groups="weights"),
    L0(),
    L0(groups="incoming", size_scaling=False),
    L0(groups="weights"),
    Berhu(0.2),
    Berhu(0.5, groups="incoming"),
    Ridge(),
    ScaledL1(),
    [L1(), GroupLasso()],
    [L1(), ElasticNet(groups="outgoing")],
    [L1(), SCAD(2.2)],
    [TransformedL1(0.3), L1()],
    [CappedL1(0.4), GroupLasso()],
    [SparseGroupLasso(0.5, groups="incoming"), LHalf(groups="incoming")],
    [L1(), LTwoThirds(groups="weights")],
    [GroupLasso(), L0(size_scaling=False)],
    [GroupLasso(), ScaledL1()],
    [L1(), MCP()],
    [L1(), MCP(0.6, groups="weights")],
    [LogSum(groups="incoming"), L1()],
    [LogSum(), GroupLasso()],
    [SparseGroupLasso(0.5), MCP(1.0, size_scaling=False)],
    [MCP(groups="weights"), GroupLasso()],
    [LogSum(0.5, groups="weights"), GroupLasso(groups="incoming")],
    [LogSum(groups="weights"), LogSum()],
    [MCP(groups="weights"), LogSum(groups="weights")],
    [LHalf(groups="weights"), GroupLasso()],
    [L0(groups="weights"), GroupLasso()],
    [TransformedL1(), TransformedL1(0.5, groups="outgoing")],
    [ElasticNet(), GroupLasso()],
    GroupLasso(groups="both"),
    [L1(), GroupLasso(groups="both")],
    [GroupLasso(), GroupLasso(groups="incoming", size_scaling=False)],
    SparseGroupLasso(0.5, layers="cges"),
    NeuronLasso(),
    NeuronLasso(0.4),
    ExclusiveLasso(),
    ExclusiveLasso(groups="incoming"),
    CGES(),
    CGES(0.4, groups="incoming"),
    IntegratedTransformedL1(),
    IntegratedTransformedL1(0.1, 0.4),
    L1MinusL2(),
    L1MinusL2(0.5, groups="incoming"),
    Hoyer(),
    HoyerSquare(),
    GroupHoyerSquare(),
    GroupHoyerSquare(groups="incoming"),
    *PARTIAL,
]
CONVEX = [
    L1(),
    GroupLasso(),
    GroupLasso(groups="incoming"),
    GroupLasso(groups="both"),
    SparseGroupLasso(0.3),
    NeuronLasso(0.4),
    ExclusiveLasso(),
    CGES(),
    ElasticNet(),
    ElasticNet(0.0),
    ElasticNet(0.9, groups="outgoing"),
    Berhu(0.2),
    Ridge(),
]
SHAPES = [
    AbsoluteValue(),
    MinimaxConcave(0.3),
    MinimaxConcave(1.0),
    MinimaxConcave(3.0),
    Logarithm(0.001),
    Logarithm(0.1),
    Logarithm(2.0),
    *(AbsoluteAndSquare(l1_ratio) for l1_ratio in (0.0, 0.5, 1.0)),
    *(SmoothlyClipped(gamma) for gamma in (2.01, 3.7, 50.0)),
    *(TransformedMagnitude(a) for a in (1e-3, 0.1, 1.0, 30.0, 1e6)),
    *(CappedMagnitude(theta) for theta in (0.02, 0.3, 3.0)),
    SquareRoot(),
    TwoThirdsPower(),
    NonZero(),
    *(ReverseHuber(knot) for knot in (0.01, 0.3, 3.0)),
    HalfSquare(),
]

# Sizes of the network, blocks of inputs, step, alpha, and whether each group has a step of its own.
# The steps reach beyond gamma, and beyond where the log-sum prox becomes discontinuous.
SETTINGS = [
    ((2, 2), None, 0.05, 0.5, False),
    ((2, 2), None, 0.7, 0.3, True),
    ((2, 1, 2), None, 2.0, 0.2, True),
    ((2, 2), None, 6.0, 0.1, False),
    ((3, 1), [0, 1, 0], 0.7, 0.3, False),
    ((3, 1), [0, 1, 0], 6.0, 0.1, True),
]


def show(value):
    return re.sub(r" at 0x\w+", "", repr(value).replace("\n", " "))


def make_network(*sizes, seed=0, scale=1.0, dtype=torch.float64):
    network = Parameters(sizes, dtype, torch.device("cpu"))
    draw = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(network.flat), generator=draw, dtype=torch.float64)
    network.flat.copy_(scale * noise)
    return network


def copy(network):
    result = network.zeros_like()
    result.flat.copy_(network.flat)
    return result


def terms_of(penalty, network, alpha, blocks=None):
    return build_terms(get_penalty(penalty), network, alpha, blocks)


def value(penalty, network, alpha, blocks=None):
    return float(terms_of(penalty, network, alpha, blocks).value(network))


def prox(penalty, network, alpha, step=1.0):
    result = copy(network)
    terms_of(penalty, network, alpha).prox_(result, step)
    return result.flat


class Objective:
    """½‖z - x‖² in the metric of the step, plus the penalty, as a function of a numpy vector."""

    def __init__(self, terms, network, step):
        self.terms = terms
        self.network = copy(network)
        self.n = len(network.flat if terms.metric.with_bias else network.weights)
        self.x = network.flat[: self.n].clone()
        self.steps = step if isinstance(step, float) else self._spread(step)

    def _spread(self, step):
        spread = self.network.zeros_like()
        for index, layer in enumerate(spread.layers):
            layer.weight.copy_(self.terms.metric.spread(step, index).expand_as(layer.weight))
            if self.terms.metric.with_bias:
                layer.bias.copy_(step[self.terms.metric.slices[index]])
        return spread.flat[: self.n]

    def __call__(self, z):
        self.network.flat[: self.n] = z = torch.from_numpy(z)
        distance = ((z - self.x).square_() / self.steps).sum()
        return float(0.5 * distance + self.terms.value(self.network))

    def brute_force(self, found):
        """Return the least value that searches from the most promising starts come down to.

        The starts are `found`, also with entries replaced by 0 or by their value before the prox,
        that value itself, 0, and noise.
        """
        x, rng = self.x.numpy(), np.random.RandomState(0)
        starts = [x, np.zeros_like(x), *(x * rng.uniform(-0.2, 1.2, (30, len(x))))]
        for values in (x, np.zeros_like(x)):
            starts += [np.where(rng.rand(len(x)) < 0.5, values, found) for _ in range(10)]
        starts = [found, *sorted(starts, key=self)[:2]]
        options = {"xtol": 1e-6, "ftol": 1e-12, "maxfev": 500}
        return min(minimize(self, start, method="Powell", options=options).fun for start in starts)


def assert_joint_prox_is_minimiser(terms, network, step):
    objective = Objective(terms, network, step)
    result = copy(network)
    terms.prox_(result, step)
    found = result.flat[: objective.n].numpy().copy()
    with torch.inference_mode():
        assert objective(found) <= objective.brute_force(found) + 1e-9
    assert torch.equal(result.flat[objective.n :], network.flat[objective.n :])


def structures(penalty):
    return {piece.groups for one in get_penalty(penalty) for piece in one.pieces()}


@pytest.mark.parametrize(
    ("penalty", "sizes", "blocks", "step", "alpha", "by_group"),
    [
        pytest.param(penalty, *setting, id=f"{show(penalty)}-{number}")
        for penalty in PENALTIES
        for number, setting in enumerate(SETTINGS)
        if setting[1] is None or "outgoing" in structures(penalty)
    ],
)
def test_joint_prox_is_the_minimiser_found_by_brute_force(
    penalty, sizes, blocks, step, alpha, by_group
):
    network = make_network(*sizes, seed=int(10 * step))
    terms = terms_of(penalty, network, alpha, blocks)
    if by_group:
        step = step * torch.linspace(0.5, 1.5, len(terms.metric.sizes), dtype=torch.float64)
    assert_joint_prox_is_minimiser(terms, network, step)


@pytest.mark.parametrize(("step", "alpha"), [(0.5, 0.5), (4.0, 0.3)])
@pytest.mark.parametrize(
    "penalty",
    [one for one in PENALTIES if not isinstance(one, LASTING) and one not in PARTIAL],
    ids=show,
)
def test_joint_prox_is_the_minimiser_just_where_the_last_group_becomes_zero(penalty, step, alpha):
    direction = make_network(2, 2, seed=7)
    terms = terms_of(penalty, direction, alpha)

    def scaled(factor):
        network = copy(direction)
        network.flat.mul_(factor)
        return network

    low, high = 0.0, 100.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        network = scaled(middle)
        terms.prox_(network, step)
        low, high = (middle, high) if (network.weights == 0).all() else (low, middle)
    assert 0 < low < 99
    for factor in (0.97, 1.03):
        assert_joint_prox_is_minimiser(terms, scaled(factor * low), step)


@pytest.mark.parametrize("strength", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("step", [0.01, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("shape", SHAPES, ids=show)
def test_scalar_prox_beats_every_point_of_a_dense_grid(shape, step, strength):
    x = torch.linspace(-4, 4, 65, dtype=torch.float64)[:, None]
    z = torch.linspace(-4.2, 4.2, 4201, dtype=torch.float64)
    penalty = shape.value(z, strength)
    best = ((z - x).square() / (2 * step) + penalty).amin(1, keepdim=True)
    found = shape.prox(x, step, strength)
    reached = (found - x).square() / (2 * step) + shape.value(found, strength)
    assert (reached <= best + 1e-9).all()
    assert (found.diff(dim=0) >= 0).all(), "monotone"
    assert (found.abs() <= x.abs()).all(), "shrinks"
    torch.testing.assert_close(shape.prox(-x, step, strength), -found, rtol=0, atol=0)


def log_sum_threshold(eps):
    def threshold(step, strength):
        area = step * strength * eps
        if area <= eps**2:
            return area / eps

        def gain(z):
            return area * np.log1p(z / eps) - area * z / (z + eps) - 0.5 * z * z

        z = brentq(gain, 1e-3 * eps, 1e3 * (eps + area**0.5), xtol=1e-15)
        return z + area / (z + eps)

    return threshold


def mcp_threshold(gamma):
    return lambda step, s: step * s if step < gamma else s * (step * gamma) ** 0.5


def scad_threshold(gamma):
    return lambda step, s: step * s if step < gamma + 1 else s * (step * (gamma + 1)) ** 0.5


def transformed_l1_threshold(a):
    def threshold(step, strength):
        area = step * strength
        if area <= a**2 / (2 * (a + 1)):
            return area * (a + 1) / a
        return (2 * area * (a + 1)) ** 0.5 - a / 2

    return threshold


def capped_l1_threshold(theta):
    return lambda step, s: step * s if step * s < 2 * theta else (2 * step * s * theta) ** 0.5


@pytest.mark.parametrize("strength", [0.01, 0.8])
@pytest.mark.parametrize("step", [0.01, 0.4, 3.0, 20.0])
@pytest.mark.parametrize(
    ("shape", "threshold"),
    [
        (AbsoluteValue(), lambda step, s: step * s),
        *((MinimaxConcave(gamma), mcp_threshold(gamma)) for gamma in (0.3, 3.0)),
        *((Logarithm(eps), log_sum_threshold(eps)) for eps in (0.01, 0.5)),
        *((AbsoluteAndSquare(r), lambda step, s, r=r: r * step * s) for r in (0.1, 0.9)),
        *((SmoothlyClipped(gamma), scad_threshold(gamma)) for gamma in (2.01, 3.7, 30.0)),
        *((TransformedMagnitude(a), transformed_l1_threshold(a)) for a in (0.01, 1.0, 10.0)),
        *((CappedMagnitude(theta), capped_l1_threshold(theta)) for theta in (0.01, 1.0)),
        (SquareRoot(), lambda step, s: 1.5 * (step * s) ** (2 / 3)),
        (TwoThirdsPower(), lambda step, s: 2 * (2 / 3 * step * s) ** 0.75),
        (NonZero(), lambda step, s: (2 * step * s) ** 0.5),
    ],
)
def test_what_lies_below_the_threshold_is_exactly_zero_and_nothing_above(
    shape, threshold, step, strength
):
    edge = threshold(step, strength)
    x = torch.tensor([0.0, 0.5, 1 - 1e-6, 1 + 1e-6, 2.0], dtype=torch.float64) * edge
    for sign in (1, -1):
        kept = shape.prox(sign * x, step, strength) != 0
        assert kept.tolist() == [False, False, False, True, True]


def norms(network, structure):
    """Group norms and sizes, written out with numpy."""
    all_norms, sizes = [], []
    for layer in network.layers:
        matrix = layer.weight.numpy()
        if structure == "weights":
            matrix = matrix.reshape(-1, 1)
        elif structure == "incoming":
            matrix = np.vstack([matrix, layer.bias.numpy()]).T
        all_norms.append(np.sqrt((matrix**2).sum(axis=1)))
        sizes.append(np.full(len(matrix), matrix.shape[1]))
    return np.concatenate(all_norms), np.concatenate(sizes)


def reference_mcp(r, alpha, gamma):
    return np.where(r <= gamma * alpha, alpha * r - r**2 / (2 * gamma), gamma * alpha**2 / 2)


def reference_scad(r, alpha, gamma):
    parabola = (2 * gamma * alpha * r - r**2 - alpha**2) / (2 * (gamma - 1))
    flat = (gamma + 1) * alpha**2 / 2
    return np.where(r <= alpha, alpha * r, np.where(r <= gamma * alpha, parabola, flat))


@pytest.mark.parametrize(
    ("penalty", "pieces"),
    [
        (L1(), [("weights", 1, 0, lambda r, a: a * r)]),
        (GroupLasso(), [("outgoing", 1, 1, lambda r, a: a * r)]),
        (GroupLasso(groups="incoming"), [("incoming", 1, 1, lambda r, a: a * r)]),
        (GroupLasso(size_scaling=False), [("outgoing", 1, 0, lambda r, a: a * r)]),
        (
            SparseGroupLasso(0.3),
            [("weights", 0.3, 0, lambda r, a: a * r), ("outgoing", 0.7, 1, lambda r, a: a * r)],
        ),
        (MCP(1.5), [("outgoing", 1, 1, lambda r, a: reference_mcp(r, a, 1.5))]),
        (MCP(1.5, groups="weights"), [("weights", 1, 0, lambda r, a: reference_mcp(r, a, 1.5))]),
        (
            LogSum(0.2, groups="incoming"),
            [("incoming", 1, 1, lambda r, a: a * 0.2 * np.log(1 + r / 0.2))],
        ),
        (ElasticNet(0.3), [("weights", 1, 0, lambda r, a: a * (0.3 * r + 0.35 * r**2))]),
        (
            ElasticNet(0.3, groups="incoming"),
            [("incoming", 1, 1, lambda r, a: a * (0.3 * r + 0.35 * r**2))],
        ),
        (SCAD(2.5), [("outgoing", 1, 1, lambda r, a: reference_scad(r, a, 2.5))]),
        (SCAD(3.7, groups="weights"), [("weights", 1, 0, lambda r, a: reference_scad(r, a, 3.7))]),
        (TransformedL1(0.2), [("weights", 1, 0, lambda r, a: a * 1.2 * r / (0.2 + r))]),
        (
            TransformedL1(2.0, groups="outgoing", size_scaling=False),
            [("outgoing", 1, 0, lambda r, a: a * 3 * r / (2 + r))],
        ),
        (CappedL1(0.7), [("outgoing", 1, 1, lambda r, a: a * np.minimum(r, 0.7))]),
        (
            Berhu(0.6),
            [("outgoing", 1, 1, lambda r, a: a * np.where(r < 0.6, r, (r**2 + 0.36) / 1.2))],
        ),
        (LHalf(), [("outgoing", 1, 1, lambda r, a: a * np.sqrt(r))]),
        (LTwoThirds(groups="incoming"), [("incoming", 1, 1, lambda r, a: a * np.cbrt(r**2))]),
        (L0(), [("outgoing", 1, 1, lambda r, a: a * (r > 0))]),
        (
            [L1(), MCP(2.0, size_scaling=False)],
            [
                ("weights", 1, 0, lambda r, a: a * r),
                ("outgoing", 1, 0, lambda r, a: reference_mcp(r, a, 2.0)),
            ],
        ),
    ],
    ids=show,
)
@pytest.mark.parametrize("alpha", [0.0, 0.4, 3.0])
def test_value_is_the_written_formula(penalty, pieces, alpha):
    network = make_network(4, 3, 2)
    expected = 0.0
    for structure, weight, scaled, formula in pieces:
        r, sizes = norms(network, structure)
        expected += (weight * sizes ** (scaled / 2) * formula(r, alpha)).sum()
    assert value(penalty, network, alpha) == pytest.approx(expected, rel=1e-13)


def test_blocks_weigh_by_the_root_of_all_their_weights():
    network = make_network(3, 2)
    weight = network.layers[0].weight.numpy()
    expected = 2 * np.linalg.norm(weight[[0, 2]]) + 2**0.5 * np.linalg.norm(weight[1])
    found = value(GroupLasso(), network, 0.7, blocks=[0, 1, 0])
    assert found == pytest.approx(0.7 * expected, rel=1e-14)


GRAPH = [(0, 1), (1, 2, 0.5), (2, 3), (3, 4, 2.0), (0, 4)]
PARTIAL = [
    L1(fraction=0.6),
    GroupLasso(fraction=0.6, adaptive=1.0),
    GroupLasso(groups="incoming", layers=[1, 0.5, 2]),
    ExclusiveLasso(fraction=0.6),
    GroupHoyerSquare(fraction=0.6),
    HoyerSquare(fraction=[np.arange(n) % 3 > 0 for n in (20, 12, 6)]),
    GroupGraph(GRAPH, smoothing=0.3),
    GroupGraph(GRAPH, difference="weights"),
]


@pytest.mark.parametrize("blocks", [None, np.array([0, 1, 0, 1, 2])], ids=["alone", "blocks"])
@pytest.mark.parametrize("penalty", [*PENALTIES, *PARTIAL], ids=show)
def test_the_units_that_are_left_are_penalised_as_before(penalty, blocks):
    """Value and prox of a network with dead units are those of the network without them."""
    if isinstance(penalty, GroupGraph) and blocks is not None:
        pytest.skip("a graph and blocks of inputs exclude each other")
    full = make_network(5, 4, 3, 2, seed=3)
    masks = [1, 0, 1, 0, 1], [1, 1, 0, 1], [0, 1, 1], [1, 1]
    kept = [np.array(mask, dtype=bool) for mask in masks]
    for layer, (before, after) in zip(full.layers, pairwise(kept), strict=True):
        layer.weight.mul_(torch.from_numpy(np.outer(before, after)))
        layer.bias.mul_(torch.from_numpy(after))
    small = Parameters([int(mask.sum()) for mask in kept], torch.float64, torch.device("cpu"))
    where = torch.from_numpy(positions(kept))
    small.flat.copy_(full.flat[where])
    pilot = make_network(5, 4, 3, 2, seed=4)
    terms = build_terms(get_penalty(penalty), full, 0.3, blocks, seed=1, pilot=pilot)
    terms_left = terms.on_units(kept, small)
    assert terms_left.value(small) == pytest.approx(terms.value(full), rel=1e-12)
    steps = 0.3 + torch.rand(len(terms.metric.sizes), generator=torch.Generator().manual_seed(0))
    survivors = terms.metric.survivors(kept)
    assert torch.equal(terms_left.metric.sizes, terms.metric.sizes[survivors])
    for step, step_left in ((0.7, 0.7), (steps.double(), steps.double()[survivors])):
        after, after_left = copy(full), copy(small)
        terms.prox_(after, step)
        terms_left.prox_(after_left, step_left)
        np.testing.assert_allclose(after_left.flat, after.flat[where], rtol=1e-9, atol=1e-9)
        outside = np.ones(len(full.flat), dtype=bool)
        outside[where] = False
        assert not after.flat[outside].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_zero_costs_nothing_and_stays_zero(penalty, alpha, dtype):
    network = make_network(3, 2, scale=0.0, dtype=dtype)
    assert value(penalty, network, alpha) == 0
    assert (prox(penalty, network, alpha) == 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("step", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_without_strength_the_prox_is_the_identity(penalty, step, dtype):
    network = make_network(3, 2, dtype=dtype)
    network.layers[0].weight[1] = 0
    assert torch.equal(prox(penalty, network, 0.0, step), network.flat)


@pytest.mark.parametrize("step", [1, np.int64(1), np.float32(0.5), np.float64(0.5)], ids=repr)
@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_a_step_may_be_any_real_number(penalty, step):
    network = make_network(3, 2)
    expected = prox(penalty, network, 0.2, float(step))
    torch.testing.assert_close(prox(penalty, network, 0.2, step), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("penalty", CONVEX, ids=show)
def test_the_prox_of_a_convex_penalty_is_non_expansive(penalty):
    for seed, distance in enumerate([1e-6, 1e-3, 0.1, 1.0, 10.0] * 4):
        one, other = make_network(4, 3, seed=seed), make_network(4, 3, seed=seed + 100)
        other.flat.mul_(distance).add_(one.flat)
        before = torch.linalg.vector_norm(one.flat - other.flat)
        after = torch.linalg.vector_norm(prox(penalty, one, 0.4) - prox(penalty, other, 0.4))
        assert after <= before * (1 + 1e-12)


@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_single_precision_agrees_with_double(penalty):
    single, double = make_network(30, 4, dtype=torch.float32), make_network(30, 4)
    double.flat.copy_(single.flat)
    for step in (0.01, 1.0):
        for alpha in np.logspace(-8, -1, 15).tolist():
            result = prox(penalty, single, alpha, step).double()
            expected = prox(penalty, double, alpha, step)
            torch.testing.assert_close(result, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("strength", [1e-8, 1e-5, 1e-3, 0.1])
@pytest.mark.parametrize("step", [1e-6, 0.01, 1.0, 3.0, 50.0])
@pytest.mark.parametrize("shape", SHAPES, ids=show)
def test_a_shape_in_single_precision_agrees_with_double_at_every_magnitude(shape, step, strength):
    """At a jump either side will do: the result is one of a point at most 3 roundings away."""
    x = torch.cat([torch.zeros(1), torch.logspace(-8, 3, 500)])
    wide, nearby = x.double(), 3 * torch.finfo(torch.float32).eps
    below = shape.prox(wide * (1 - nearby), step, strength)
    above = shape.prox(wide * (1 + nearby), step, strength)
    tolerance = 1e-6 * wide.clamp(min=1)
    for one_step in (step, torch.full_like(x, step)):
        found = shape.prox(x, one_step, strength)
        assert ((below - tolerance <= found) & (found <= above + tolerance)).all()
        assert (found <= x * (1 + nearby)).all()
        assert found[0] == 0
        assert torch.equal(shape.prox(-x, one_step, strength), -found)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=show)
def test_without_step_or_strength_every_magnitude_stays_bit_for_bit(shape, dtype):
    magnitudes = torch.cat([torch.zeros(1), torch.logspace(-15, 3, 200)]).to(dtype)
    x = torch.cat([magnitudes, -magnitudes])
    for step, strength in [(0.0, 0.7), (2.0, 0.0), (60.0, 0.0), (0.0, 0.0)]:
        assert torch.equal(shape.prox(x, step, strength), x)
        assert torch.equal(shape.prox(x, torch.full_like(x, step), strength), x)


@pytest.mark.parametrize("shape", SHAPES, ids=show)
def test_steps_of_their_own_and_one_step_give_the_same(shape):
    """Steps of a tensor on both sides of every case, also broadcast over rows."""
    x = torch.linspace(-3, 3, 41, dtype=torch.float64).repeat(30, 1)
    before = x.clone()
    steps = torch.logspace(-3, 2, 30, dtype=torch.float64)[:, None]
    found = shape.prox(x, steps, 0.4)
    for row, step in zip(found, steps.ravel().tolist(), strict=True):
        torch.testing.assert_close(row, shape.prox(x[0], step, 0.4), rtol=0, atol=1e-13)
    assert torch.equal(x, before)


@pytest.mark.parametrize(
    ("one", "alpha", "other", "other_alpha", "n_out"),
    [
        ("group_lasso", 0.3, "l1", 0.3, 1),
        (MCP(2.0), 0.3, MCP(2.0, groups="weights"), 0.3, 1),
        (LogSum(0.2), 0.3, LogSum(0.2, groups="weights"), 0.3, 1),
        (SparseGroupLasso(0.0), 0.3, "group_lasso", 0.3, 3),
        (SparseGroupLasso(1.0), 0.3, "l1", 0.3, 3),
        (MCP(1e12, groups="weights"), 0.3, "l1", 0.3, 3),
        (MCP(1e12), 0.3, "group_lasso", 0.3, 3),
        (LogSum(1e9, groups="weights"), 0.3, "l1", 0.3, 3),
        (LogSum(1e9), 0.3, "group_lasso", 0.3, 3),
        (ElasticNet(1.0), 0.3, "l1", 0.3, 3),
        (ElasticNet(1.0, groups="outgoing"), 0.3, "group_lasso", 0.3, 3),
        (ElasticNet(0.0, groups="outgoing"), 0.3, Ridge(), 0.6, 3),
        (SCAD(1e12, groups="weights"), 0.3, "l1", 0.3, 3),
        (SCAD(1e12), 0.3, "group_lasso", 0.3, 3),
        (TransformedL1(1e11), 0.3, "l1", 0.3, 3),
        (TransformedL1(1e11, groups="outgoing"), 0.3, "group_lasso", 0.3, 3),
        (TransformedL1(1e-12), 0.3, L0(groups="weights"), 0.3, 3),
        (TransformedL1(1e-12, groups="incoming"), 0.3, L0(groups="incoming"), 0.3, 3),
        (CappedL1(1e9, groups="weights"), 0.3, "l1", 0.3, 3),
        (CappedL1(1e9), 0.3, "group_lasso", 0.3, 3),
        (CappedL1(1e-9, groups="weights"), 0.3e9, L0(groups="weights"), 0.3, 3),
        *(
            (one(groups="outgoing"), 0.3, one(groups="weights"), 0.3, 1)
            for one in (ElasticNet, SCAD, TransformedL1, CappedL1, LHalf, LTwoThirds, L0)
        ),
        (["l1", "group_lasso"], 0.15, SparseGroupLasso(0.5), 0.3, 3),
        (["l1", "l1"], 0.15, "l1", 0.3, 3),
        (["group_lasso", "group_lasso"], 0.15, "group_lasso", 0.3, 3),
    ],
    ids=show,
)
def test_two_ways_to_write_the_same_penalty_agree(one, alpha, other, other_alpha, n_out):
    network = make_network(6, n_out)
    for step in (0.1, 1.0, 4.0):
        expected = prox(other, network, other_alpha, step)
        torch.testing.assert_close(prox(one, network, alpha, step), expected, rtol=0, atol=1e-8)
    expected = value(other, network, other_alpha)
    assert value(one, network, alpha) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("step", [0.02, 0.5, 5.0])
@pytest.mark.parametrize(
    ("penalty", "oracle"),
    [
        (L1(), lambda x, t: pyproximal.L1(sigma=0.3).prox(x.ravel(), t).reshape(x.shape)),
        (
            GroupLasso(size_scaling=False),
            lambda x, t: (
                pyproximal.L21(x.shape[1], sigma=0.3).prox(x.T.ravel(), t).reshape(x.T.shape).T
            ),
        ),
        (
            SparseGroupLasso(0.4, size_scaling=False),
            lambda x, t: pyproximal.L21_plus_L1(sigma=0.3, rho=0.4).prox(x.T, t).T,
        ),
        (
            SCAD(7.0, groups="weights"),
            lambda x, t: pyproximal.SCAD(sigma=0.3, a=7.0).prox(x.ravel(), t).reshape(x.shape),
        ),
        (
            LogSum(0.5, groups="weights"),
            lambda x, t: (
                pyproximal.Log(sigma=0.3 * 0.5 * np.log(3), gamma=2.0)
                .prox(x.ravel(), t)
                .reshape(x.shape)
            ),
        ),
    ],
    ids=show,
)
def test_prox_agrees_with_pyproximal(penalty, oracle, step):
    network = make_network(40, 3)
    weight = network.layers[0].weight.numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = oracle(weight, step)
    result = prox(penalty, network, 0.3, step).numpy()[: weight.size].reshape(weight.shape)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(result != 0, expected != 0)


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        ([MCP(), GroupLasso(groups="incoming")], "no joint prox.* on 'outgoing'"),
        ([L1(), MCP(groups="incoming"), LogSum()], "MinimaxConcave.* on 'incoming'"),
        ([MCP(groups="weights"), L1(), GroupLasso()], "AbsoluteValue.* on 'outgoing'"),
        ([CappedL1(groups="weights"), GroupLasso()], "Cap.* on 'weights'"),
        ([LTwoThirds(groups="weights"), GroupLasso()], "on 'weights' and AbsoluteValue"),
        ([ElasticNet(), MCP()], "on 'weights' and MinimaxConcave"),
        ([MCP(groups="both"), LogSum(groups="incoming")], "MinimaxConcave.* Logarithm"),
        ([MCP(), LogSum()], "no joint prox"),
        ([SCAD(), CappedL1()], "SmoothlyClipped.* on 'outgoing'"),
        ([MCP(groups="weights"), MCP(2.0), LogSum()], "no joint prox"),
        ([L0(), GroupLasso(groups="incoming")], "NonZero.* on 'outgoing'"),
        ([LogSum(groups="weights"), SparseGroupLasso()], "Logarithm.* on 'weights'"),
    ],
    ids=show,
)
def test_sums_without_a_known_joint_prox_are_refused(penalty, message):
    with pytest.raises(ValueError, match=f"penalty: .*{message}"):
        terms_of(penalty, make_network(3, 2), 0.1)
    X = np.random.RandomState(0).randn(20, 3)
    with pytest.raises(ValueError, match="penalty: "):
        SparseMLPRegressor((2,), penalty=penalty, max_iter=1).fit(X, X[:, 0])


@pytest.fixture
def ridge(monkeypatch):
    monkeypatch.setattr(_registry, "_PENALTIES", dict(_registry._PENALTIES))
    register("test_ridge", Ridge)


@pytest.mark.usefixtures("ridge")
def test_a_registered_penalty_works_by_name():
    """Ridge on size-1 groups with half the strength is the estimator's own l2."""
    rng = np.random.RandomState(0)
    X = rng.randn(50, 3)
    y = X @ [1.0, -2.0, 0.0] + 0.1 * rng.randn(50)
    common = {"hidden_layer_sizes": (), "batch_size": 50, "random_state": 0, "max_iter": 400}
    common |= {"learning_rate_init": 0.1, "tol": 0, "n_iter_no_change": np.inf}
    named = SparseMLPRegressor(penalty="test_ridge", alpha=0.4, **common).fit(X, y)
    built_in = SparseMLPRegressor(penalty=None, l2=0.2, **common).fit(X, y)
    np.testing.assert_allclose(named.coefs_[0], built_in.coefs_[0], rtol=0, atol=1e-4)
    assert named.objective_curve_[-1] == pytest.approx(built_in.objective_curve_[-1], rel=1e-6)
