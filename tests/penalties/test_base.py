"""The contract of penalties and shapes: each that is registered, against brute force.

To test one more, nothing is needed but to register it; so is that of CONTRIBUTING.md. What stands
in the tables here is needed only to test it with other parameters than its own.
"""

import copy
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from sgnn.groups import AROUND_UNITS
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
    GraphLogSum,
    GroupGraph,
    GroupHoyerSquare,
    GroupLasso,
    HoyerSquare,
    IntegratedTransformedL1,
    L1MinusL2,
    LHalf,
    LogSum,
    LTwoThirds,
    NeuronLasso,
    Penalty,
    Piece,
    SparseGroupLasso,
    TransformedL1,
    available,
    get_penalty,
    register,
)
from sgnn.penalties._registry import PENALTIES
from sgnn.penalties.l1 import AbsoluteValue
from sgnn.proximal.build import build_terms
from tests.penalties.needed import needed
from tests.penalties.outside import Ridge, show

DTYPES = [torch.float32, torch.float64]


class ScaledL1(Penalty):
    """The lasso from outside the package, which says needlessly that single weights have a size."""

    def pieces(self):
        return [Piece(AbsoluteValue(), "weights", weight=2.0, size_scaling=True)]


NEEDED = needed((0, 1))


def forms(penalty, **parameters):
    """A penalty as it is, and on every other kind of group that it takes.

    A sum over groups that overlap is solved exactly where it is convex.
    """
    one = penalty(**parameters)
    found = [one]
    for groups in (*AROUND_UNITS, "weights", "both"):
        if getattr(one, "groups", groups) != groups:
            other = penalty(**parameters, groups=groups)
            try:
                other.pieces()
            except ValueError:
                continue
            if groups != "both" or is_convex(other):
                found.append(other)
    return found


def registered(name):
    return forms(PENALTIES[name], **NEEDED.get(name, {}))


def pieces(penalty):
    return [piece for one in get_penalty(penalty) for piece in one.pieces()]


def is_convex(penalty):
    return all(piece.shape.convex for piece in pieces(penalty))


# Penalties with other parameters, from outside of the package, and sums.
VARIANTS = [
    GroupLasso(size_scaling=False),
    SparseGroupLasso(0.7, groups="incoming", size_scaling=False),
    MCP(0.6, groups="weights"),
    LogSum(0.5, groups="weights"),
    ElasticNet(0.0),
    TransformedL1(0.05, groups="outgoing"),
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
    [L1(), GroupLasso(groups="both")],
    [GroupLasso(), GroupLasso(groups="incoming", size_scaling=False)],
    SparseGroupLasso(0.5, layers="cges"),
    NeuronLasso(0.4),
    CGES(0.4, groups="incoming"),
    IntegratedTransformedL1(0.1, 0.4),
    L1MinusL2(0.5, groups="incoming"),
    GroupGraph([(0, 1)], difference="weights"),
    GraphLogSum([(0, 1)], eps=0.5, spread=2.0),
    GroupLasso(fraction=0.5),
    SparseGroupLasso(0.5, fraction=0.5),
    LogSum(groups="weights", fraction=0.5),
    GroupLasso(layers="input"),
]
FORMS = [registered(name) for name in available()]
ON_OTHER_GROUPS = [form for _, *others in FORMS for form in others]
OWN = [own for own, *_ in FORMS]
EVERY = [*OWN, *ON_OTHER_GROUPS, *VARIANTS]
CONVEX = [penalty for penalty in EVERY if is_convex(penalty)]


# Shapes of the penalties above, and some at the ends of their parameters, each once.
SHAPES = {
    (type(shape).__module__, show(shape)): shape
    for shape in [
        *(piece.shape for penalty in EVERY for piece in pieces(penalty)),
        *(MCP(gamma).shape() for gamma in (0.3, 1.0, 1.2)),
        *(LogSum(eps).shape() for eps in (0.001, 0.01, 2.0)),
        *(SCAD(gamma).shape() for gamma in (2.01, 2.5, 50.0)),
        *(TransformedL1(a).shape() for a in (1e-3, 0.1, 20.0, 1e6)),
        *(ElasticNet(l1_ratio).pieces()[0].shape for l1_ratio in (0.2, 0.9, 1.0)),
        *(CappedL1(theta).shape() for theta in (0.02, 0.1, 0.5, 3.0)),
    ]
}.values()


