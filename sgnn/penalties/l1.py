"""Lasso, group lasso and their sum."""

from dataclasses import KW_ONLY, dataclass

from sgnn._common.checks import check_interval
from sgnn._common.namespaces import soft_threshold
from sgnn.penalties._checks import check_flag, check_groups
from sgnn.penalties.base import GroupPenalty, Penalty, Piece, RowShape, Shape


@dataclass(frozen=True)
class AbsoluteValue(Shape):
    r""":math:`\varphi(x) = \lambda |x|`; its prox is the soft threshold
    :math:`\mathrm{sgn}(x)\,(|x| - \mathrm{step}\,\lambda)_+`."""

    homogeneous = True
    convex = True
    takes_arrays = True

    def value(self, x, strength):
        return strength * abs(x)

    def soft(self, strength):
        return strength, 0.0

    def prox(self, x, step, strength):
        return soft_threshold(x, step * strength)


@dataclass(frozen=True)
class AbsoluteEntries(RowShape):
    r""":math:`\varphi(x) = \lambda \|x\|_1`; its prox is the soft threshold of each entry."""

    homogeneous = True
    convex = True

    def value(self, x, strength):
        return strength * x.abs().sum(1)

    def prox(self, x, step, strength):
        return soft_threshold(x, step * strength)


@dataclass(eq=False, repr=False)
class L1(Penalty):
    r"""Lasso on single weights.

    .. math:: \Omega = \sum_{ij} |w_{ij}|

    Parameters
    ----------
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

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


@dataclass(eq=False, repr=False)
class GroupLasso(GroupPenalty):
    r"""Group lasso: whole inputs and hidden units are switched off.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \|w_g\|_2

    Parameters
    ----------
    groups : {"outgoing", "incoming", "taps", "kernels", "both"}, default="outgoing"
        As in :class:`GroupPenalty`.
    size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

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

    _more_groups = ("both",)

    def shape(self):
        return AbsoluteValue()


@dataclass(eq=False, repr=False)
class SparseGroupLasso(Penalty):
    r"""Sparse group lasso: units are switched off, and single weights of those that stay.

    .. math:: \Omega = (1 - r) \sum_g \sqrt{|g|}\, \|w_g\|_2 + r \sum_{ij} |w_{ij}|

    Its prox is exact: a soft threshold, then a shrinkage of the groups.

    Parameters
    ----------
    l1_ratio : float in [0, 1], default=0.5
        The mixing :math:`r`: 0 is the group lasso, 1 the lasso.
    groups : {"outgoing", "incoming", "taps", "kernels"}, default="outgoing"
        As in :class:`GroupPenalty`.
    size_scaling : bool, default=True
        As in :class:`GroupPenalty`.
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

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

    l1_ratio: float = 0.5
    _: KW_ONLY
    groups: str = "outgoing"
    size_scaling: bool = True

    def pieces(self):
        check_groups(self)
        check_flag(self, "size_scaling")
        check_interval(self, "l1_ratio", low=0, high=1)
        return [
            Piece(AbsoluteValue(), "weights", weight=self.l1_ratio),
            Piece(AbsoluteValue(), self.groups, 1 - self.l1_ratio, self.size_scaling),
        ]
