"""A graph over the inputs: neighbours are kept or dropped together."""

from dataclasses import KW_ONLY, dataclass, field, replace
from numbers import Integral, Real

import numpy as np
from scipy import sparse

from sgnn.penalties._checks import check_choice, check_interval
from sgnn.penalties.base import Penalty, Piece, RowShape
from sgnn.penalties.l1 import AbsoluteValue

_MAX_ITERATIONS = 1000


@dataclass(frozen=True)
class GraphShape(RowShape):
    r"""Group lasso plus the energy of a graph, on all inputs at once.

    .. math:: \varphi(W) = \lambda \sum_g \|w_g\|_2
        + \lambda \frac{\sigma}{2} \sum_{gh} A_{gh} \|w_g - w_h\|_2^2

    A row holds the norms of the groups, ``by_weights=False``, and the difference is that of norms;
    or it holds all weights, input by input. The prox is found by accelerated proximal gradient
    steps on all groups at once, whose error shrinks by about :math:`1 - (1 + 2\kappa d)^{-1/2}`
    each, with the largest degree d and :math:`\kappa = \mathrm{step}\cdot\lambda\sigma`; after
    1000 steps it is taken as it is. A norm that is zero stays zero, because its group has no
    direction.

    Parameters
    ----------
    edges : tuple of three tuples
        Ends and weights of the edges, each edge once.
    smoothing : float
        :math:`\sigma`.
    by_weights : bool
    n_nodes : int or None
        None as long as the network is not known.
    to_removed : tuple
        Weights of the edges from each node to inputs that are no longer there; () is none.
    """

    edges: tuple = field(repr=False)
    smoothing: float
    by_weights: bool
    n_nodes: int | None = None
    to_removed: tuple = ()

    @property
    def convex(self):
        """Whether the shape is convex: differences of norms are not convex in the weights."""
        return self.by_weights

    def on_network(self, sizes):
        return replace(self, n_nodes=sizes[0])

    def on_inputs(self, kept):
        heads, tails = (np.array(ends, dtype=int) for ends in self.edges[:2])
        weights = np.array(self.edges[2])
        degrees = np.zeros(self.n_nodes)
        degrees[: len(self.to_removed)] = self.to_removed
        for here, there in ((heads, tails), (tails, heads)):
            cut = ~kept[there]
            np.add.at(degrees, here[cut], weights[cut])
        whole = kept[heads] & kept[tails]
        number = np.cumsum(kept) - 1
        edges = number[heads[whole]], number[tails[whole]], weights[whole]
        return replace(
            self,
            edges=tuple(tuple(part.tolist()) for part in edges),
            n_nodes=int(kept.sum()),
            to_removed=tuple(degrees[kept].tolist()),
        )

    def value(self, x, strength):
        nodes = x.view(self.n_nodes, -1)
        heads, tails, weights = self._tensors(x)
        norms = nodes.square().sum(1).sqrt()
        energy = (weights * (nodes[heads] - nodes[tails]).square().sum(1)).sum()
        if self.to_removed:
            energy = energy + x.new_tensor(self.to_removed).dot(norms.square())
        return (strength * (norms.sum() + 0.5 * self.smoothing * energy)).reshape(1)

    def prox(self, x, step, strength):
        nodes = x.view(self.n_nodes, -1)
        area = float(step * strength)
        heads, tails, weights = self._tensors(x)
        weights = weights * (area * self.smoothing)
        degrees = x.new_zeros(self.n_nodes).index_add_(0, heads, weights)
        degrees = degrees.index_add_(0, tails, weights)
        if self.to_removed:
            degrees += x.new_tensor(self.to_removed).mul_(area * self.smoothing)
        degrees = degrees[:, None]
        curvature = 1 + 2 * degrees
        root = float(curvature.amax()) ** 0.5
        alive = 1.0 if self.by_weights else (nodes > 0).to(x)
        z, ahead, momentum = nodes, nodes, 0.0
        precision = (1e-15 if x.element_size() == 8 else 1e-8) * float(x.abs().amax())
        for _ in range(_MAX_ITERATIONS):
            pull = nodes + degrees * ahead
            pull.index_add_(0, heads, weights[:, None] * ahead[tails])
            pull.index_add_(0, tails, weights[:, None] * ahead[heads])
            if not self.by_weights:
                pull.clamp_(min=0)
            norms = pull.square().sum(1, keepdim=True).sqrt_()
            factors = (norms - area).clamp_(min=0).div_(norms.clamp(min=1e-30)).div_(curvature)
            previous, z = z, pull.mul_(factors).mul_(alive)
            change = float((z - previous).abs().amax())
            # With momentum, what stands still may be about to turn.
            if not change > precision and momentum == 0:
                break
            # Near the end momentum would only keep rounding errors alive.
            momentum = (root - 1) / (root + 1) if change > 30 * precision else 0.0
            ahead = z + momentum * (z - previous)
        return z.view_as(x)

    def _tensors(self, x):
        heads, tails, weights = self.edges
        return x.new_tensor(heads).long(), x.new_tensor(tails).long(), x.new_tensor(weights)


