"""The graph over inputs: how it is read, what is refused, what a fit does with it."""

import pickle
from collections import Counter
from functools import cache

import networkx
import numpy as np
import pytest
import skops.io
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.feature_extraction.image import grid_to_graph
from sklearn.model_selection import GridSearchCV

from sgnn import SparseMLPClassifier, SparseMLPRegressor
from sgnn.penalties import GroupGraph, GroupLasso
from sgnn.penalties._graphs import edges_of

EDGES = {(0, 1): 1.0, (1, 4): 2.5, (2, 3): 0.5}


def by_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


def by_skops(thing):
    data = skops.io.dumps(thing)
    return skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))


class Graph:
    """As networkx' graphs: attributes are optional."""

    def __init__(self, edges, n_nodes=None):
        self.attributes = edges
        self.n_nodes = n_nodes

    def edges(self, data=False, default=None):
        for (head, tail), attributes in self.attributes.items():
            yield head, tail, attributes.get(data, default)


def upper_triangle():
    matrix = np.zeros((5, 5))
    for (head, tail), weight in EDGES.items():
        matrix[head, tail] = weight
    return matrix


def as_dict(edges):
    heads, tails, weights = edges
    assert len(set(zip(heads, tails, strict=True))) == len(weights)
    assert all(head < tail for head, tail in zip(heads, tails, strict=True))
    return dict(zip(zip(heads, tails, strict=True), weights, strict=True))


@pytest.mark.parametrize(
    "graph",
    [
        upper_triangle(),
        upper_triangle().T,
        upper_triangle() + upper_triangle().T,
        upper_triangle() + np.eye(5),
        *(
            kind(upper_triangle() + upper_triangle().T)
            for kind in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array, sparse.lil_array)
        ),
        sparse.csr_matrix(upper_triangle()),
        [(0, 1), (1, 4, 2.5), (2, 3, 0.5)],
        [(1, 0, 1.0), (4, 1, 2.5), (3, 2, 0.5)],
        [[0, 1], [1, 4, 2.5], [2, 3, 0.5], [3, 2, 0.5], [0, 1]],
        [(np.int64(0), np.int32(1)), (1, 4, np.float32(2.5)), (2, 3, 0.5)],
        sparse.coo_array(
            ([1, 2.5, 0.25, 0.25, 0], ([0, 1, 2, 2, 0], [1, 4, 3, 3, 4])), shape=(5, 5)
        ),
        Graph({(0, 1): {}, (4, 1): {"weight": 2.5}, (2, 3): {"weight": 0.5, "color": "red"}}),
    ],
    ids=lambda graph: type(graph).__name__,
)
def test_all_ways_to_give_a_graph_give_its_edges_once(graph):
    assert as_dict(edges_of(graph)) == EDGES


def test_the_graph_of_an_image_has_each_pair_of_neighbours_once():
    edges = as_dict(edges_of(grid_to_graph(3, 4)))
    pixels = [(i, j) for i in range(3) for j in range(4)]
    expected = {
        (a, b)
        for a, one in enumerate(pixels)
        for b, other in enumerate(pixels)
        if a < b and abs(one[0] - other[0]) + abs(one[1] - other[1]) == 1
    }
    assert set(edges) == expected
    assert set(edges.values()) == {1.0}


def test_a_networkx_graph_is_understood():
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph()
    graph.add_weighted_edges_from([(4, 1, 2.5), (2, 3, 0.5)])
    graph.add_edge(0, 1)
    assert as_dict(edges_of(graph)) == EDGES


@pytest.mark.parametrize("graph", [[], (), np.zeros((5, 5)), sparse.csr_array((5, 5)), Graph({})])
def test_a_graph_without_edges_is_no_error(graph):
    assert edges_of(graph) == ((), (), ())


