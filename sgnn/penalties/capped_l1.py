"""Capped l1 penalty."""

from dataclasses import dataclass

from sgnn._common.checks import check_interval
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class CappedMagnitude(Shape):
    r""":math:`\varphi(x) = \lambda \min(|x|, \theta)`.

    With :math:`\Lambda = \mathrm{step}\,\lambda` the prox is a soft threshold at :math:`\Lambda` up
    to :math:`|x| = \theta + \Lambda/2`, and leaves what lies beyond alone. From
    :math:`\Lambda = 2\theta` on it is a hard threshold at :math:`\sqrt{2\Lambda\theta}`.
    """

    theta: float

    def value(self, x, strength):
        return strength * x.abs().clamp_(max=self.theta)

    def prox(self, x, step, strength):
        threshold, reach = (x.new_zeros(()) + step) * strength, 2 * self.theta
        # The square root is `reach` for thresholds below it; above, what is added is 0.
        knee = threshold.clamp(min=reach).mul_(reach).sqrt_()
        knee = knee.add_(threshold.clamp(max=reach).sub_(reach), alpha=0.5)
        shrink = x.abs().le_(knee).mul_(threshold)
        return x - x.clamp(-shrink, shrink)


@dataclass(eq=False, repr=False)
class CappedL1(GroupPenalty):
    r"""Capped lasso: every group that is large enough costs the same.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \min(\|w_g\|_2, \theta)

    Use it where the norm is known from which on a unit is worth its place.

    The sources have single coefficients for groups: that is ``groups="weights"``.

    Parameters
    ----------
    theta : float > 0, default=1.0
        Norm from which on a group costs no more: the lasso for ``theta`` to infinity.
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Zhang (2010), "Analysis of multi-stage convex relaxation for sparse regularization", Journal of
    Machine Learning Research 11.

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