def depends_on_network(shape):
    return shape.on_network((7, 2)) != shape


SCALAR_SHAPES = [shape for shape in SHAPES if not shape.by_rows]
ROW_SHAPES = [shape for shape in SHAPES if shape.by_rows and not depends_on_network(shape)]
every_penalty = pytest.mark.parametrize("penalty", EVERY, ids=show)
every_scalar_shape = pytest.mark.parametrize("shape", SCALAR_SHAPES, ids=show)
every_row_shape = pytest.mark.parametrize("shape", ROW_SHAPES, ids=show)
AREAS = [1e-8, 1e-4, 0.02, 0.3, 2.0]

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


def settings(penalty):
    """The settings for a penalty: some on groups that are not its own, with blocks where it can.

    Of the variants, each setting has every third.
    """
    has_blocks, numbers = takes_blocks(penalty), range(len(SETTINGS))
    if penalty in ON_OTHER_GROUPS:
        numbers = (1, 2)
    elif penalty in VARIANTS:
        numbers = numbers[VARIANTS.index(penalty) % 3 :: 3]
    for number in numbers:
        if SETTINGS[number][1] is None or has_blocks:
            yield number, SETTINGS[number]


def takes_blocks(penalty):
    try:
        for one in get_penalty(penalty):
            one.check((3, 1), np.array([0, 1, 0]))
    except ValueError:
        return False
    return "outgoing" in {piece.groups for piece in pieces(penalty)}


def make_network(*sizes, seed=0, scale=1.0, dtype=torch.float64):
    network = Parameters(sizes, dtype, torch.device("cpu"))
    draw = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(network.flat), generator=draw, dtype=torch.float64)
    network.flat.copy_(scale * noise)
    return network


def copy_of(network):
    result = network.zeros_like()
    result.flat.copy_(network.flat)
    return result


def terms_of(penalty, network, alpha, blocks=None):
    return build_terms(get_penalty(penalty), network, alpha, blocks)


def value(penalty, network, alpha, blocks=None):
    return float(terms_of(penalty, network, alpha, blocks).value(network))


def prox(penalty, network, alpha, step=1.0):
    result = copy_of(network)
    terms_of(penalty, network, alpha).prox_(result, step)
    return result.flat


class Objective:
    """½‖z - x‖² in the metric of the step, plus the penalty, as a function of a numpy vector."""

    def __init__(self, terms, network, step):
        self.terms = terms
        self.network = copy_of(network)
        self.n = len(network.flat if terms.metric.with_bias else network.weights)
        self.z = self.network.flat[: self.n].numpy()
        self.x = self.z.copy()
        self.steps = step if isinstance(step, float) else self._spread(step)

    def _spread(self, step):
        spread = self.network.zeros_like()
        for index, layer in enumerate(spread.layers):
            layer.weight.copy_(self.terms.metric.spread(step, index).expand_as(layer.weight))
            if self.terms.metric.with_bias:
                layer.bias.copy_(step[self.terms.metric.slices[index]])
        return spread.flat[: self.n].numpy()

    def __call__(self, z):
        self.z[:] = z
        move = z - self.x
        return 0.5 * float(move @ (move / self.steps)) + self.terms.value(self.network)

    def brute_force(self, found):
        """Return the least value that searches from the most promising start come down to.

        The starts are `found`, also with entries replaced by 0 or by their value before the prox,
        that value itself, 0, and noise.
        """
        x, rng = self.x, np.random.RandomState(0)
        starts = [x, np.zeros_like(x), *(x * rng.uniform(-0.2, 1.2, (30, len(x))))]
        for values in (x, np.zeros_like(x)):
            starts += [np.where(rng.rand(len(x)) < 0.5, values, found) for _ in range(10)]
        starts = [found, min(starts, key=self)]
        options = {"xtol": 1e-6, "ftol": 1e-12, "maxfev": 500}
        return min(minimize(self, start, method="Powell", options=options).fun for start in starts)


def assert_joint_prox_is_minimiser(terms, network, step):
    objective = Objective(terms, network, step)
    result = copy_of(network)
    terms.prox_(result, step)
    found = result.flat[: objective.n].numpy().copy()
    with torch.inference_mode():
        assert objective(found) <= objective.brute_force(found) + 1e-9
    assert torch.equal(result.flat[objective.n :], network.flat[objective.n :])


