"""The log-sum over a graph: all supports, and what it is without spread, edges or neighbours."""

from itertools import product

import networkx
import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from sgnn import SparseMLPRegressor
from sgnn.penalties import GraphLogSum, GroupGraph, GroupLasso, LogSum
from sgnn.penalties.graph_log_sum import SpreadLogarithm

N = 5


def random_graph(rng):
    graph = networkx.gnp_random_graph(N, 0.5, seed=int(rng.integers(1000)))
    return [(i, j, float(rng.uniform(0.3, 2))) for i, j in graph.edges]


def adjacency(edges):
    A = np.zeros((N, N))
    for i, j, weight in edges:
        A[i, j] = A[j, i] = weight
    return A


def objective(z, x, edges, eps, spread, area):
    """Written out from the docstring."""
    A = adjacency(edges)
    costs = 1 / (1 + spread * A.sum(axis=1))
    heights = z + spread * A @ z
    return 0.5 * np.square(z - x).sum() + area * eps * (costs * np.log1p(heights / eps)).sum()


def best_of_all_supports(x, *setting):
    """Minimise from several points inside of each support."""
    best = objective(np.zeros(N), x, *setting)
    for support in product([False, True], repeat=N):
        free = np.array(support)
        if not free.any():
            continue
        for start in (x[free], 0.5 * x[free]):

            def value(part, free=free):
                z = np.zeros(N)
                z[free] = part
                return objective(z, x, *setting)

            found = minimize(value, start, bounds=[(0, None)] * len(start), method="L-BFGS-B")
            best = min(best, found.fun)
    return best


def shape_of(edges, eps, spread):
    [first, *_] = GraphLogSum(edges, eps=eps, spread=spread).pieces()
    return first.shape.on_network((N, 3))


@pytest.mark.parametrize("seed", range(25))
def test_no_support_has_a_better_point(seed):
    rng = np.random.default_rng(seed)
    edges, eps = random_graph(rng), float(rng.choice([0.05, 0.1, 0.5]))
    spread, step, strength = float(rng.choice([0.0, 0.3, 0.6, 2.0])), 0.7, rng.uniform(0.2, 1.5)
    x = abs(rng.normal(size=N))
    shape = shape_of(edges, eps, spread)
    z = shape.prox(torch.tensor(x)[None], step, strength).numpy()[0]
    setting = x, edges, eps, spread, step * strength
    assert (z >= 0).all()
    assert objective(z, *setting) <= best_of_all_supports(*setting) * (1 + 1e-7)


def test_the_value_is_that_of_the_docstring():
    rng = np.random.default_rng(0)
    edges, x = random_graph(rng), abs(rng.normal(size=N))
    value = shape_of(edges, 0.2, 0.7).value(torch.tensor(x)[None], 1.3)
    expected = objective(x, x, edges, 0.2, 0.7, 1.3)
    assert value.shape == (1,)
    assert float(value) == pytest.approx(expected)


def test_the_numbers_of_the_nodes_do_not_matter():
    rng = np.random.default_rng(1)
    edges, x, order = random_graph(rng), abs(rng.normal(size=N)), rng.permutation(N)
    places = np.argsort(order)
    moved = [(int(places[i]), int(places[j]), weight) for i, j, weight in edges]
    one = shape_of(edges, 0.1, 0.6).prox(torch.tensor(x)[None], 0.5, 1.0)[0]
    other = shape_of(moved, 0.1, 0.6).prox(torch.tensor(x[order])[None], 0.5, 1.0)[0]
    np.testing.assert_allclose(other, one[order], atol=1e-12)


def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, N))
    return X, X @ [1.0, -1.0, 0.7, 0.1, 0.0] + 0.3 * rng.normal(size=150)


def coefs(penalty, alpha=0.1, **parameters):
    settings = {"solver": "sgd", "learning_rate_init": 0.02, "batch_size": 150, "max_iter": 300}
    reg = SparseMLPRegressor((3,), penalty=penalty, alpha=alpha, random_state=0, **settings)
    return reg.set_params(**parameters).fit(*data()).expand()[0]


