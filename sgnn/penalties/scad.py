"""Smoothly clipped absolute deviation."""

from dataclasses import dataclass

from sgnn.penalties._checks import check_interval
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class ClippedDeviation(Shape):
    r""":math:`\varphi(x) = \lambda|x|` up to :math:`\lambda`, then
    :math:`(2\gamma\lambda|x| - x^2 - \lambda^2) / (2(\gamma - 1))` up to :math:`\gamma\lambda`,
    then constant :math:`\lambda^2(\gamma + 1)/2`.

    The prox is piecewise linear while :math:`\mathrm{step} < \gamma - 1`. For larger steps, as
    adaptive optimisers take them, it jumps from a soft threshold to the identity.
    """

    gamma: float

    def value(self, x, strength):
        r = x.abs()
        bend = r.clamp(min=strength, max=self.gamma * strength) - strength
        return strength * r.clamp(max=self.gamma * strength) - bend * bend / (2 * (self.gamma - 1))

    def prox(self, x, step, strength):
        gamma, r = self.gamma, x.abs()
        step = x.new_zeros(()) + step
        soft = (r - step * strength).clamp_(min=0)
        room = (gamma - 1) - step
        bent = r - step * (gamma * strength - r).div_(room.clamp(min=1e-30))
        smooth = soft.where(r <= (1 + step) * strength, bent).where(r <= gamma * strength, r)
        edge = 0.5 * strength * (gamma + 1 + step)
        edge = edge.where(step <= gamma + 1, strength * (step * (gamma + 1)).sqrt())
        return smooth.where(room > 0, soft.where(r <= edge, r)).mul_(x.sign())


@dataclass(eq=False, repr=False)
class SCAD(GroupPenalty):
    r"""Smoothly clipped absolute deviation: as the lasso near zero, no bias on what stays.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \varphi(\|w_g\|_2), \qquad \alpha\varphi(x) \to
        \begin{cases} \alpha x & x \le \alpha \\
        \frac{2\gamma\alpha x - x^2 - \alpha^2}{2(\gamma - 1)} & x \le \gamma\alpha \\
        \alpha^2 (\gamma + 1)/2 & x > \gamma\alpha\end{cases}

    This penalty is not proportional to ``alpha``: ``alpha`` is the slope at zero, and groups with
    a norm above ``gamma * alpha`` are not penalised.

    Parameters
    ----------
    gamma : float > 2, default=3.7
        Concavity: the lasso for ``gamma`` to infinity.
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Fan & Li (2001), "Variable selection via nonconcave penalized likelihood and its oracle
    properties", doi:10.1198/016214501753382273.

    Examples
    --------
    >>> from sgnn.penalties import SCAD
    >>> SCAD(gamma=3.0)
    SCAD(gamma=3.0)
    """

    gamma: float = 3.7

    def shape(self):
        check_interval(self, "gamma", low=2, closed="neither")
        return ClippedDeviation(self.gamma)
