"""Every penalty against brute force: its prox minimises what its value says, on any structure."""

from dataclasses import dataclass

import numpy as np
import pyproximal
import pytest
import torch
from scipy.optimize import brentq, minimize

from sgnn import SparseMLPRegressor
from sgnn.groups import SingleWeights
from sgnn.penalties import (
    L1,
    MCP,
    GroupLasso,
    LogSum,
    Penalty,
    Piece,
    Shape,
    SparseGroupLasso,
    _registry,
    get_penalty,
    register,
)
from sgnn.penalties.l1 import AbsoluteValue
from sgnn.penalties.log_sum import Logarithm
from sgnn.penalties.mcp import MinimaxConcave
from sgnn.penalties.terms import build_terms
from sgnn.training.parameters import Layer, Parameters


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


# One line per penalty or sum of penalties: all tests below run over this list.
PENALTIES = [
    L1(),
    GroupLasso(),
    GroupLasso("incoming"),
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
    Ridge(),
    [L1(), GroupLasso()],
    [L1(), MCP()],
    [L1(), MCP(0.6, groups="weights")],
    [L1(), LogSum(groups="incoming")],
    [GroupLasso(), LogSum()],
    [SparseGroupLasso(0.5), MCP(1.0, size_scaling=False)],
]
CONVEX = [L1(), GroupLasso(), GroupLasso("incoming"), SparseGroupLasso(0.3), Ridge()]
SHAPES = [
    AbsoluteValue(),
    MinimaxConcave(0.3),
    MinimaxConcave(1.0),
    MinimaxConcave(3.0),
    Logarithm(0.001),
    Logarithm(0.1),
    Logarithm(2.0),
    HalfSquare(),
]

# Entries of the layer, its blocks of inputs, and whether the metric differs from group to group.
# The steps reach beyond gamma, and beyond where the log-sum prox becomes discontinuous.
LAYOUTS = [((2, 2), None), ((3, 1), [0, 1, 0])]
SETTINGS = [(0.05, 0.5, False), (0.7, 0.3, True), (2.0, 0.2, False), (6.0, 0.1, True)]


def show(value):
    return repr(value).replace("\n", " ")


def make_layer(n_in, n_out, seed=0, dtype=torch.float64):
    draw = torch.Generator().manual_seed(seed)
    weight = torch.randn(n_in, n_out, generator=draw, dtype=torch.float64)
    return Layer(
        weight.to(dtype), torch.randn(n_out, generator=draw, dtype=torch.float64).to(dtype)
    )


def copy(layer):
    return Layer(layer.weight.clone(), layer.bias.clone())


def network_of(layer):
    network = Parameters(layer.weight.shape, layer.weight.dtype, layer.weight.device)
    network.layers[0].weight.copy_(layer.weight)
    network.layers[0].bias.copy_(layer.bias)
    return network


class OneLayer:
    """The terms of a network of one layer, seen from that layer."""

    def __init__(self, penalty, layer, alpha, blocks):
        self._terms = build_terms(get_penalty(penalty), network_of(layer), alpha, blocks)
        self.metric = self._terms.metric

    def value(self, layer):
        return self._terms.value(network_of(layer))

    def prox_(self, layer, step):
        network = network_of(layer)
        self._terms.prox_(network, step)
        layer.weight.copy_(network.layers[0].weight)
        layer.bias.copy_(network.layers[0].bias)


def terms_of(penalty, layer, alpha, blocks=None):
    return OneLayer(penalty, layer, alpha, blocks)


def prox(penalty, layer, alpha, step=1.0, blocks=None):
    result = copy(layer)
    terms_of(penalty, layer, alpha, blocks).prox_(result, step)
    return result


def assert_same_layer(actual, expected, **tolerance):
    torch.testing.assert_close(actual.weight, expected.weight, **tolerance)
    torch.testing.assert_close(actual.bias, expected.bias, **tolerance)


