"""Smoothly clipped absolute deviation."""

from dataclasses import dataclass

from sgnn._common.checks import check_interval
from sgnn._common.namespaces import at_least, at_most, like, namespace, soft_threshold
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class SmoothlyClipped(Shape):
    r""":math:`\varphi(x) = \lambda|x|` up to :math:`|x| = \lambda`, a parabola from there to
    :math:`\gamma\lambda`, and constant :math:`(\gamma + 1)\lambda^2/2` beyond.

    The prox subtracts :math:`\mathrm{step}\,\min(\lambda, (k - |x|)_+ / (\gamma - 1 - step))` with
    :math:`k = \gamma\lambda`. From a step of :math:`\gamma - 1` on, as adaptive optimisers take
    them, it jumps at a knee :math:`k`: a soft threshold below and the identity above, with
    :math:`k = (\gamma + 1 + \mathrm{step})\lambda/2` up to a step of :math:`\gamma + 1`; for larger
    steps a hard threshold at :math:`k = \lambda\sqrt{\mathrm{step}\,(\gamma + 1)}`.
    """

    gamma: float
    nests = True
    takes_arrays = True

    @property
    def kernel(self):
        """Name of the shape in :mod:`sgnn.kernels`, and its parameter."""
        return "scad", self.gamma

    def value(self, x, strength):
        r = at_most(abs(x), self.gamma * strength)
        return strength * r - at_least(r - strength, 0.0) ** 2 / (2 * (self.gamma - 1))

    def prox(self, x, step, strength):
        xp, step, low, high = namespace(x), like(x, step), self.gamma - 1, self.gamma + 1
        # The square root is `high` up to a step of `high`; from there on, what is added is 0.
        knee = at_least(step, high)
        knee *= high
        xp.sqrt(knee, out=knee)
        knee += 0.5 * at_most(at_least(step, low), high)
        knee -= 0.5 * high
        knee *= strength
        slope = knee - abs(x)
        slope /= at_least(low - step, 1e-20)
        at_least(slope, 0.0, out=slope)
        shrink = at_most(slope, strength, out=slope)
        shrink *= step
        return soft_threshold(x, shrink)


@dataclass(eq=False, repr=False)
class SCAD(GroupPenalty):
    r"""Smoothly clipped absolute deviation: the lasso near zero, no bias on what is large.

    .. math:: \Omega = \sum_g \sqrt{|g|}\,
        \varphi(\|w_g\|_2), \qquad
        \alpha\varphi(x) \to \begin{cases} \alpha x & x \le \alpha \\
        \dfrac{2\gamma\alpha x - x^2 - \alpha^2}{2(\gamma - 1)} & \alpha < x \le \gamma\alpha \\
        (\gamma + 1)\alpha^2/2 & x > \gamma\alpha\end{cases}

    This penalty is not proportional to ``alpha``: ``alpha`` is the slope at zero, and groups with
    a norm above ``gamma * alpha`` are not penalised. Use it as :class:`MCP`, where small groups
    should be shrunk by the lasso alone before the penalty fades.

    The sources have single coefficients for groups: that is ``groups="weights"``.

    Parameters
    ----------
    gamma : float > 2, default=3.7
        Where the penalty ends: the lasso for ``gamma`` to infinity. The default is the authors'.
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Fan & Li (2001), "Variable selection via nonconcave penalized likelihood and its oracle
    properties", doi:10.1198/016214501753382273.

    Examples
    --------
    >>> from sgnn.penalties import SCAD
    >>> SCAD(gamma=3.0, groups="weights")
    SCAD(gamma=3.0, groups='weights')
    """

    gamma: float = 3.7

    def shape(self):
        check_interval(self, "gamma", low=2, closed="neither")
        return SmoothlyClipped(self.gamma)
