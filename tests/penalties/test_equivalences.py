"""Two ways to write one penalty, and operators of other packages where these are right."""

import sys
from contextlib import contextmanager
from itertools import pairwise

import numba
import numpy as np
import pyproximal
import pytest
import torch

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
    GroupHoyerSquare,
    GroupLasso,
    HoyerSquare,
    IntegratedTransformedL1,
    L1MinusL2,
    LHalf,
    LogSum,
    LTwoThirds,
    NeuronLasso,
    SparseGroupLasso,
    TransformedL1,
    get_penalty,
)
from sgnn.proximal.build import build_terms

STEPS = (0.1, 1.0, 4.0)


def show(value):
    return repr(value).replace("\n", " ")


def make_network(*sizes, seed=0):
    network = Parameters(sizes, torch.float64, torch.device("cpu"))
    draw = torch.Generator().manual_seed(seed)
    network.flat.copy_(torch.randn(len(network.flat), generator=draw, dtype=torch.float64))
    return network


def prox(penalty, network, alpha, step):
    result = network.zeros_like()
    result.flat.copy_(network.flat)
    build_terms(get_penalty(penalty), network, alpha).prox_(result, step)
    return result


def value(penalty, network, alpha):
    return float(build_terms(get_penalty(penalty), network, alpha).value(network))


def assert_same(one, other, network, alpha, tolerance=1e-8):
    """The proxes agree, and so do the values; at some step something moves."""
    has_moved = False
    for step in STEPS:
        expected = prox(other, network, alpha, step).flat
        found = prox(one, network, alpha, step).flat
        torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)
        assert torch.equal(found != 0, expected != 0)
        has_moved |= not torch.equal(expected, network.flat)
    assert has_moved
    expected = value(other, network, alpha)
    assert value(one, network, alpha) == pytest.approx(expected, rel=tolerance)


ONE_LAYER, THREE_LAYERS = (6, 3), (5, 4, 3, 2)
ONLY_LAST = {"layers": [0.0, 0.0, 1.0]}


@pytest.mark.parametrize(
    ("one", "other", "sizes"),
    [
        (CGES(0.0), GroupLasso(size_scaling=False), ONE_LAYER),
        (
            CGES(0.0, groups="incoming"),
            GroupLasso(groups="incoming", size_scaling=False),
            ONE_LAYER,
        ),
        (CGES(1.0), ExclusiveLasso(), ONE_LAYER),
        (CGES(1.0, groups="incoming"), ExclusiveLasso(groups="incoming"), ONE_LAYER),
        # m = 0: the first layer has groups only, the last one competition only.
        (CGES(0.0, layers="input"), GroupLasso(size_scaling=False, layers="input"), THREE_LAYERS),
        (CGES(0.0, **ONLY_LAST), ExclusiveLasso(**ONLY_LAST), THREE_LAYERS),
        # m = 1: the other way round.
        (CGES(1.0, layers="input"), ExclusiveLasso(layers="input"), THREE_LAYERS),
        (CGES(1.0, **ONLY_LAST), GroupLasso(size_scaling=False, **ONLY_LAST), THREE_LAYERS),
        (SparseGroupLasso(0.0), GroupLasso(), THREE_LAYERS),
        (
            SparseGroupLasso(0.0, groups="incoming", size_scaling=False),
            GroupLasso(groups="incoming", size_scaling=False),
            THREE_LAYERS,
        ),
        (SparseGroupLasso(1.0), L1(), THREE_LAYERS),
        (NeuronLasso(0.0), GroupLasso(groups="incoming"), THREE_LAYERS),
        (
            NeuronLasso(0.0, size_scaling=False),
            GroupLasso(groups="incoming", size_scaling=False),
            THREE_LAYERS,
        ),
        (ElasticNet(1.0), L1(), THREE_LAYERS),
        (ElasticNet(1.0, groups="outgoing"), GroupLasso(), THREE_LAYERS),
        (IntegratedTransformedL1(1.0, 0.0), GroupLasso(size_scaling=False), ONE_LAYER),
        (IntegratedTransformedL1(0.3, 1.0), TransformedL1(0.3), ONE_LAYER),
        (
            IntegratedTransformedL1(0.3, 0.0, **ONLY_LAST),
            TransformedL1(0.3, **ONLY_LAST),
            THREE_LAYERS,
        ),
        # One weight in each group, or one output.
        (L1MinusL2(0.4), [L1(layers=[0.6])], (6, 1)),
        (SCAD(size_scaling=False), SCAD(groups="weights"), (6, 1)),
        (LHalf(), LHalf(groups="weights"), (6, 1)),
        (LTwoThirds(), LTwoThirds(groups="weights"), (6, 1)),
        (CappedL1(0.5), CappedL1(0.5, groups="weights"), (6, 1)),
        (L0(), L0(groups="weights"), (6, 1)),
        (GroupHoyerSquare(), HoyerSquare(), (6, 1)),
    ],
    ids=show,
)
def test_special_cases_are_the_simpler_penalty(one, other, sizes):
    assert_same(one, other, make_network(*sizes), 0.3)


