"""Values, thresholds and proxes of our penalties, written out or by other packages."""

import numpy as np
import pyproximal
import pytest
import torch
from scipy.optimize import brentq

from sgnn import SparseMLPRegressor
from sgnn.networks.parameters import Parameters
from sgnn.penalties import (
    L0,
    L1,
    MCP,
    SCAD,
    CappedL1,
    ElasticNet,
    GroupLasso,
    LHalf,
    LogSum,
    LTwoThirds,
    SparseGroupLasso,
    TransformedL1,
    get_penalty,
    register,
)
from sgnn.penalties._registry import PENALTIES
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
from tests.penalties.outside import Ridge, show


def make_network(*sizes):
    network = Parameters(sizes, torch.float64, torch.device("cpu"))
    draw = torch.Generator().manual_seed(0)
    network.flat.copy_(torch.randn(len(network.flat), generator=draw, dtype=torch.float64))
    return network


def terms_of(penalty, network, alpha, blocks=None):
    return build_terms(get_penalty(penalty), network, alpha, blocks)


def value(penalty, network, alpha, blocks=None):
    return float(terms_of(penalty, network, alpha, blocks).value(network))


def prox(penalty, network, alpha, step=1.0):
    result = network.zeros_like()
    result.flat.copy_(network.flat)
    terms_of(penalty, network, alpha).prox_(result, step)
    return result.flat


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
    monkeypatch.setattr(PENALTIES, "_entries", dict(PENALTIES._entries))
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
