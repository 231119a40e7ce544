"""Capped l1 penalty."""

from dataclasses import dataclass

from sgnn.penalties._checks import check_interval
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class CappedMagnitude(Shape):
    r""":math:`\varphi(x) = \lambda \min(|x|, \theta)`.

    The prox is a soft threshold up to a point, and leaves what lies beyond alone.
    """

    theta: float

    def value(self, x, strength):
        return strength * x.abs().clamp(max=self.theta)

    def prox(self, x, step, strength):
        r = x.abs()
        area = x.new_zeros(()) + step * strength
        edge = (self.theta + 0.5 * area).where(
            area < 2 * self.theta, (2 * self.theta * area).sqrt()
        )
        return (r - area).clamp_(min=0).where(r <= edge, r).mul_(x.sign())


@dataclass(eq=False, repr=False)
class CappedL1(GroupPenalty):
    r"""Capped lasso: every group that is large enough costs the same.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \min(\|w_g\|_2, \theta)

    Parameters
    ----------
    theta : float > 0, default=1.0
        Norm from which on a group costs no more.
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Zhang (2010), "Analysis of multi-stage convex relaxation for sparse regularization",
    Journal of Machine Learning Research 11.

    Examples
    --------
    >>> from sgnn.penalties import CappedL1
    >>> CappedL1(theta=0.5)
    CappedL1(theta=0.5)
    """

    theta: float = 1.0

    def shape(self):
        check_interval(self, "theta", low=0, closed="neither")
        return CappedMagnitude(self.theta)