@pytest.mark.parametrize(
    ("one", "other", "tolerance"),
    [
        (TransformedL1(1e9), L1(), 1e-7),
        (TransformedL1(1e9, groups="outgoing"), GroupLasso(), 1e-7),
        (IntegratedTransformedL1(1e9, 0.4), SparseGroupLasso(0.4, size_scaling=False), 1e-7),
        (TransformedL1(1e-9), L0(groups="weights"), 1e-7),
        (TransformedL1(1e-9, groups="incoming"), L0(groups="incoming"), 1e-7),
        (MCP(1e9, groups="weights"), L1(), 1e-7),
        (SCAD(1e9, groups="weights"), L1(), 1e-7),
        (SCAD(1e9), GroupLasso(), 1e-7),
        (CappedL1(1e9, groups="weights"), L1(), 1e-12),
        (CappedL1(1e9, groups="incoming"), GroupLasso(groups="incoming"), 1e-12),
        (ElasticNet(1 - 1e-9), L1(), 1e-8),
        (L1MinusL2(1e-9), L1(), 1e-8),
        (CGES(1e-10), GroupLasso(size_scaling=False), 1e-8),
        (SparseGroupLasso(1e-10), GroupLasso(), 1e-8),
    ],
    ids=show,
)
def test_limits_of_parameters_are_the_simpler_penalty(one, other, tolerance):
    assert_same(one, other, make_network(*ONE_LAYER), 0.3, tolerance=tolerance)


@pytest.mark.parametrize("step", STEPS)
def test_capped_l1_with_a_small_cap_counts(step):
    """min(|w|, θ) / θ counts what is larger than θ."""
    network = make_network(*ONE_LAYER)
    theta = 1e-7
    found = prox(CappedL1(theta, groups="weights"), network, 0.3 / theta, step).flat
    expected = prox(L0(groups="weights"), network, 0.3, step).flat
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("step", STEPS)
def test_neuron_lasso_of_single_parameters_is_a_soft_threshold_of_weights_and_biases(step):
    network = make_network(*THREE_LAYERS)
    found = prox(NeuronLasso(1.0), network, 0.3, step).flat.numpy()
    x = network.flat.numpy()
    expected = np.sign(x) * np.maximum(np.abs(x) - 0.3 * step, 0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)
    assert value(NeuronLasso(1.0), network, 0.3) == pytest.approx(0.3 * np.abs(x).sum())


@pytest.mark.parametrize("step", STEPS)
def test_neuron_lasso_is_a_soft_threshold_and_then_a_shrinkage_of_each_neuron(step):
    network = make_network(*THREE_LAYERS)
    found = prox(NeuronLasso(0.4, layers=[0.5, 1.0, 2.0]), network, 0.3, step)
    for layer, result, factor in zip(network.layers, found.layers, (0.5, 1, 2), strict=True):
        x = np.vstack([layer.weight.numpy(), layer.bias.numpy()])
        u = np.sign(x) * np.maximum(np.abs(x) - 0.3 * step * factor * 0.4, 0)
        size = np.linalg.norm(u, axis=0)
        threshold = 0.3 * step * factor * 0.6 * len(x) ** 0.5
        expected = u * np.maximum(1 - threshold / np.where(size > 0, size, 1), 0)
        np.testing.assert_allclose(result.weight, expected[:-1], rtol=0, atol=1e-14)
        np.testing.assert_allclose(result.bias, expected[-1], rtol=0, atol=1e-14)


