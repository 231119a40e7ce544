"""Difference of the l1 and the l2 norm."""

from dataclasses import KW_ONLY, dataclass

from sgnn._common.checks import check_interval
from sgnn.penalties._checks import check_groups
from sgnn.penalties.base import Penalty, Piece, RowShape


@dataclass(frozen=True)
class NormDifference(RowShape):
    r""":math:`\varphi(x) = \lambda (\|x\|_1 - c\|x\|_2)` for each row.

    With :math:`t = \mathrm{step}\cdot\lambda` and the largest magnitude m, the prox is
    :math:`u\,(1 + ct/\|u\|_2)` with the soft threshold :math:`u = S_t(x)` where :math:`m > t`,
    the largest entry
    alone, of magnitude :math:`m - (1 - c)t`, where :math:`(1 - c)t < m \le t`, and else zero.
    """

    c: float

    @property
    def kernel(self):
        """Name of the prox in :mod:`sgnn.kernels`, and its parameter."""
        return "norm_difference", self.c

    def value(self, x, strength):
        return strength * (x.abs().sum(1) - self.c * x.square().sum(1).sqrt())

    def prox(self, x, step, strength):
        r = x.abs()
        area = x.new_zeros(1, 1) + step * strength
        largest, place = r.max(dim=1, keepdim=True)
        soft = (r - area).clamp_(min=0)
        norm = soft.square().sum(1, keepdim=True).sqrt_()
        soft.mul_(1 + self.c * area / norm.clamp(min=1e-30))
        alone = r.zero_().scatter_(1, place, (largest - (1 - self.c) * area).clamp_(min=0))
        return soft.where(largest > area, alone).mul_(x.sign())


@dataclass(eq=False, repr=False)
class L1MinusL2(Penalty):
    r"""Difference of norms: free for groups in which one weight is left, so few are left in each.

    .. math:: \Omega = \sum_g \left(\|w_g\|_1 - c\,\|w_g\|_2\right)

    Parameters
    ----------
    c : float in (0, 1], default=1.0
        Share of the Euclidean norm that is taken back; 0 would be the lasso.
    groups : {"outgoing", "incoming", "taps", "kernels"}, default="outgoing"
        As in :class:`GroupPenalty`.
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

    References
    ----------
    Lou & Yan (2018), "Fast L1-L2 minimization via a proximal operator",
    doi:10.1007/s10915-017-0463-2.

    Examples
    --------
    >>> from sgnn.penalties import L1MinusL2
    >>> L1MinusL2(c=0.5)
    L1MinusL2(c=0.5)
    """

    c: float = 1.0
    _: KW_ONLY
    groups: str = "outgoing"

    def pieces(self):
        check_groups(self)
        check_interval(self, "c", low=0, high=1, closed="right")
        return [Piece(NormDifference(self.c), self.groups)]