@dataclass(eq=False, repr=False)
class GroupGraph(Penalty):
    r"""Group lasso on inputs that form a graph: neighbours are kept or dropped together.

    .. math:: \Omega = \sqrt{n}\left[\sum_g \|w_g\|_2
        + \frac{\sigma}{2} \sum_{gh} A_{gh}\, d(w_g, w_h)^2\right]
        + \text{group lasso of the other layers}

    over the inputs g, each with its n outgoing weights, and the edges gh of a graph; d is the
    difference of the norms, or the distance of the weights. This formulation is our own, after the
    idea of the reference.

    Parameters
    ----------
    graph : sparse matrix or array of shape (n_features, n_features), networkx graph, or list
        Symmetric adjacency, or one triangle of it, with weights >= 0; or a list of edges (i, j) or
        (i, j, weight) between columns, with weights > 0.
    smoothing : float >= 0, default=1.0
        :math:`\sigma`: 0 is the group lasso.
    difference : {"norms", "weights"}, default="norms"
        "norms": :math:`d = \|w_g\|_2 - \|w_h\|_2`; neighbours matter alike. "weights": :math:`d =
        \|w_g - w_h\|_2`; neighbours also act alike. Convex.
    layers, warm_up
        As in :class:`Penalty`.
    fraction : float, default=1.0
        Must be 1.
    adaptive : float, default=0.0
        Must be 0.

    References
    ----------
    The idea: Dai, Li, He & others (2015), group-graph regularisation, AAAI.

    Examples
    --------
    >>> from sgnn.penalties import GroupGraph
    >>> GroupGraph([(0, 1), (1, 2)], smoothing=0.5)
    GroupGraph(graph=[(0, 1), (1, 2)], smoothing=0.5)
    """

    graph: object = None
    _: KW_ONLY
    smoothing: float = 1.0
    difference: str = "norms"

    def __getstate__(self):
        """Return what is saved: networkx' graphs, which other programs cannot save, as edges."""
        state = super().__getstate__()
        if _is_of_networkx(self.graph):
            state = {**state, "graph": _edges_of_networkx(self.graph)}
        return state

    def pieces(self):
        check_interval(self, "smoothing", low=0, closed="left")
        check_choice(self, "difference", ("norms", "weights"))
        edges = edges_of(self.graph)
        by_weights = self.difference == "weights"
        for name, neutral in (("fraction", 1), ("adaptive", 0)):
            value = getattr(self, name)
            if not (isinstance(value, Real) and value == neutral):
                raise ValueError(
                    f"GroupGraph: {name} must be {neutral}, because a graph is penalised as a "
                    f"whole; got {value!r}."
                )
        shape = GraphShape(edges, float(self.smoothing), by_weights)
        return [
            Piece(shape, "layer" if by_weights else "layer of outgoing", layers=_on_inputs),
            Piece(AbsoluteValue(), "outgoing", size_scaling=True, layers=_beyond_inputs),
        ]

    def check(self, sizes, blocks=None):
        super().check(sizes, blocks)
        if blocks is not None:
            raise ValueError(
                "GroupGraph: feature_groups and a graph over the columns exclude each other."
            )
        n_features = sizes[0]
        shape = getattr(self.graph, "shape", None)
        if shape is not None and len(shape) == 2 and shape[0] == shape[1] != n_features:
            raise ValueError(
                f"GroupGraph: graph has {shape[0]} nodes, and X has {n_features} columns."
            )
        heads, tails, _ = edges_of(self.graph)
        largest = max((*heads, *tails), default=0)
        if largest >= n_features:
            raise ValueError(
                f"GroupGraph: graph names node {largest}; X has columns 0 to {n_features - 1}."
            )


