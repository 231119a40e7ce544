"""A graph over the inputs: few inputs matter, and they are connected."""

from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from sgnn._common.checks import check_interval
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
from sgnn.penalties.log_sum import Logarithm

_MAX_ITERATIONS = 1000


@dataclass(frozen=True)
class SpreadLogarithm(NodesShape):
    r"""Log-sum of norms to which those of neighbours are added, on all inputs at once.

    .. math:: \varphi(r) = \lambda\varepsilon \sum_i c_i \log(1 + (Nr)_i/\varepsilon)

    With a matrix :math:`N \ge 0` of a row for each node, and :math:`r \ge 0`. The sum is concave,
    so the prox descends by its tangent, :math:`r \leftarrow (x - \mathrm{step}\,N^\top
    (c\,\varphi'(Nr)))_+`, from x and from 0, and takes the better end; in tests against all
    supports no better point was found.

    Parameters
    ----------
    edges : tuple of three tuples
        Ends and weights of the edges, each edge once.
    eps, spread : float
    entries : tuple of three tuples
        Rows, columns and values of N; of the nodes that are left, which the columns are.
    costs : tuple of float
        The :math:`c_i`.
    n_nodes : int or None
        None as long as the network is not known.
    blocks : tuple of int
        Node of each input; () is a node for each.
    """

    edges: tuple = field(repr=False)
    eps: float
    spread: float
    entries: tuple = field(default=(), repr=False)
    costs: tuple = field(default=(), repr=False)
    n_nodes: int | None = None
    blocks: tuple = field(default=(), repr=False)

    @property
    def kernel(self):
        return "spread_logarithm", self.eps

    @cached_property
    def matrix(self):
        rows, columns, values = self.entries
        return sparse.csr_array((values, (rows, columns)), shape=(len(self.costs), self.n_nodes))

    def on_network(self, sizes, blocks=None):
        blocks = () if blocks is None else tuple(np.asarray(blocks).tolist())
        n_nodes = max(blocks) + 1 if blocks else sizes[0]
        heads, tails, weights = (np.array(part) for part in self.edges)
        nodes, spread = np.arange(n_nodes), self.spread * weights
        rows = np.concatenate([nodes, heads, tails]).astype(int)
        columns = np.concatenate([nodes, tails, heads]).astype(int)
        values = np.concatenate([np.ones(n_nodes), spread, spread])
        costs = roots_of_sizes(blocks, n_nodes) / np.bincount(rows, values)
        entries = tuple(tuple(part.tolist()) for part in (rows, columns, values))
        return replace(
            self, entries=entries, costs=tuple(costs.tolist()), n_nodes=n_nodes, blocks=blocks
        )

    def on_inputs(self, kept):
        kept, blocks = nodes_kept(kept, self.blocks)
        rows, columns, values = (np.array(part) for part in self.entries)
        there = kept[columns]
        columns = (np.cumsum(kept) - 1)[columns[there]]
        entries = rows[there], columns, values[there]
        entries = tuple(tuple(part.tolist()) for part in entries)
        return replace(self, entries=entries, n_nodes=int(kept.sum()), blocks=blocks)

    def value(self, x, strength):
        return (strength * self.eps * self._total(x.abs().view(-1, 1))).reshape(1)

    def prox(self, x, step, strength):
        area = float(step * strength)
        sizes = x.abs().view(-1, 1)
        ends = [self._descend(sizes, area, start) for start in (sizes, 0.0 * sizes)]
        first, second = (self._objective(sizes, end, area) for end in ends)
        return ends[1 if second < first else 0].view_as(x).copysign_(x)

    def _descend(self, sizes, area, r):
        costs = area * self.tensors(sizes)[-1][:, None]
        precision = (1e-15 if sizes.element_size() == 8 else 1e-8) * float(sizes.max())
        for _ in range(_MAX_ITERATIONS):
            slopes = costs / (self.times(r) / self.eps + 1)
            before, r = r, (sizes - self.times(slopes, transposed=True)).clamp_(min=0)
            if not float((r - before).abs().max()) > precision:
                break
        return r

    def _objective(self, sizes, r, area):
        return float(0.5 * (r - sizes).square().sum() + area * self.eps * self._total(r))

    def _total(self, r):
        """Return the sum of the logarithms, times their costs."""
        *_, costs = self.tensors(r)
        return costs.dot((self.times(r)[:, 0] / self.eps).log1p())


@dataclass(eq=False, repr=False)
class GraphLogSum(GraphPenalty):
    r"""Log-sum on inputs that form a graph: few of them are kept, and they are connected.

    .. math:: \Omega = \sqrt{n} \sum_g c_g\, \varepsilon \log\left(1 + \frac{1}{\varepsilon}
        \left[\|w_g\|_2 + \tau \sum_h A_{gh} \|w_h\|_2\right]\right) + \text{log-sum of the others},
        \qquad c_g = \frac{1}{1 + \tau \sum_h A_{gh}}

    over the inputs g, each with its n outgoing weights, and their neighbours h in a graph. An input
    is cheap once its neighbours are there, and need not matter as much as they do. With
    ``feature_groups`` the nodes are these groups, in their order, and then the columns in none; the
    term of a group of m columns counts :math:`\sqrt m` times.

    This formulation is our own, after the idea of the reference. It helps where what matters is
    connected, and costs where an edge says little, as between a product and its factors: search
    over ``spread`` from 0.

    Parameters
    ----------
    graph
        As in :class:`GraphPenalty`.
    eps : float > 0, default=0.1
        Offset :math:`\varepsilon`, as in :class:`LogSum`.
    spread : float >= 0, default=0.6
        How much the neighbours count, :math:`\tau`; 0 is :class:`LogSum` on the inputs.
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
    >>> from sgnn.penalties import GraphLogSum
    >>> GraphLogSum([(0, 1), (1, 2)], spread=0.3)
    GraphLogSum(graph=[(0, 1), (1, 2)], spread=0.3)
    """

    _: KW_ONLY
    eps: float = 0.1
    spread: float = 0.6

    def pieces(self):
        check_interval(self, "eps", low=0, closed="neither")
        check_interval(self, "spread", low=0, closed="left")
        check_whole(self)
        edges = edges_of(self.graph, type(self).__name__)
        shape = SpreadLogarithm(edges, float(self.eps), float(self.spread))
        return [
            Piece(shape, "layer of outgoing", layers=on_inputs),
            Piece(Logarithm(self.eps), "outgoing", size_scaling=True, layers=beyond_inputs),
        ]
