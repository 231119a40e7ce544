"""Graphs over inputs, or over blocks of them: read and checked."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real

import numpy as np
from scipy import sparse

from sgnn.penalties.base import Penalty, RowShape


class NodesShape(RowShape):
    """Abstract: a function of all nodes of a graph at once.

    Attributes
    ----------
    matrix : csr_array of shape (n_rows, n_nodes)
        Of the graph, made once.
    costs : sequence of float
        A number for each of its rows.
    """

    @cached_property
    def graph(self):
        return self.matrix, np.array(self.costs, dtype=float)

    @cached_property
    def _tensors(self):
        return {}

    def tensors(self, x):
        """Return rows, columns and values of the matrix, and the costs, as tensors like `x`."""
        kind = x.dtype, x.device
        if kind not in self._tensors:
            matrix = self.matrix.tocoo()
            places = (x.new_tensor(part).long() for part in (matrix.row, matrix.col))
            self._tensors[kind] = *places, *map(x.new_tensor, (matrix.data, self.costs))
        return self._tensors[kind]

    def times(self, x, transposed=False):
        """Return the product of the matrix, or its transpose, with a matrix."""
        rows, columns, values, _ = self.tensors(x)
        into, out_of = (columns, rows) if transposed else (rows, columns)
        product = x.new_zeros(self.matrix.shape[transposed], x.shape[1])
        return product.index_add_(0, into, values[:, None] * x[out_of])


@dataclass(eq=False, repr=False)
class GraphPenalty(Penalty):
    """Abstract: a penalty over a graph of the inputs, as a whole.

    Parameters
    ----------
    graph : sparse matrix or array of shape (n_nodes, n_nodes), networkx graph, or list
        Symmetric adjacency, or one triangle of it, with weights >= 0; or a list of edges (i, j) or
        (i, j, weight) between columns, with weights > 0. Of the groups where there are
        ``feature_groups``.
    fraction : float, default=1.0
        Must be 1.
    adaptive : float, default=0.0
        Must be 0.
    """

    graph: object = None

    def __getstate__(self):
        """Store a networkx graph as its edges, which skops knows."""
        graph = _listed(self.graph) if _is_networkx(self.graph) else self.graph
        return {**super().__getstate__(), "graph": graph}

    def check(self, sizes, blocks=None):
        super().check(sizes, blocks)
        check_nodes(self, sizes, blocks)


def check_whole(penalty):
    """Raise a ValueError if only a part of a graph is to be penalised, or groups of their own."""
    for name, neutral in (("fraction", 1), ("adaptive", 0)):
        value = getattr(penalty, name)
        if not (isinstance(value, Real) and value == neutral):
            raise ValueError(
                f"{type(penalty).__name__}: {name} must be {neutral}, because a graph is penalised "
                f"as a whole; got {value!r}."
            )


def check_nodes(penalty, sizes, blocks):
    """Raise a ValueError if a graph has other nodes than there are inputs, or blocks of them."""
    n_nodes = sizes[0] if blocks is None else int(np.max(blocks)) + 1
    name = type(penalty).__name__
    of = "X has columns" if blocks is None else "feature_groups and the other columns are numbered"
    shape = getattr(penalty.graph, "shape", None)
    if shape is not None and len(shape) == 2 and shape[0] == shape[1] != n_nodes:
        there = f"X has {n_nodes} columns" if blocks is None else f"there are {n_nodes} blocks"
        raise ValueError(f"{name}: graph has {shape[0]} nodes, and {there}.")
    heads, tails, _ = edges_of(penalty.graph, name)
    largest = max((*heads, *tails), default=0)
    if largest >= n_nodes:
        raise ValueError(f"{name}: graph names node {largest}; {of} 0 to {n_nodes - 1}.")


def nodes_kept(kept, blocks):
    """Return which nodes are left without some inputs, and the blocks numbered anew.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_inputs,)
    blocks : tuple of int
        Node of each input; () is a node for each.

    Returns
    -------
    kept_nodes : ndarray of bool
    blocks : tuple of int
    """
    if not blocks:
        return kept, ()
    of_inputs = np.array(blocks)
    kept_nodes = np.isin(np.arange(of_inputs.max() + 1), of_inputs[kept])
    return kept_nodes, tuple(np.unique(of_inputs[kept], return_inverse=True)[1].tolist())


def roots_of_sizes(blocks, n_nodes):
    """Return the square root of the number of inputs of each node."""
    return tuple(np.sqrt(np.bincount(blocks)).tolist()) if blocks else (1.0,) * n_nodes


def on_inputs(sizes):
    """Return the factors of the layers of a penalty on the inputs alone, √n on the first."""
    return [sizes[1] ** 0.5] + [0.0] * (len(sizes) - 2)


def beyond_inputs(sizes):
    """Return the factors of the layers of a penalty on all but the inputs."""
    return [0.0] + [1.0] * (len(sizes) - 2)


def edges_of(graph, owner="GroupGraph"):
    """Return the edges of a graph, each once.

    Parameters
    ----------
    graph : sparse matrix, ndarray, networkx graph, or list of edges
        As in :class:`sgnn.penalties.GroupGraph`.
    owner : str, default="GroupGraph"
        Class of the penalty, for messages.

    Returns
    -------
    heads, tails : tuple of int
    weights : tuple of float

    Raises
    ------
    ValueError
        If `graph` is None or not a graph with positive weights.
    """
    if graph is None:
        raise ValueError(
            f"{owner}: graph is missing; pass an adjacency matrix, a networkx graph or a list of "
            f"edges: {owner}(graph=...)."
        )
    if sparse.issparse(graph) or isinstance(graph, np.ndarray):
        edges = _edges_of_adjacency(graph, owner)
    elif _is_networkx(graph):
        edges = _listed(graph)
    elif isinstance(graph, (list, tuple)):
        edges = graph
    else:
        raise ValueError(
            f"{owner}: graph must be an adjacency matrix, a networkx graph or a list of edges; "
            f"got {graph!r}."
        )
    merged = {}
    for edge in edges:
        head, tail, weight = _checked_edge(edge, owner)
        ends = min(head, tail), max(head, tail)
        if merged.setdefault(ends, weight) != weight:
            raise ValueError(
                f"{owner}: graph names the edge {ends} with weights {merged[ends]} and {weight}."
            )
    heads, tails = zip(*merged, strict=True) if merged else ((), ())
    return heads, tails, tuple(merged.values())


def _is_networkx(graph):
    return hasattr(graph, "edges") and callable(graph.edges)


def _listed(graph):
    return list(graph.edges(data="weight", default=1.0))


def _edges_of_adjacency(graph, owner):
    if graph.ndim != 2 or graph.shape[0] != graph.shape[1] or graph.dtype.kind not in "biuf":
        raise ValueError(
            f"{owner}: graph must be square and of numbers if it is an array, the adjacency "
            f"matrix; got shape {graph.shape} of {graph.dtype}. Edges are given as a list."
        )
    matrix = sparse.csr_array(graph.astype(float))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    upper, lower = sparse.triu(matrix, 1), sparse.tril(matrix, -1)
    if upper.nnz and lower.nnz and abs(upper - lower.T).max() > 1e-12 * abs(matrix).max():
        raise ValueError(f"{owner}: graph must be symmetric, or have one triangle only.")
    part = sparse.coo_array(upper if upper.nnz else lower)
    return list(zip(part.row.tolist(), part.col.tolist(), part.data.tolist(), strict=True))


def _checked_edge(edge, owner):
    """Return (head, tail, weight), checked."""
    try:
        head, tail, weight = (*edge, 1.0)[:3]
        integers = all(isinstance(node, Integral) and node >= 0 for node in (head, tail))
        right = len(edge) in (2, 3) and integers and head != tail and 0 < weight < np.inf
    except (TypeError, ValueError):
        right = False
    if not right:
        raise ValueError(
            f"{owner}: the edges of graph must be (i, j) or (i, j, weight) with two different "
            f"columns >= 0 and a weight > 0; got {edge!r}."
        )
    return int(head), int(tail), float(weight)