def check_on_network(penalty, sizes, blocks, step, alpha, by_group):
    network = make_network(*sizes, seed=int(10 * step))
    terms = terms_of(penalty, network, alpha, blocks)
    if by_group:
        step = step * torch.linspace(0.5, 1.5, len(terms.metric.sizes), dtype=torch.float64)
    assert_joint_prox_is_minimiser(terms, network, step)


@pytest.mark.parametrize(
    ("penalty", "setting"),
    [
        pytest.param(penalty, setting, id=f"{show(penalty)}-{number}")
        for penalty in EVERY
        for number, setting in settings(penalty)
    ],
)
def test_joint_prox_is_the_minimiser_found_by_brute_force(penalty, setting):
    check_on_network(penalty, *setting)


@pytest.mark.parametrize(
    ("penalty", "step", "alpha"),
    [
        pytest.param(penalty, step, alpha, id=f"{show(penalty)}-{step}-{alpha}")
        for penalty in EVERY
        for step, alpha in ((0.5, 0.5), (4.0, 0.3))
        if step > 1 or penalty in OWN
    ],
)
def test_joint_prox_is_the_minimiser_just_where_the_last_group_becomes_zero(penalty, step, alpha):
    """Where some group never does, all of them are small."""
    direction = make_network(2, 2, seed=7)
    terms = terms_of(penalty, direction, alpha)

    def scaled(factor):
        network = copy_of(direction)
        network.flat.mul_(factor)
        return network

    low, high = 0.0, 100.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        network = scaled(middle)
        terms.prox_(network, step)
        low, high = (middle, high) if (network.weights == 0).all() else (low, middle)
    assert low < 99
    for factor in (0.97 * low, 1.03 * low) if low > 0 else (0.1,):
        assert_joint_prox_is_minimiser(terms, scaled(factor), step)


def check_scalar_shape(shape, step, strength):
    """The prox beats every point of a dense grid, and every point near it."""
    x = torch.linspace(-4, 4, 65, dtype=torch.float64)[:, None]
    z = torch.linspace(-4.2, 4.2, 4200, dtype=torch.float64)
    z = torch.cat([z, torch.zeros(1, dtype=torch.float64)])
    found = shape.prox(x, step, strength)

    def objective(z):
        return (z - x).square() / (2 * step) + shape.value(z, strength)

    reached = objective(found)
    assert (reached <= objective(z).amin(1, keepdim=True) + 1e-9).all()
    distances = torch.logspace(-7, 0, 29, dtype=torch.float64)
    near = objective(found + torch.cat([distances, -distances]))
    assert (reached <= near + 1e-13 * (1 + 16 / step)).all()
    assert (found.diff(dim=0) >= 0).all(), "monotone"
    assert (found.abs() <= x.abs()).all(), "shrinks"
    torch.testing.assert_close(shape.prox(-x, step, strength), -found, rtol=0, atol=0)
    values = shape.value(z, strength)
    assert shape.value(0 * z, strength).tolist() == [0] * len(z)
    assert (values >= 0).all()
    assert torch.equal(shape.value(-z, strength), values)


STEPS, STRENGTHS = (0.01, 0.3, 1.0, 5.0), (0.05, 0.5, 2.0)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("step", STEPS)
@every_scalar_shape
def test_a_scalar_prox_is_the_minimiser_found_by_brute_force(shape, step, strength):
    check_scalar_shape(shape, step, strength)


def check_row_shape(shape, step, strength, n_members):
    """The prox of short rows beats every point of a grid, all supports, and points near it."""
    rng, lengths = np.random.RandomState(n_members), {1: 601, 2: 61, 3: 17}
    line = np.linspace(-1.5, 1.5, lengths[n_members])
    grid = np.array(list(product(line, repeat=n_members)))
    masks = np.array(list(product([0, 1], repeat=n_members)))
    near = rng.randn(200, n_members) * np.logspace(-6, 0, 200)[:, None]
    for row in (rng.randn(n_members), 3 * rng.randn(n_members), np.ones(n_members)):
        x = torch.from_numpy(np.abs(row)[None])
        found = shape.prox(x, step, strength)
        supports = [factor * masks * z.numpy() for z in (x, found) for factor in (0.5, 1.0, 1.2)]
        candidates = torch.from_numpy(np.abs(np.vstack([grid, *supports, found.numpy() + near])))
        candidates = torch.cat([candidates, found])
        distances = (candidates - x).square().sum(1) / (2 * step)
        *others, reached = (distances + shape.value(candidates, strength)).tolist()
        assert reached <= min(others) + 1e-13 * (1 + float(x.square().sum()) / step)