class Objective:
    """½‖z - x‖² in the metric of the step, plus the penalty, as a function of a numpy vector."""

    def __init__(self, terms, layer, step):
        self.terms, self.layer, self.shape = terms, layer, layer.weight.shape
        self.steps = step
        if torch.is_tensor(step):
            single = isinstance(terms.metric, SingleWeights)
            self.steps = step.view(self.shape) if single else terms.metric.spread(step, 0)
        self.steps_of_bias = step
        self.with_bias = terms.metric.with_bias

    def pack(self, layer):
        parts = [layer.weight.ravel(), layer.bias] if self.with_bias else [layer.weight.ravel()]
        return torch.cat(parts).numpy()

    def __call__(self, z):
        z = torch.from_numpy(z)
        weight = z[: self.shape.numel()].view(self.shape)
        layer = Layer(weight, z[self.shape.numel() :] if self.with_bias else self.layer.bias)
        distance = ((weight - self.layer.weight).square() / self.steps).sum()
        if self.with_bias:
            distance += ((layer.bias - self.layer.bias).square() / self.steps_of_bias).sum()
        return float(0.5 * distance + self.terms.value(layer))

    def brute_force(self, found):
        """Return the least value that searches from the most promising starts come down to.

        The starts are `found`, also with a row or a column replaced by 0 or by its value before
        the prox, that value itself, 0, and noise.
        """
        x, rng = self.pack(self.layer), np.random.RandomState(0)
        starts = [x, np.zeros_like(x), *(x * rng.uniform(-0.2, 1.2, (30, len(x))))]
        where = np.arange(self.shape.numel()).reshape(self.shape)
        for part in (*where, *where.T):
            for value in (x, np.zeros_like(x)):
                start = found.copy()
                start[part] = value[part]
                starts.append(start)
        starts = [found, *sorted(starts, key=self)[:2]]
        options = {"xtol": 1e-6, "ftol": 1e-12, "maxfev": 500}
        return min(minimize(self, start, method="Powell", options=options).fun for start in starts)


def cases():
    for penalty in PENALTIES:
        outgoing = any(p.groups == "outgoing" for one in get_penalty(penalty) for p in one.pieces())
        for sizes, blocks in LAYOUTS[: 1 + outgoing]:
            for step, alpha, by_group in SETTINGS:
                name = f"{show(penalty)}-{'blocks' if blocks else 'units'}-step{step}"
                yield pytest.param(penalty, sizes, blocks, step, alpha, by_group, id=name)


@pytest.mark.parametrize(("penalty", "sizes", "blocks", "step", "alpha", "by_group"), list(cases()))
def test_joint_prox_is_the_minimiser_found_by_brute_force(
    penalty, sizes, blocks, step, alpha, by_group
):
    layer = make_layer(*sizes, seed=int(10 * step))
    terms = terms_of(penalty, layer, alpha, blocks)
    if by_group:
        like = terms.metric.sizes
        step = step * torch.linspace(0.5, 1.5, like.numel(), dtype=like.dtype).view(like.shape)
    objective = Objective(terms, layer, step)
    result = copy(layer)
    terms.prox_(result, step)
    found = objective.pack(result)
    with torch.inference_mode():
        assert objective(found) <= objective.brute_force(found) + 1e-9
    if not objective.with_bias:
        torch.testing.assert_close(result.bias, layer.bias, rtol=0, atol=0)