asymmetric = upper_triangle() + 2 * upper_triangle().T
WRONG = {
    "missing": (GroupGraph(), "graph is missing"),
    "asymmetric": (GroupGraph(asymmetric), "must be symmetric"),
    "asymmetric sparse": (GroupGraph(sparse.csr_array(asymmetric)), "must be symmetric"),
    "not square": (GroupGraph(sparse.csr_array((4, 5))), "must be square"),
    "negative weight": (GroupGraph([(0, 1, -1.0)]), r"weight > 0; got \(0, 1, -1.0\)"),
    "negative entry": (GroupGraph(-upper_triangle()), "weight > 0"),
    "infinite weight": (GroupGraph([(0, 1, np.inf)]), "weight > 0"),
    "nan weight": (GroupGraph([(0, 1, np.nan)]), "weight > 0"),
    "nan entry": (GroupGraph(np.nan * upper_triangle()), "weight > 0|symmetric"),
    "loop": (GroupGraph([(0, 1), (2, 2)]), r"two different columns.*got \(2, 2\)"),
    "negative node": (GroupGraph([(-1, 2)]), "columns >= 0"),
    "name of a node": (GroupGraph([("a", "b")]), "columns >= 0"),
    "float node": (GroupGraph([(0.5, 1)]), "columns >= 0"),
    "one end": (GroupGraph([(1,)]), r"\(i, j\)"),
    "four entries": (GroupGraph([(0, 1, 1.0, 1.0)]), r"\(i, j\)"),
    "a number": (GroupGraph(3), "graph"),
    "node out of range": (GroupGraph([(0, 1), (4, 5)]), "node 5; X has columns 0 to 4"),
    "too small": (GroupGraph(np.ones((4, 4)) - np.eye(4)), "4 nodes, and X has 5 columns"),
    "too large": (GroupGraph(sparse.csr_array((7, 7))), "7 nodes, and X has 5 columns"),
    "contradiction": (GroupGraph([(0, 1), (1, 0, 2.0)]), r"edge \(0, 1\) with weights 1.0 and 2.0"),
    "generator": (GroupGraph(edge for edge in [(0, 1)]), "a list of edges"),
    "fraction": (GroupGraph([(0, 1)], fraction=0.5), "fraction must be 1.*got 0.5"),
    "adaptive": (GroupGraph([(0, 1)], adaptive=2.0), "adaptive must be 0.*got 2.0"),
    "difference": (GroupGraph([(0, 1)], difference="both"), "difference must be one of"),
    "smoothing": (GroupGraph([(0, 1)], smoothing=-1.0), "smoothing must be a number"),
}


@pytest.mark.parametrize("estimator", [SparseMLPClassifier, SparseMLPRegressor])
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_before_anything_is_fitted(case, estimator):
    penalty, message = WRONG[case]
    X = np.random.RandomState(0).randn(30, 5)
    model = estimator((2,), penalty=penalty, max_iter=1)
    with pytest.raises(ValueError, match=f"(?s)GroupGraph: .*({message})"):
        model.fit(X, (X[:, 0] > 0).astype(int))
    assert not hasattr(model, "coefs_")


GRID = grid_to_graph(8, 8)
SETTINGS = {
    "batch_size": 200,
    "max_iter": 40,
    "tol": 0,
    "n_iter_no_change": np.inf,
    "random_state": 0,
}
SOLVERS = {
    "adam": {"solver": "adam", "learning_rate_init": 5e-3},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
}


def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def fit_digits(penalty, alpha, solver):
    X, y = digits()
    model = SparseMLPClassifier((12,), penalty=penalty, alpha=alpha, **SETTINGS, **SOLVERS[solver])
    return model.fit(X, y)


@cache
def fit_group_lasso(alpha, solver):
    return fit_digits(GroupLasso(), alpha, solver)


def input_norms(model):
    return np.linalg.norm(model.expand()[0][0], axis=1)


def roughness(norms):
    """Σ (n_g - n_h)² over neighbours, per Σ n_g²."""
    heads, tails = sparse.triu(GRID, 1).nonzero()
    return ((norms[heads] - norms[tails]) ** 2).sum() / (norms**2).sum()