@pytest.mark.parametrize("n_members", [1, 2, 3])
@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("step", STEPS)
@every_row_shape
def test_the_prox_of_a_row_is_the_minimiser_found_by_brute_force(shape, step, strength, n_members):
    check_row_shape(shape, step, strength, n_members)


@pytest.mark.parametrize("shape", SHAPES, ids=show)
def test_a_shape_is_what_it_says_of_itself(shape):
    """Homogeneous shapes grow with their argument, convex ones lie under their chords."""
    shape, rng = shape.on_network((4, 1)), np.random.RandomState(0)
    one, other = (torch.from_numpy(rng.standard_t(3, (400, 1, 4))) for _ in range(2))

    def values(points):
        return torch.stack([shape.value(rows, 0.7).sum() for rows in points])

    if shape.homogeneous:
        torch.testing.assert_close(values(2.5 * one), 2.5 * values(one))
    if shape.convex:
        chord = 0.3 * values(one) + 0.7 * values(other)
        assert (values(0.3 * one + 0.7 * other) <= chord + 1e-12).all()


# What a wrong method makes of that of the shape.
FAULTS = {
    "twice the step": {"prox": lambda prox, x, step, strength: prox(x, 2 * step, strength)},
    "half the step": {"prox": lambda prox, x, step, strength: prox(x, step / 2, strength)},
    "no step": {"prox": lambda prox, x, step, strength: prox(x, 0 * step + 1, strength)},
    "twice the value": {"value": lambda value, x, strength: 2 * value(x, strength)},
    "no strength": {"value": lambda value, x, strength: value(x, 0 * strength + 1)},
}


def spoilt(shape, fault):
    """A shape like another, but for a fault."""

    def method(name, wrong):
        return lambda self, *arguments: wrong(getattr(super(Spoilt, self), name), *arguments)

    methods = {name: method(name, wrong) for name, wrong in FAULTS[fault].items()}
    Spoilt = type("Spoilt", (type(shape),), {**methods, "prox_plus_norm": None})
    result = copy.copy(shape)
    object.__setattr__(result, "__class__", Spoilt)
    return result


def check_alone(shape):
    for step, strength in product((0.3, 5.0), STRENGTHS):
        if shape.by_rows:
            check_row_shape(shape, step, strength, 3)
        else:
            check_scalar_shape(shape, step, strength)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("shape", [*SCALAR_SHAPES, *ROW_SHAPES], ids=show)
def test_a_wrong_prox_or_value_is_found_by_brute_force(shape, fault):
    with pytest.raises(AssertionError):
        check_alone(spoilt(shape, fault))


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(PENALTIES, "_entries", dict(PENALTIES._entries))


def check_by_name(name):
    """The brute force that a name in the registry is tested by."""
    assert name in available()
    for penalty in registered(name):
        for _, setting in settings(penalty):
            check_on_network(penalty, *setting)


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("fault", ["twice the step", "twice the value"])
@pytest.mark.parametrize("name", available())
def test_a_wrong_prox_or_value_is_found_by_the_name_of_a_penalty(monkeypatch, name, fault):
    cls = PENALTIES[name]

    class Own(cls):
        def pieces(self):
            return [replace(one, shape=spoilt(one.shape, fault)) for one in super().pieces()]

    register("own", Own)
    monkeypatch.setitem(NEEDED, "own", NEEDED.get(name, {}))
    with pytest.raises(AssertionError):
        check_by_name("own")


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
    GraphLogSum(GRAPH, spread=0.7),
    GroupGraph([(0, 1, 2.0), (1, 2)], smoothing=0.3),
    GraphLogSum([(0, 1, 2.0), (1, 2)]),
]


