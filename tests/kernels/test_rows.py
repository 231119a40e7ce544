"""Compiled proxes that need whole groups, beside those in torch."""

import networkx
import numpy as np
import pytest
import torch

from sgnn import kernels
from sgnn.networks.parameters import Parameters
from sgnn.penalties import (
    CGES,
    MCP,
    ElasticNet,
    ExclusiveLasso,
    GraphLogSum,
    GroupGraph,
    GroupHoyerSquare,
    GroupLasso,
    Hoyer,
    HoyerSquare,
    IntegratedTransformedL1,
    L1MinusL2,
    LogSum,
    TransformedL1,
    get_penalty,
)
from sgnn.proximal.build import build_terms
from sgnn.proximal.rows import CompiledProx, CompiledSplit
from tests.penalties.outside import show

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels are not compiled")

# Node 3 has no neighbours; without blocks there are three more.
EDGES = [(0, 1), (1, 2, 0.5)]
PENALTIES = [
    *(CGES(groups=groups) for groups in ("outgoing", "incoming")),
    CGES(0.0),
    CGES(fraction=0.5),
    *(ExclusiveLasso(groups=groups) for groups in ("outgoing", "incoming")),
    ExclusiveLasso(layers="input", adaptive=1.0),
    [ExclusiveLasso(), GroupLasso()],
    L1MinusL2(),
    L1MinusL2(0.5, groups="incoming"),
    Hoyer(),
    Hoyer(fraction=0.5),
    HoyerSquare(),
    HoyerSquare(fraction=0.5),
    *(GroupHoyerSquare(groups=groups) for groups in ("outgoing", "incoming")),
    GroupHoyerSquare(fraction=0.5),
    *(IntegratedTransformedL1(groups=groups) for groups in ("outgoing", "incoming")),
    IntegratedTransformedL1(0.1, fraction=0.5),
    IntegratedTransformedL1(3.0, layers="input", adaptive=1.0),
    [LogSum(groups="weights"), GroupLasso(layers="input")],
    [MCP(groups="weights", layers="input", fraction=0.7), GroupLasso(groups="incoming")],
    *(penalty(graph) for penalty in (GroupGraph, GraphLogSum) for graph in (EDGES, [])),
    *(penalty(networkx.path_graph(4)) for penalty in (GroupGraph, GraphLogSum)),
    GroupGraph(EDGES, smoothing=20.0, layers=[0.5, 1, 2]),
    GraphLogSum(EDGES, eps=0.01, spread=3.0, layers="input"),
    [ExclusiveLasso(layers="input"), LogSum(layers=[0, 1, 1], groups="incoming")],
    GroupLasso(groups="both"),
    GroupLasso(groups="both", fraction=0.7, adaptive=1.0),
    ElasticNet(0.3, groups="both", layers=[0.5, 1, 2]),
]
KERNELS = CompiledProx, CompiledSplit
BLOCKS = np.array([0, 1, 1, 2, 0, 1, 3])


def network(dtype):
    parameters = Parameters((7, 5, 4, 2), dtype, torch.device("cpu"))
    values = np.random.RandomState(0).standard_t(3, len(parameters.flat))
    values[::9] = 0
    parameters.flat.copy_(torch.from_numpy(values))
    return parameters


def after_prox(penalty, dtype, alpha, step, blocks):
    parameters = network(dtype)
    pilot = network(dtype)
    terms = build_terms(get_penalty(penalty), parameters, alpha, blocks, pilot=pilot)
    of_groups = torch.linspace(0.0, 2.0, len(terms.metric.sizes), dtype=dtype)
    terms.prox_(parameters, step if step is not None else of_groups)
    return terms, parameters.flat.numpy()


