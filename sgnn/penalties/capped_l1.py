"""Capped l1 penalty."""

from dataclasses import dataclass

from sgnn._common.checks import check_interval
from sgnn._common.namespaces import at_least, at_most, like, namespace, soft_threshold
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class CappedMagnitude(Shape):
    r""":math:`\varphi(x) = \lambda \min(|x|, \theta)`.

    With :math:`\Lambda = \mathrm{step}\,\lambda` the prox is a soft threshold at :math:`\Lambda` up
    to :math:`|x| = \theta + \Lambda/2`, and leaves what lies beyond alone. From
    :math:`\Lambda = 2\theta` on it is a hard threshold at :math:`\sqrt{2\Lambda\theta}`.
    """

    theta: float

    takes_arrays = True

    @property
    def kernel(self):
        """Name of the shape in :mod:`sgnn.kernels`, and its parameter."""
        return "capped", self.theta

    def value(self, x, strength):
        return strength * at_most(abs(x), self.theta)

    def prox(self, x, step, strength):
        xp, threshold, reach = namespace(x), like(x, step) * strength, 2 * self.theta
        # The square root is `reach` for thresholds below it; above, what is added is 0.
        knee = at_least(threshold, reach)
        knee *= reach
        xp.sqrt(knee, out=knee)
        knee += 0.5 * at_most(threshold, reach)
        knee -= 0.5 * reach
        r = abs(x)
        shrink = xp.less_equal(r, knee, out=r)
        shrink *= threshold
        return soft_threshold(x, shrink)


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