def _on_inputs(sizes):
    return [sizes[1] ** 0.5] + [0.0] * (len(sizes) - 2)


def _beyond_inputs(sizes):
    return [0.0] + [1.0] * (len(sizes) - 2)


def edges_of(graph):
    """Return the edges of a graph, each once.

    Parameters
    ----------
    graph : sparse matrix, ndarray, networkx graph, or list of edges
        As in :class:`GroupGraph`.

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
            "GroupGraph: graph is missing; pass an adjacency matrix, a networkx graph or a list of "
            "edges: GroupGraph(graph=...)."
        )
    if sparse.issparse(graph) or isinstance(graph, np.ndarray):
        edges = _edges_of_adjacency(graph)
    elif _is_of_networkx(graph):
        edges = _edges_of_networkx(graph)
    elif isinstance(graph, (list, tuple)):
        edges = graph
    else:
        raise ValueError(
            "GroupGraph: graph must be an adjacency matrix, a networkx graph or a list of edges; "
            f"got {graph!r}."
        )
    merged = {}
    for edge in edges:
        head, tail, weight = _checked_edge(edge)
        ends = min(head, tail), max(head, tail)
        if merged.setdefault(ends, weight) != weight:
            raise ValueError(
                f"GroupGraph: graph names the edge {ends} with weights {merged[ends]} and {weight}."
            )
    heads, tails = zip(*merged, strict=True) if merged else ((), ())
    return heads, tails, tuple(merged.values())


def _is_of_networkx(graph):
    return callable(getattr(graph, "edges", None))


def _edges_of_networkx(graph):
    return list(graph.edges(data="weight", default=1.0))


def _edges_of_adjacency(graph):
    if graph.ndim != 2 or graph.shape[0] != graph.shape[1] or graph.dtype.kind not in "biuf":
        raise ValueError(
            "GroupGraph: graph must be square and of numbers if it is an array, the adjacency "
            f"matrix; got shape {graph.shape} of {graph.dtype}. Edges are given as a list."
        )
    matrix = sparse.csr_array(graph.astype(float))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    upper, lower = sparse.triu(matrix, 1), sparse.tril(matrix, -1)
    if upper.nnz and lower.nnz and abs(upper - lower.T).max() > 1e-12 * abs(matrix).max():
        raise ValueError("GroupGraph: graph must be symmetric, or have one triangle only.")
    part = sparse.coo_array(upper if upper.nnz else lower)
    return list(zip(part.row.tolist(), part.col.tolist(), part.data.tolist(), strict=True))


def _checked_edge(edge):
    """Return (head, tail, weight), checked."""
    try:
        head, tail, weight = (*edge, 1.0)[:3]
        integers = all(isinstance(node, Integral) and node >= 0 for node in (head, tail))
        right = len(edge) in (2, 3) and integers and head != tail and 0 < weight < np.inf
    except (TypeError, ValueError):
        right = False
    if not right:
        raise ValueError(
            "GroupGraph: the edges of graph must be (i, j) or (i, j, weight) with two different "
            f"columns >= 0 and a weight > 0; got {edge!r}."
        )
    return int(head), int(tail), float(weight)