@pytest.mark.parametrize("difference", ["norms", "weights"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_neighbouring_pixels_are_more_alike_than_under_a_group_lasso(solver, difference):
    """Both fits keep some inputs and drop others, at nearly the same accuracy."""
    X, y = digits()
    plain = fit_group_lasso(0.005, solver)
    smooth = fit_digits(GroupGraph(GRID, difference=difference), 0.005, solver)
    for model in (plain, smooth):
        assert 30 <= np.count_nonzero(input_norms(model)) <= 50
        assert model.score(X, y) > 0.88
    assert roughness(input_norms(smooth)) < 0.75 * roughness(input_norms(plain))


@pytest.mark.parametrize("solver", SOLVERS)
def test_fewer_neighbours_are_separated_at_the_same_number_of_inputs(solver):
    """Stronger group lassos are tried until one keeps as many inputs, or fewer."""
    heads, tails = sparse.triu(GRID, 1).nonzero()
    smooth = input_norms(fit_digits(GroupGraph(GRID), 0.01, solver)) > 0
    n_inputs = np.count_nonzero(smooth)
    assert 0 < n_inputs < 64
    cuts = []
    for alpha in np.geomspace(0.001, 0.008, 7):
        kept = input_norms(fit_digits(GroupLasso(), alpha, solver)) > 0
        if abs(np.count_nonzero(kept) - n_inputs) <= 3:
            cuts.append(np.count_nonzero(kept[heads] != kept[tails]))
    assert cuts
    assert np.count_nonzero(smooth[heads] != smooth[tails]) <= min(cuts)


@pytest.mark.parametrize("solver", SOLVERS)
def test_without_smoothing_a_fit_is_that_of_the_group_lasso(solver):
    """With one step for the whole layer, as "sgd" has, they are the same fit."""
    graph = fit_digits(GroupGraph(GRID, smoothing=0.0), 0.005, solver)
    plain = fit_group_lasso(0.005, solver)
    if solver == "sgd":
        np.testing.assert_allclose(graph.expand()[0][0], plain.expand()[0][0], rtol=0, atol=1e-9)
    both = Counter(zip(input_norms(graph) > 0, input_norms(plain) > 0, strict=True))
    assert both[True, True] >= 30
    assert both[True, False] + both[False, True] <= 6


def test_clones_share_nothing_but_the_parameters():
    penalty = GroupGraph([(0, 1), (1, 2, 0.5)], smoothing=3.0, difference="weights", warm_up=2)
    copy = clone(penalty)
    assert copy is not penalty
    assert copy.get_params() == penalty.get_params()
    X = np.random.RandomState(0).randn(40, 3)
    models = [
        SparseMLPRegressor((3,), penalty=one, random_state=0, max_iter=5, tol=0).fit(X, X[:, 0])
        for one in (penalty, clone(copy), GroupGraph([(0, 1), (1, 2, 0.5)]))
    ]
    one, other, another = (model.predict(X) for model in models)
    np.testing.assert_array_equal(one, other)
    assert np.abs(one - another).max() > 0


def test_the_smoothing_can_be_searched():
    X, y = digits()
    model = SparseMLPClassifier(
        (8,), penalty=GroupGraph(GRID), alpha=0.005, **{**SETTINGS, "max_iter": 10}
    )
    search = GridSearchCV(model, {"penalty__smoothing": [0.0, 1.0, 20.0]}, cv=2).fit(
        X[:400], y[:400]
    )
    assert len(set(search.cv_results_["mean_test_score"].tolist())) > 1
    best = search.best_estimator_
    assert best.penalty.smoothing == search.best_params_["penalty__smoothing"]
    assert model.penalty.smoothing == 1.0
    norms = [
        input_norms(clone(model).set_params(penalty__smoothing=s).fit(X, y)) for s in (0.0, 20.0)
    ]
    assert roughness(norms[1]) < 0.5 * roughness(norms[0])


# Persistence


@pytest.mark.parametrize("store", [by_pickle, by_skops])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_graph_of_networkx_is_stored_as_its_edges(store, weighted):
    graph = networkx.Graph()
    for (head, tail), weight in EDGES.items():
        graph.add_edge(head, tail, **({"weight": weight} if weighted else {}))
    penalty = GroupGraph(graph, smoothing=0.5)
    stored = store(penalty)
    assert edges_of(stored.graph) == edges_of(graph)
    assert stored.smoothing == 0.5
    assert penalty.graph is graph
    X = np.random.default_rng(0).normal(size=(60, 5))
    model = SparseMLPRegressor((4,), penalty=penalty, max_iter=3, random_state=0)
    model.fit(X, X[:, 0])
    again = store(model)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    np.testing.assert_array_equal(again.fit(X, X[:, 0]).predict(X), model.predict(X))
