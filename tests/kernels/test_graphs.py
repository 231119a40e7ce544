"""Compiled proxes of the nodes of a graph: other algorithms, and the loop in torch."""

import numpy as np
import pytest
import torch
from scipy.optimize import lsq_linear
from sklearn.feature_extraction.image import grid_to_graph

from sgnn import kernels
from sgnn.networks.parameters import Parameters
from sgnn.penalties import GraphLogSum, GroupGraph
from sgnn.penalties.graph import GraphShape
from sgnn.proximal.build import build_terms
from sgnn.proximal.rows import GroupProx, RowProx
from tests.penalties.test_graph_log_sum import N, best_of_all_supports, objective, random_graph
from tests.penalties.test_row_shapes import draw_graph, laplacian

pytestmark = pytest.mark.skipif(not kernels.are_built(), reason="the kernels were not compiled")

BLOCKS = np.repeat(np.arange(25), np.arange(25) % 3 + 1)


def prox(shape, x, step, strength, dtype=torch.float64):
    """Return the prox of norms by the kernel."""
    flat, (name, parameter) = torch.tensor(x, dtype=dtype), shape.kernel
    starts, first = np.array([0, len(x)]), np.zeros(1, int)
    rows = kernels.Rows(np.arange(len(x)), None, starts, first, shape.graph)
    rows.penalise_rows(kernels.ROW_SHAPES[name], parameter, np.full(1, strength), None)
    rows.prox(flat, step)
    return flat.numpy()


@pytest.mark.parametrize("removed", [[], [3, 17, 20]], ids=["whole", "inputs removed"])
@pytest.mark.parametrize("blocks", [None, BLOCKS], ids=["inputs", "blocks"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 2.0, 30.0])
@pytest.mark.parametrize("area", [0.05, 0.5])
def test_norms_on_a_graph_are_bounded_least_squares(area, smoothing, blocks, removed):
    """½‖z-x‖² + t c'z + (t·s/2) z'Lz over z >= 0, as least squares with a Cholesky factor.

    Five of the nodes have no neighbours, and what is removed is 0.
    """
    edges = draw_graph(20, 40)
    inputs = np.arange(25) if blocks is None else blocks
    kept = ~np.isin(np.arange(25), removed)
    roots = np.sqrt(np.bincount(inputs))
    shape = GraphShape(edges, smoothing, False).on_network((len(inputs), 3), blocks)
    x = abs(np.random.RandomState(2).standard_t(4, 25))
    factor = np.linalg.cholesky(np.eye(25) + area * smoothing * laplacian(edges, 25))
    factor = factor.T[:, kept]
    quadratic, linear = factor.T @ factor, (x - area * roots)[kept]
    target = factor @ np.linalg.solve(quadratic, linear)
    expected = lsq_linear(factor, target, (0, np.inf), method="bvls", tol=1e-15).x
    found = prox(shape.on_inputs(kept[inputs]), x[kept], 0.5, 2 * area)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(found > 0, expected > 1e-12)
    assert (found > 0).any()
    beside_zeros = prox(shape, x * kept, 0.5, 2 * area)
    np.testing.assert_allclose(beside_zeros[kept], expected, rtol=0, atol=1e-10)
    assert not beside_zeros[~kept].any()


@pytest.mark.parametrize("seed", range(8))
def test_no_support_has_a_better_point(seed):
    """Under the log-sum; an input that is removed is one of which the norm is 0."""
    rng = np.random.default_rng(seed)
    edges, eps = random_graph(rng), float(rng.choice([0.05, 0.1, 0.5]))
    spread, strength = float(rng.choice([0.0, 0.3, 2.0])), rng.uniform(0.2, 1.5)
    x = abs(rng.normal(size=N))
    kept = np.arange(N) != seed
    x[~kept] = 0
    [first, *_] = GraphLogSum(edges, eps=eps, spread=spread).pieces()
    shape = first.shape.on_network((N, 3)).on_inputs(kept)
    z = np.zeros(N)
    z[kept] = prox(shape, x[kept], 0.7, strength)
    setting = x, edges, eps, spread, 0.7 * strength
    assert (z >= 0).all()
    assert objective(z, *setting) <= best_of_all_supports(*setting) * (1 + 1e-7)


@pytest.mark.parametrize("penalty", [GroupGraph, GraphLogSum])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("alpha", [0.001, 0.1, 1.0])
def test_networks_of_any_size_are_penalised_by_kernels(penalty, dtype, alpha):
    def result():
        parameters = Parameters((1200, 30, 2), dtype, torch.device("cpu"))
        values = np.random.RandomState(0).standard_t(3, len(parameters.flat))
        parameters.flat.copy_(torch.from_numpy(values))
        parameters.layers[0].weight.mul_(torch.linspace(0, 1, 1200, dtype=dtype)[:, None])
        terms = build_terms([penalty(grid_to_graph(30, 40))], parameters, alpha)
        terms.prox_(parameters, 0.7)
        return {type(prox) for prox in terms._proxes}, parameters.layers[0].weight.numpy()

    kinds, found = result()
    assert RowProx in kinds
    with kernels.switched_off():
        kinds, expected = result()
    assert not kinds & {RowProx, GroupProx}
    tolerance = 1e-5 if dtype is torch.float32 else 1e-11
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(found == 0, expected == 0)
    assert (found[1:] == 0).any() == (alpha > 0.01)


def test_tensors_of_a_graph_are_made_once():
    shape = GraphShape(draw_graph(6, 9), 1.0, True, 6)
    x = torch.ones(1, 12)
    once, again = shape.tensors(x), shape.tensors(2 * x)
    assert all(one is other for one, other in zip(once, again, strict=True))
    assert [tensor.dtype for tensor in shape.tensors(x.double())[2:]] == 2 * [torch.float64]
    assert once[2].dtype is torch.float32