EVERY = [
    L1,
    GroupLasso,
    SparseGroupLasso,
    NeuronLasso,
    ElasticNet,
    MCP,
    SCAD,
    LogSum,
    TransformedL1,
    IntegratedTransformedL1,
    CappedL1,
    LHalf,
    LTwoThirds,
    L0,
    ExclusiveLasso,
    CGES,
    L1MinusL2,
    HoyerSquare,
    GroupHoyerSquare,
]
ON_WEIGHTS = (L1, ElasticNet, TransformedL1, HoyerSquare)
ON_NEURONS = (NeuronLasso,)


def sizes_of_masks(kind, sizes):
    pairs = list(pairwise(sizes))
    if kind in ON_WEIGHTS:
        return pairs
    return [pair[kind in ON_NEURONS] for pair in pairs]


@pytest.mark.parametrize("kind", EVERY)
def test_a_mask_of_all_groups_is_the_full_penalty(kind):
    network = make_network(*THREE_LAYERS)
    masks = [np.ones(size, bool) for size in sizes_of_masks(kind, THREE_LAYERS)]
    assert_same(kind(fraction=1.0), kind(), network, 0.2, tolerance=1e-14)
    assert_same(kind(fraction=masks), kind(), network, 0.2, tolerance=1e-13)


@pytest.mark.parametrize("kind", EVERY)
def test_a_mask_without_groups_costs_nothing_and_moves_nothing(kind):
    network = make_network(*THREE_LAYERS)
    masks = [np.zeros(size, bool) for size in sizes_of_masks(kind, THREE_LAYERS)]
    assert value(kind(fraction=masks), network, 0.2) == 0
    assert torch.equal(prox(kind(fraction=masks), network, 0.2, 1.0).flat, network.flat)


@pytest.mark.parametrize("kind", EVERY)
def test_a_mask_leaves_alone_what_it_does_not_name_and_treats_the_rest_as_if_alone(kind):
    """One layer; the first half of the rows, or of the columns, is penalised."""
    network, half = make_network(6, 4), make_network(6, 4)
    if kind in ON_NEURONS:
        mask = np.array([True, True, False, False])
        keep = np.broadcast_to(mask, (6, 4))
    else:
        mask = np.arange(6) < 3
        keep = np.broadcast_to(mask[:, None], (6, 4))
        mask = keep if kind in ON_WEIGHTS else mask
    penalty = kind(fraction=[mask])
    for one in (network, half):
        one.flat.mul_(0.3)
    found = prox(penalty, network, 0.2, 1.0).layers[0].weight.numpy()
    weight = network.layers[0].weight.numpy()
    np.testing.assert_array_equal(found[~keep], weight[~keep])
    half.layers[0].weight.mul_(torch.from_numpy(keep.copy()))
    expected = prox(kind(), half, 0.2, 1.0).layers[0].weight.numpy()
    np.testing.assert_allclose(found[keep], expected[keep], rtol=0, atol=1e-12)
    assert not np.allclose(found[keep], weight[keep])


@pytest.mark.parametrize("alpha", [0.05, 0.3, 2.0])
@pytest.mark.parametrize("penalty", [HoyerSquare(), GroupHoyerSquare(), "hoyer"], ids=show)
def test_hoyers_measures_of_one_weight_are_constant_so_the_prox_is_a_hard_threshold(penalty, alpha):
    edge = (2 * 0.7 * alpha) ** 0.5
    for factor in (-2.0, -1.01, -0.99, 0.5, 0.99, 1.01, 3.0):
        network = make_network(1, 1)
        network.layers[0].weight.fill_(factor * edge)
        expected = factor * edge if abs(factor) > 1 else 0
        found = prox(penalty, network, alpha, 0.7)
        assert float(found.layers[0].weight) == pytest.approx(expected, rel=1e-10)
        assert torch.equal(found.layers[0].bias, network.layers[0].bias)
        assert value(penalty, network, alpha) == pytest.approx(alpha, rel=1e-14)


@pytest.mark.parametrize("alpha", [0.02, 0.2, 1.0])
def test_hoyer_of_groups_acts_on_the_norms_and_keeps_directions(alpha):
    network, norms = make_network(6, 4), make_network(6, 1)
    weight = network.layers[0].weight
    size = torch.linalg.vector_norm(weight, dim=1, keepdim=True)
    norms.layers[0].weight.copy_(size)
    for step in STEPS:
        of_norms = prox(HoyerSquare(), norms, alpha, step).layers[0].weight
        found = prox(GroupHoyerSquare(), network, alpha, step).layers[0].weight
        torch.testing.assert_close(found, weight / size * of_norms, rtol=0, atol=1e-12)