@pytest.mark.parametrize("blocks", [None, np.array([0, 1, 0, 1, 2])], ids=["alone", "blocks"])
@pytest.mark.parametrize("penalty", [*EVERY, *PARTIAL], ids=show)
def test_the_units_that_are_left_are_penalised_as_before(penalty, blocks):
    """Value and prox of a network with dead units are those of the network without them."""
    if blocks is not None and isinstance(penalty, GroupGraph | GraphLogSum):
        try:
            penalty.check((5, 4, 3, 2), blocks)
        except ValueError:
            pytest.skip("the graph has other nodes")
    full = make_network(5, 4, 3, 2, seed=3)
    masks = [1, 0, 1, 0, 1], [1, 1, 0, 1], [0, 1, 1], [1, 1]
    kept = [np.array(mask, dtype=bool) for mask in masks]
    for layer, (before, after) in zip(full.layers, pairwise(kept), strict=True):
        layer.weight.mul_(torch.from_numpy(np.outer(before, after)))
        layer.bias.mul_(torch.from_numpy(after))
    small = Parameters([int(mask.sum()) for mask in kept], torch.float64, torch.device("cpu"))
    small.flat.fill_(1)
    marks = full.zeros_like()
    marks.put(kept, small)
    where = marks.flat.nonzero()[:, 0]
    small.flat.copy_(full.flat[where])
    pilot = make_network(5, 4, 3, 2, seed=4)
    terms = build_terms(get_penalty(penalty), full, 0.3, blocks, seed=1, pilot=pilot)
    terms_left = terms.on_units(kept, small)
    assert terms_left.value(small) == pytest.approx(terms.value(full), rel=1e-12)
    steps = 0.3 + torch.rand(len(terms.metric.sizes), generator=torch.Generator().manual_seed(0))
    survivors = terms.metric.survivors(kept)
    assert torch.equal(terms_left.metric.sizes, terms.metric.sizes[survivors])
    for step, step_left in ((0.7, 0.7), (steps.double(), steps.double()[survivors])):
        after, after_left = copy_of(full), copy_of(small)
        terms.prox_(after, step)
        terms_left.prox_(after_left, step_left)
        np.testing.assert_allclose(after_left.flat, after.flat[where], rtol=1e-9, atol=1e-9)
        outside = np.ones(len(full.flat), dtype=bool)
        outside[where] = False
        assert not after.flat[outside].any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("alpha", [0.0, 0.1])
@every_penalty
def test_zero_costs_nothing_and_stays_zero(penalty, alpha, dtype):
    network = make_network(3, 2, scale=0.0, dtype=dtype)
    assert value(penalty, network, alpha) == 0
    assert (prox(penalty, network, alpha) == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1e-3, 1.0, 50.0])
@every_penalty
def test_without_strength_the_prox_is_the_identity(penalty, step, dtype):
    network = make_network(3, 2, dtype=dtype)
    network.layers[0].weight[1] = 0
    assert torch.equal(prox(penalty, network, 0.0, step), network.flat)


@pytest.mark.parametrize("step", [1, np.int64(1), np.float32(0.5), np.float64(0.5)], ids=repr)
@every_penalty
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


