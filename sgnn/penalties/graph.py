"""A graph over the inputs: neighbours are kept or dropped together."""

from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from sgnn._common.checks import check_interval
from sgnn.penalties._checks import check_choice
from sgnn.penalties._graphs import (
    GraphPenalty,
    NodesShape,
    beyond_inputs,
    check_whole,
    edges_of,
    nodes_kept,
    on_inputs,
    roots_of_sizes,
)
from sgnn.penalties.base import Piece
from sgnn.penalties.l1 import AbsoluteValue

_MAX_ITERATIONS = 1000


@dataclass(frozen=True)
class GraphShape(NodesShape):
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
    blocks : tuple of int
        Node of each input; () is a node for each.
    """

    edges: tuple = field(repr=False)
    smoothing: float
    by_weights: bool
    n_nodes: int | None = None
    to_removed: tuple = ()
    blocks: tuple = field(default=(), repr=False)

    @property
    def convex(self):
        """Whether the shape is convex: differences of norms are not convex in the weights."""
        return self.by_weights

    @property
    def kernel(self):
        return None if self.by_weights else ("graph", self.smoothing)

    @cached_property
    def matrix(self):
        """Weights of the edges, and on the diagonal their sum, with those to removed inputs."""
        heads, tails, weights = self._edges
        nodes = np.arange(self.n_nodes)
        rows, columns = np.concatenate([heads, tails, nodes]), np.concatenate([tails, heads, nodes])
        degrees = np.array(self.to_removed or np.zeros(len(nodes)))
        np.add.at(degrees, heads, weights)
        np.add.at(degrees, tails, weights)
        values = np.concatenate([weights, weights, degrees])
        return sparse.csr_array((values, (rows, columns)), shape=(len(nodes), len(nodes)))

    @property
    def costs(self):
        return roots_of_sizes(self.blocks, self.n_nodes)

    @property
    def _edges(self):
        heads, tails = (np.array(ends, dtype=int) for ends in self.edges[:2])
        return heads, tails, np.array(self.edges[2], dtype=float)

    def on_network(self, sizes, blocks=None):
        if blocks is None:
            return replace(self, n_nodes=sizes[0])
        blocks = tuple(np.asarray(blocks).tolist())
        return replace(self, n_nodes=max(blocks) + 1, blocks=blocks)

    def on_inputs(self, kept):
        kept, blocks = nodes_kept(kept, self.blocks)
        heads, tails, weights = self._edges
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
            blocks=blocks,
        )

    def value(self, x, strength):
        nodes = x.view(self.n_nodes, -1)
        rows, columns, values, costs = self.tensors(x)
        norms = nodes.square().sum(1).sqrt()
        energy = 0.5 * (values * (nodes[rows] - nodes[columns]).square().sum(1)).sum()
        if self.to_removed:
            energy = energy + x.new_tensor(self.to_removed).dot(norms.square())
        return (strength * (norms.dot(costs) + 0.5 * self.smoothing * energy)).reshape(1)

    def prox(self, x, step, strength):
        nodes = x.view(self.n_nodes, -1)
        area = float(step * strength)
        *_, costs = self.tensors(x)
        thresholds = area * costs[:, None]
        curvature = 1 + 2 * area * self.smoothing * x.new_tensor(self.matrix.diagonal())[:, None]
        root = float(curvature.amax()) ** 0.5
        alive = 1.0 if self.by_weights else (nodes > 0).to(x)
        z, ahead, momentum = nodes, nodes, 0.0
        precision = (1e-15 if x.element_size() == 8 else 1e-8) * float(x.abs().amax())
        for _ in range(_MAX_ITERATIONS):
            pull = nodes + self.times(ahead).mul_(area * self.smoothing)
            if not self.by_weights:
                pull.clamp_(min=0)
            norms = pull.square().sum(1, keepdim=True).sqrt_()
            factors = (
                (norms - thresholds).clamp_(min=0).div_(norms.clamp(min=1e-30)).div_(curvature)
            )
            previous, z = z, pull.mul_(factors).mul_(alive)
            change = float((z - previous).abs().amax())
            # With momentum, what stands still may be about to turn.
            if not change > precision and momentum == 0:
                break
            # Near the end momentum would only keep rounding errors alive.
            momentum = (root - 1) / (root + 1) if change > 30 * precision else 0.0
            ahead = z + momentum * (z - previous)
        return z.view_as(x)


@dataclass(eq=False, repr=False)
class GroupGraph(GraphPenalty):
    r"""Group lasso on inputs that form a graph: neighbours are kept or dropped together.

    .. math:: \Omega = \sqrt{n}\left[\sum_g \|w_g\|_2
        + \frac{\sigma}{2} \sum_{gh} A_{gh}\, d(w_g, w_h)^2\right]
        + \text{group lasso of the other layers}

    over the inputs g, each with its n outgoing weights, and the edges gh of a graph; d is the
    difference of the norms, or the distance of the weights. With ``feature_groups`` the nodes are
    these groups, in their order, and then the columns in none; the norm of a group of m columns
    counts :math:`\sqrt m` times. This formulation is our own, after the idea of the reference.

    It says that neighbours matter *alike*, which is more than that few connected groups matter: for
    that use :class:`GraphLogSum`. On groups on a grid and on pixels the default was measured to do
    harm, and a smoothing of 0.1 little; so it does where an edge joins inputs of which one matters
    much more, as a product and its factors. Search over ``smoothing`` from 0.

    Parameters
    ----------
    graph
        As in :class:`GraphPenalty`.
    smoothing : float >= 0, default=1.0
        :math:`\sigma`: 0 is the group lasso.
    difference : {"norms", "weights"}, default="norms"
        "norms": :math:`d = \|w_g\|_2 - \|w_h\|_2`; neighbours matter alike. "weights": :math:`d =
        \|w_g - w_h\|_2`; neighbours also act alike. Convex.
    layers, warm_up
        As in :class:`Penalty`.
    fraction, adaptive
        As in :class:`GraphPenalty`.

    References
    ----------
    The idea: Dai, Zhang, Huang, Chen & Zhou (2015), "Structured sparsity with group-graph
    regularization", AAAI, doi:10.1609/aaai.v29i1.9449.

    Examples
    --------
    >>> from sgnn.penalties import GroupGraph
    >>> GroupGraph([(0, 1), (1, 2)], smoothing=0.5)
    GroupGraph(graph=[(0, 1), (1, 2)], smoothing=0.5)
    """

    _: KW_ONLY
    smoothing: float = 1.0
    difference: str = "norms"

    def pieces(self):
        check_interval(self, "smoothing", low=0, closed="left")
        check_choice(self, "difference", ("norms", "weights"))
        edges = edges_of(self.graph)
        by_weights = self.difference == "weights"
        check_whole(self)
        shape = GraphShape(edges, float(self.smoothing), by_weights)
        return [
            Piece(shape, "layer" if by_weights else "layer of outgoing", layers=on_inputs),
            Piece(AbsoluteValue(), "outgoing", size_scaling=True, layers=beyond_inputs),
        ]

    def check(self, sizes, blocks=None):
        super().check(sizes, blocks)
        if blocks is not None and self.difference == "weights":
            raise ValueError(
                "GroupGraph: difference='weights' and feature_groups exclude each other, because "
                "blocks may differ in size; use difference='norms'."
            )