@contextmanager
def interpreted_skglm():
    """Give skglm without its compiler, which takes longer than all these tests, and forget it."""
    if "skglm" in sys.modules:
        yield sys.modules["skglm"]
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "DISABLE_JIT", True)
        import skglm

        yield skglm
    for name in [name for name in sys.modules if name.split(".")[0] == "skglm"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def skglm_proxes():
    with interpreted_skglm() as skglm:
        return skglm.utils.prox_funcs


def assert_prox_is(penalty, oracle, step, tolerance=1e-12):
    network = make_network(40, 3)
    network.layers[0].weight.mul_(2)
    weight = network.layers[0].weight.numpy()
    expected = oracle(weight)
    found = prox(penalty, network, 0.3, step).layers[0].weight.numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(found != 0, expected != 0)


# skglm's operator of MCP holds for steps below gamma. That of the log-sum misses the threshold for
# some steps above eps / alpha, where rounding makes an argument of a root negative.
SKGLM = {
    "l_half": (LHalf(groups="weights"), "prox_05", lambda t: (0.3 * t,), (0.05, 0.7, 3.0, 20.0)),
    "l_two_thirds": (
        LTwoThirds(groups="weights"),
        "prox_2_3",
        lambda t: (0.3 * t,),
        (0.05, 0.7, 3.0, 20.0),
    ),
    "scad": (SCAD(groups="weights"), "prox_SCAD", lambda t: (t, 0.3, 3.7), (0.05, 0.7, 3.0, 20.0)),
    "scad, small gamma": (
        SCAD(2.1, groups="weights"),
        "prox_SCAD",
        lambda t: (t, 0.3, 2.1),
        (0.05, 0.7, 3.0, 20.0),
    ),
    "mcp": (MCP(groups="weights"), "prox_MCP", lambda t: (t, 0.3, 3.0), (0.05, 0.7, 2.9)),
    "log_sum": (
        LogSum(0.5, groups="weights"),
        "prox_log_sum",
        lambda t: (0.15 * t, 0.5),
        (0.05, 0.7, 1.6),
    ),
}


@pytest.mark.parametrize(
    ("name", "step"), [(name, step) for name, case in SKGLM.items() for step in case[-1]]
)
def test_prox_agrees_with_skglm(name, step, skglm_proxes):
    penalty, function, arguments, _ = SKGLM[name]
    operator = getattr(skglm_proxes, function)
    # The difference of two cube roots in skglm's 2/3 operator cancels.
    tolerance = 1e-9 if function == "prox_2_3" else 1e-12
    assert_prox_is(
        penalty,
        lambda x: np.vectorize(lambda entry: operator(entry, *arguments(step)))(x),
        step,
        tolerance,
    )


def test_group_prox_of_the_power_one_half_agrees_with_skglm(skglm_proxes):
    for step in (0.05, 0.7, 3.0):
        assert_prox_is(
            LHalf(size_scaling=False),
            lambda x, t=step: np.array([skglm_proxes.prox_block_2_05(row, 0.3 * t) for row in x]),
            step,
        )


# pyproximal's operator of SCAD holds for steps below gamma - 1.
@pytest.mark.parametrize("step", [0.05, 0.7, 2.5])
def test_prox_of_scad_agrees_with_pyproximal(step):
    oracle = pyproximal.SCAD(sigma=0.3, a=3.7)
    assert_prox_is(
        SCAD(groups="weights"), lambda x: oracle.prox(x.ravel(), step).reshape(x.shape), step
    )


@pytest.mark.parametrize("step", [0.05, 0.7, 5.0, 20.0])
@pytest.mark.parametrize("eps", [0.1, 2.0])
def test_prox_of_the_log_sum_agrees_with_pyproximal(eps, step):
    oracle = pyproximal.Log(sigma=0.3 * eps * np.log1p(1 / eps), gamma=1 / eps)

    def operator(x):
        with np.errstate(invalid="ignore"):
            return oracle.prox(x.ravel(), step).reshape(x.shape)

    assert_prox_is(LogSum(eps, groups="weights"), operator, step)