@pytest.mark.parametrize("blocks", [None, BLOCKS], ids=["inputs", "blocks"])
@pytest.mark.parametrize("step", [0.0, 0.5, None], ids=["none", "number", "groups"])
@pytest.mark.parametrize("alpha", [0.0, 1e-3, 0.3, 3.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("penalty", PENALTIES, ids=show)
def test_kernels_give_what_torch_gives(penalty, dtype, alpha, step, blocks):
    terms, found = after_prox(penalty, dtype, alpha, step, blocks)
    assert any(isinstance(prox, KERNELS) for prox in terms._proxes)
    with kernels.switched_off():
        in_torch, expected = after_prox(penalty, dtype, alpha, step, blocks)
    assert not any(isinstance(prox, KERNELS) for prox in in_torch._proxes)
    tolerance = 2e-5 if dtype is torch.float32 else 1e-9
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(found != 0, expected != 0)
    values = [of.value(network(dtype)) for of in (terms, in_torch)]
    assert values[0] == pytest.approx(values[1], rel=tolerance / 20, abs=1e-12)
    if alpha == 0 or step == 0.0:
        np.testing.assert_array_equal(found, network(dtype).flat.numpy())


@pytest.mark.parametrize(
    "penalties",
    [
        [ExclusiveLasso(warm_up=3), GroupLasso(warm_up=2)],
        [GroupGraph(EDGES, warm_up=3)],
        [GroupLasso(groups="both", warm_up=3)],
        [LogSum(groups="weights", warm_up=2), GroupLasso(warm_up=3)],
    ],
    ids=show,
)
def test_strengths_that_rise_are_followed(penalties):
    """Values are at full strength, proxes at that of the epoch."""

    def results():
        parameters = network(torch.float64)
        terms = build_terms(penalties, parameters, 0.2)
        for epoch in range(4):
            terms.begin_epoch(epoch)
            terms.prox_(parameters, 0.3)
            yield terms.value(parameters), parameters.flat.numpy().copy()

    found = [*results()]
    with kernels.switched_off():
        expected = [*results()]
    for (value, flat), (of_torch, flat_of_torch) in zip(found, expected, strict=True):
        assert value == pytest.approx(of_torch, rel=1e-10)
        np.testing.assert_allclose(flat, flat_of_torch, rtol=0, atol=1e-9)


@pytest.mark.parametrize("penalty", [LogSum(0.05), MCP(0.5), TransformedL1(0.1)], ids=show)
@pytest.mark.parametrize("step", [0.05, 0.3, 2.0])
def test_jumps_of_sums_are_where_torch_has_them(penalty, step):
    """Rows of rising size: a minimum that is not 0 is there before it is the better one."""
    penalties = [penalty.set_params(groups="weights"), GroupLasso()]

    def prox():
        parameters = Parameters((400, 3), torch.float64, torch.device("cpu"))
        sizes = torch.linspace(0, 4, 400, dtype=torch.float64)
        parameters.layers[0].weight.copy_(torch.outer(sizes, torch.tensor([1.0, -0.5, 0.2])))
        terms = build_terms(penalties, parameters, 0.3)
        terms.prox_(parameters, step)
        return parameters.layers[0].weight.numpy()

    found = prox()
    with kernels.switched_off():
        expected = prox()
    assert 0 < (expected[:, 0] == 0).sum() < 399
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kappa", [1e-4, 0.05, 0.7])
@pytest.mark.parametrize("theta", [0.0, 0.3, 2.0])
def test_squared_l1_and_norm_meets_its_optimality_conditions(kappa, theta):
    x = np.random.RandomState(1).standard_t(3, 500)
    one = np.ones(1)
    flat = torch.from_numpy(x.copy())
    kernel = kernels.Rows(np.arange(500), None, np.array([0, 500]), np.zeros(1, int))
    shape = kernels.ROW_SHAPES["squared_l1"]
    kernel.penalise_rows(shape, 0.0, 2 * kappa * one, 2 * theta * one)
    kernel.prox(flat, 0.5)
    z = flat.numpy()
    total, norm = abs(z).sum(), np.linalg.norm(z)
    assert norm > 0
    slope = x - z - theta * z / norm
    on = z != 0
    np.testing.assert_allclose(slope[on], kappa * total * np.sign(z[on]), rtol=0, atol=1e-11)
    assert (abs(slope[~on]) <= kappa * total * (1 + 1e-12)).all()