EDGES = [(0, 1), (1, 2), (3, 4)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("graph", [GraphLogSum([], spread=3.0), GraphLogSum(EDGES, spread=0.0)])
def test_without_edges_or_spread_it_is_the_log_sum(graph):
    for found, expected in zip(coefs(graph), coefs(LogSum()), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-8)


BLOCKS = [[3, 4], [0], [2, 1]]
SAME = [
    (GraphLogSum([(0, 2)], spread=0.0), LogSum()),
    (GroupGraph([(0, 2)], smoothing=0.0), GroupLasso()),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("graph", "plain"), SAME)
def test_blocks_of_inputs_are_the_nodes(graph, plain):
    """Without the graph the penalties are those of feature_groups: the root of each size counts."""
    found = coefs(graph, feature_groups=BLOCKS, alpha=0.05)
    for one, other in zip(found, coefs(plain, feature_groups=BLOCKS, alpha=0.05), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-8)


def value_of(penalty, weights, blocks):
    """Return the penalty of the first layer as the engine sees it."""
    from sgnn.networks.parameters import Parameters
    from sgnn.proximal.build import build_terms

    parameters = Parameters((*weights.shape,), torch.float64, torch.device("cpu"))
    parameters.layers[0].weight.copy_(torch.tensor(weights))
    return build_terms([penalty], parameters, 0.7, np.array(blocks)).value(parameters)


def test_a_graph_of_blocks_is_written_out():
    blocks = [1, 2, 2, 0, 0]
    weights = np.random.default_rng(0).normal(size=(N, 3))
    norms = np.array([np.linalg.norm(weights[np.equal(blocks, b)]) for b in range(3)])
    roots = np.sqrt([2, 1, 2])
    edge, spread, eps, smoothing = 1.5, 0.6, 0.2, 0.4
    heights = norms + spread * edge * np.array([norms[2], 0, norms[0]])
    costs = roots / (1 + spread * edge * np.array([1, 0, 1]))
    expected = 0.7 * np.sqrt(3) * eps * (costs * np.log1p(heights / eps)).sum()
    graph = GraphLogSum([(0, 2, edge)], eps=eps, spread=spread)
    assert value_of(graph, weights, blocks) == pytest.approx(expected)
    energy = smoothing / 2 * edge * (norms[0] - norms[2]) ** 2
    expected = 0.7 * np.sqrt(3) * (roots @ norms + energy)
    graph = GroupGraph([(0, 2, edge)], smoothing=smoothing)
    assert value_of(graph, weights, blocks) == pytest.approx(expected)


@pytest.mark.parametrize("penalty", [GraphLogSum, GroupGraph])
def test_a_graph_of_other_nodes_is_refused(penalty):
    reg = SparseMLPRegressor((2,), feature_groups=BLOCKS, penalty=penalty([(0, 3)]))
    with pytest.raises(ValueError, match=r"node 3; feature_groups .* numbered 0 to 2"):
        reg.fit(*data())
    with pytest.raises(ValueError, match="5 nodes, and there are 3 blocks"):
        reg.set_params(penalty=penalty(np.zeros((5, 5)))).fit(*data())
    with pytest.raises(ValueError, match="node 5; X has columns 0 to 4"):
        reg.set_params(penalty=penalty([(0, 5)]), feature_groups=None).fit(*data())


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"eps": 0}, "eps must be"),
        ({"spread": -1}, "spread must be"),
        ({"fraction": 0.5}, "GraphLogSum: fraction must be 1"),
        ({"adaptive": 1.0}, "GraphLogSum: adaptive must be 0"),
        ({"graph": [(1, 1)]}, "GraphLogSum: the edges"),
    ],
)
def test_bad_parameters_are_refused(parameters, words):
    with pytest.raises(ValueError, match=words):
        GraphLogSum(**{"graph": EDGES, **parameters}).pieces()


def test_differences_of_weights_are_not_for_blocks():
    penalty = GroupGraph([(0, 1)], difference="weights")
    with pytest.raises(ValueError, match="difference='weights' and feature_groups"):
        penalty.check((N, 3), np.array([0, 0, 1, 1, 1]))


def test_a_prox_keeps_what_its_neighbours_need():
    """A weak node between two strong ones stays, and one that is alone goes."""
    shape = SpreadLogarithm(((0, 1), (1, 2), (1.0, 1.0)), 0.1, 0.6).on_network((4, 1))
    x = torch.tensor([[2.0, 0.2, 2.0, 0.2]], dtype=torch.float64)
    z = shape.prox(x, 0.3, 1.0)[0]
    assert z[1] > 0
    assert z[3] == 0