@every_penalty
def test_single_precision_agrees_with_double(penalty):
    single, double = make_network(30, 4, dtype=torch.float32), make_network(30, 4)
    double.flat.copy_(single.flat)
    for step in (0.01, 1.0):
        for alpha in np.logspace(-8, -1, 8).tolist():
            result = prox(penalty, single, alpha, step).double()
            expected = prox(penalty, double, alpha, step)
            torch.testing.assert_close(result, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("strength", [1e-8, 1e-5, 1e-3, 0.1])
@pytest.mark.parametrize("step", [1e-6, 0.01, 1.0, 3.0, 50.0])
@every_scalar_shape
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


@pytest.mark.parametrize("dtype", DTYPES)
@every_scalar_shape
def test_without_step_or_strength_every_magnitude_stays_bit_for_bit(shape, dtype):
    magnitudes = torch.cat([torch.zeros(1), torch.logspace(-15, 3, 200)]).to(dtype)
    x = torch.cat([magnitudes, -magnitudes])
    for step, strength in [(0.0, 0.7), (2.0, 0.0), (60.0, 0.0), (0.0, 0.0)]:
        assert torch.equal(shape.prox(x, step, strength), x)
        assert torch.equal(shape.prox(x, torch.full_like(x, step), strength), x)


@every_scalar_shape
def test_steps_of_their_own_and_one_step_give_the_same(shape):
    """Steps of a tensor on both sides of every case, also broadcast over rows."""
    x = torch.linspace(-3, 3, 41, dtype=torch.float64).repeat(30, 1)
    before = x.clone()
    steps = torch.logspace(-3, 2, 30, dtype=torch.float64)[:, None]
    found = shape.prox(x, steps, 0.4)
    for row, step in zip(found, steps.ravel().tolist(), strict=True):
        torch.testing.assert_close(row, shape.prox(x[0], step, 0.4), rtol=0, atol=1e-13)
    assert torch.equal(x, before)


def draw_rows(n_rows, n_members, seed=0, dtype=torch.float64):
    rng = np.random.RandomState(seed)
    return torch.from_numpy(rng.standard_t(4, (n_rows, n_members))).to(dtype)


@pytest.mark.parametrize("area", [0.0, *AREAS])
@pytest.mark.parametrize("n_members", [1, 4, 1000])
@every_row_shape
def test_rows_in_single_precision_agree_with_double(shape, n_members, area):
    single = draw_rows(5, n_members, dtype=torch.float32)
    found, expected = (shape.prox(x, 1.0, area) for x in (single, single.double()))
    assert found.dtype == torch.float32
    scale = float(single.abs().max())
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-6 * scale)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("area", AREAS)
@every_row_shape
def test_rows_of_zeros_stay_zero_beside_others(shape, area, dtype):
    x = draw_rows(4, 20, dtype=dtype)
    alone = shape.prox(x[[0, 2]], 1.0, area)
    x[[1, 3]] = 0
    found = shape.prox(x, 1.0, area)
    assert (found[[1, 3]] == 0).all()
    torch.testing.assert_close(
        found[[0, 2]], alone, rtol=0, atol=1e-14 if x.dtype.itemsize == 8 else 1e-6
    )
    assert shape.value(x, area)[[1, 3]].tolist() == [0, 0]


@pytest.mark.parametrize("area", AREAS)
@every_row_shape
def test_zeros_at_the_end_of_a_row_change_nothing(shape, area):
    x = draw_rows(3, 30)
    padded = torch.cat([x, x.new_zeros(3, 25)], dim=1)
    found = shape.prox(padded, 1.0, area)
    assert (found[:, 30:] == 0).all()
    torch.testing.assert_close(found[:, :30], shape.prox(x, 1.0, area), rtol=0, atol=1e-13)
    torch.testing.assert_close(shape.value(padded, area), shape.value(x, area), rtol=1e-13, atol=0)


@pytest.mark.parametrize("area", AREAS)
@every_row_shape
def test_the_sign_of_each_entry_is_kept_and_its_size_does_not_depend_on_it(shape, area):
    x = draw_rows(3, 40)
    signs = torch.from_numpy(np.random.RandomState(2).choice([-1.0, 1.0], (3, 40)))
    expected = signs * shape.prox(x, 1.0, area)
    torch.testing.assert_close(shape.prox(signs * x, 1.0, area), expected, rtol=0, atol=1e-15)
    assert (expected * signs * x >= 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("step", "strength"), [(0.0, 0.7), (0.7, 0.0), (None, 0.7)])
@every_row_shape
def test_without_step_or_strength_no_row_moves(shape, step, strength, dtype):
    x = draw_rows(3, 40, dtype=dtype)
    x[:, ::4] = 0
    steps = torch.tensor([[0.0], [0.5], [0.0]], dtype=dtype) if step is None else step
    found = shape.prox(x, steps, strength)
    rows = [0, 2] if step is None else [0, 1, 2]
    assert torch.equal(found[rows], x[rows])
    if step is None:
        assert not torch.equal(found[1], x[1])


@every_row_shape
def test_a_batch_of_rows_gives_what_each_row_gives(shape):
    x = draw_rows(12, 60) * torch.logspace(-3, 3, 12, dtype=torch.float64)[:, None]
    steps = torch.logspace(-4, 1, 12, dtype=torch.float64)[torch.randperm(12)][:, None]
    found = shape.prox(x, steps, 0.4)
    values = shape.value(x, 0.4)
    for i in range(12):
        alone = shape.prox(x[i : i + 1], float(steps[i]), 0.4)
        scale = float(x[i].abs().max())
        torch.testing.assert_close(found[i : i + 1], alone, rtol=0, atol=1e-12 * scale)
        torch.testing.assert_close(values[i : i + 1], shape.value(x[i : i + 1], 0.4))
