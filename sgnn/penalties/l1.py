"""Lasso, group lasso and their sum."""

from dataclasses import dataclass

from sgnn.penalties._checks import check_groups, check_interval
from sgnn.penalties.base import Penalty, Piece, Shape


@dataclass(frozen=True)
class AbsoluteValue(Shape):
    r""":math:`\varphi(x) = \lambda |x|`; its prox is the soft threshold
    :math:`\mathrm{sgn}(x)\,(|x| - \mathrm{step}\,\lambda)_+`."""

    homogeneous = True

    def value(self, x, strength):
        return strength * x.abs()

    def prox(self, x, step, strength):
        threshold = step * strength
        return x - x.clamp(-threshold, threshold)


class L1(Penalty):
    r"""Lasso on single weights.

    .. math:: \Omega = \sum_{ij} |w_{ij}|

    References
    ----------
    Tibshirani (1996), "Regression shrinkage and selection via the lasso",
    doi:10.1111/j.2517-6161.1996.tb02080.x.

    Examples
    --------
    >>> from sgnn.penalties import L1
    >>> L1()
    L1()
    """

    def pieces(self):
        return [Piece(AbsoluteValue(), "weights")]


class GroupLasso(Penalty):
    r"""Group lasso: whole inputs and hidden units are switched off.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \|w_g\|_2

    Parameters
    ----------
    groups : {"outgoing", "incoming"}, default="outgoing"
        "outgoing": all weights that leave an input or a hidden unit form a group.
        "incoming": all weights that enter a unit form a group, with its bias.
    size_scaling : bool, default=True
        Whether each group is weighted by :math:`\sqrt{|g|}`, its size in the full network.

    References
    ----------
    Scardapane, Comminiello, Hussain & Uncini (2017), "Group sparse regularization for deep neural
    networks", arXiv:1607.00485. Yuan & Lin (2006), doi:10.1111/j.1467-9868.2005.00532.x.

    Examples
    --------
    >>> from sgnn.penalties import GroupLasso
    >>> GroupLasso(groups="incoming")
    GroupLasso(groups='incoming')
    """

    def __init__(self, groups="outgoing", *, size_scaling=True):
        self.groups = groups
        self.size_scaling = size_scaling

    def pieces(self):
        check_groups(self, allowed=("outgoing", "incoming"))
        return [Piece(AbsoluteValue(), self.groups, size_scaling=self.size_scaling)]


class SparseGroupLasso(Penalty):
    r"""Sparse group lasso: units are switched off, and single weights of those that stay.

    .. math:: \Omega = (1 - r) \sum_g \sqrt{|g|}\, \|w_g\|_2 + r \sum_{ij} |w_{ij}|

    Its prox is exact: a soft threshold, then a shrinkage of the groups.

    Parameters
    ----------
    l1_ratio : float in [0, 1], default=0.5
        The mixing :math:`r`: 0 is the group lasso, 1 the lasso.
    groups : {"outgoing", "incoming"}, default="outgoing"
        As in :class:`GroupLasso`.
    size_scaling : bool, default=True
        As in :class:`GroupLasso`.

    References
    ----------
    Simon, Friedman, Hastie & Tibshirani (2013), "A sparse-group lasso",
    doi:10.1080/10618600.2012.681250. Scardapane et al. (2017), arXiv:1607.00485.

    Examples
    --------
    >>> from sgnn.penalties import SparseGroupLasso
    >>> SparseGroupLasso(l1_ratio=0.1)
    SparseGroupLasso(l1_ratio=0.1)
    """

    def __init__(self, l1_ratio=0.5, *, groups="outgoing", size_scaling=True):
        self.l1_ratio = l1_ratio
        self.groups = groups
        self.size_scaling = size_scaling

    def pieces(self):
        check_groups(self, allowed=("outgoing", "incoming"))
        check_interval(self, "l1_ratio", low=0, high=1)
        return [
            Piece(AbsoluteValue(), "weights", weight=self.l1_ratio),
            Piece(AbsoluteValue(), self.groups, 1 - self.l1_ratio, self.size_scaling),
        ]