@pytest.mark.parametrize("strength", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("step", [0.01, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("shape", SHAPES, ids=show)
def test_scalar_prox_beats_every_point_of_a_dense_grid(shape, step, strength):
    x = torch.linspace(-4, 4, 97, dtype=torch.float64)[:, None]
    z = torch.linspace(-4.2, 4.2, 8401, dtype=torch.float64)
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


@pytest.mark.parametrize("strength", [0.01, 0.8])
@pytest.mark.parametrize("step", [0.01, 0.4, 3.0, 20.0])
@pytest.mark.parametrize(
    ("shape", "threshold"),
    [
        (AbsoluteValue(), lambda step, s: step * s),
        *((MinimaxConcave(gamma), mcp_threshold(gamma)) for gamma in (0.3, 3.0)),
        *((Logarithm(eps), log_sum_threshold(eps)) for eps in (0.01, 0.5)),
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


def norms(values, structure):
    """Group norms and sizes, written out with numpy."""
    weight, bias = values.weight.numpy(), values.bias.numpy()
    if structure == "weights":
        return np.abs(weight).ravel(), np.ones(weight.size)
    if structure == "incoming":
        weight = np.vstack([weight, bias]).T
    return np.sqrt((weight**2).sum(axis=1)), np.full(len(weight), weight.shape[1])


def reference_mcp(r, alpha, gamma):
    return np.where(r <= gamma * alpha, alpha * r - r**2 / (2 * gamma), gamma * alpha**2 / 2)


@pytest.mark.parametrize(
    ("penalty", "pieces"),
    [
        (L1(), [("weights", 1, 0, lambda r, a: a * r)]),
        (GroupLasso(), [("outgoing", 1, 1, lambda r, a: a * r)]),
        (GroupLasso("incoming"), [("incoming", 1, 1, lambda r, a: a * r)]),
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
    layer = make_layer(4, 3)
    expected = 0.0
    for structure, weight, scaled, formula in pieces:
        r, sizes = norms(layer, structure)
        expected += (weight * sizes ** (scaled / 2) * formula(r, alpha)).sum()
    assert float(terms_of(penalty, layer, alpha).value(layer)) == pytest.approx(expected, rel=1e-13)


def test_blocks_weigh_by_the_root_of_all_their_weights():
    layer = make_layer(3, 2)
    weight = layer.weight.numpy()
    expected = 2 * np.linalg.norm(weight[[0, 2]]) + 2**0.5 * np.linalg.norm(weight[1])
    value = terms_of(GroupLasso(), layer, 0.7, blocks=[0, 1, 0]).value(layer)
    assert float(value) == pytest.approx(0.7 * expected, rel=1e-14)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_zero_costs_nothing_and_stays_zero(penalty, alpha, dtype):
    layer = Layer(torch.zeros(3, 2, dtype=dtype), torch.zeros(2, dtype=dtype))
    assert float(terms_of(penalty, layer, alpha).value(layer)) == 0
    assert_same_layer(prox(penalty, layer, alpha), layer, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("step", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_without_strength_the_prox_is_the_identity(penalty, step, dtype):
    layer = make_layer(3, 2, dtype=dtype)
    layer.weight[1] = 0
    assert_same_layer(prox(penalty, layer, 0.0, step), layer, rtol=0, atol=0)


@pytest.mark.parametrize("step", [1, np.int64(1), np.float32(0.5), np.float64(0.5)], ids=repr)
@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_a_step_may_be_any_real_number(penalty, step):
    layer = make_layer(3, 2)
    expected = prox(penalty, layer, 0.2, float(step))
    assert_same_layer(prox(penalty, layer, 0.2, step), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("penalty", CONVEX, ids=show)
def test_the_prox_of_a_convex_penalty_is_non_expansive(penalty):
    for seed, distance in enumerate([1e-6, 1e-3, 0.1, 1.0, 10.0] * 4):
        one, direction = make_layer(4, 3, seed), make_layer(4, 3, seed + 100)
        other = Layer(
            one.weight + distance * direction.weight, one.bias + distance * direction.bias
        )
        before = gap(one, other)
        assert gap(prox(penalty, one, 0.4), prox(penalty, other, 0.4)) <= before * (1 + 1e-12)


def gap(one, other):
    squares = (one.weight - other.weight).square().sum() + (one.bias - other.bias).square().sum()
    return float(squares.sqrt())


@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_single_precision_agrees_with_double(penalty):
    single = make_layer(30, 4, dtype=torch.float32)
    double = Layer(single.weight.double(), single.bias.double())
    for step in (0.01, 1.0):
        for alpha in np.logspace(-8, -1, 15):
            expected = prox(penalty, double, float(alpha), step)
            result = prox(penalty, single, float(alpha), step)
            rounded = Layer(result.weight.double(), result.bias.double())
            assert_same_layer(rounded, expected, rtol=0, atol=1e-6)


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
        (["l1", "group_lasso"], 0.15, SparseGroupLasso(0.5), 0.3, 3),
        (["l1", "l1"], 0.15, "l1", 0.3, 3),
        (["group_lasso", "group_lasso"], 0.15, "group_lasso", 0.3, 3),
    ],
    ids=show,
)
def test_two_ways_to_write_the_same_penalty_agree(one, alpha, other, other_alpha, n_out):
    layer = make_layer(6, n_out)
    for step in (0.1, 1.0, 4.0):
        expected = prox(other, layer, other_alpha, step)
        assert_same_layer(prox(one, layer, alpha, step), expected, rtol=0, atol=1e-8)
    values = [
        float(terms_of(*pair, layer, strength).value(layer))
        for pair, strength in (((one,), alpha), ((other,), other_alpha))
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-8)


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
    layer = make_layer(40, 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = oracle(layer.weight.numpy(), step)
    result = prox(penalty, layer, 0.3, step).weight.numpy()
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(result != 0, expected != 0)


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        ([GroupLasso(), GroupLasso("incoming")], "outgoing and incoming groups .* overlap"),
        ([L1(), MCP(groups="incoming"), LogSum()], "outgoing and incoming groups .* overlap"),
        ([MCP(), LogSum()], "no exact joint prox .* only one penalty of a list"),
        ([MCP(), MCP(2.0)], "no exact joint prox"),
        ([MCP(groups="weights"), GroupLasso()], "MinimaxConcave.*no exact joint prox"),
        ([LogSum(groups="weights"), SparseGroupLasso()], "Logarithm.*no exact joint prox"),
    ],
    ids=show,
)
def test_sums_without_an_exact_joint_prox_are_refused(penalty, message):
    with pytest.raises(ValueError, match=f"penalty: .*{message}"):
        terms_of(penalty, make_layer(3, 2), 0.1)
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
