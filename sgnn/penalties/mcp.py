"""Minimax concave penalty."""

from dataclasses import dataclass

from sgnn._common.checks import check_interval
from sgnn._common.namespaces import at_least, at_most, like, namespace, soft_threshold
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class MinimaxConcave(Shape):
    r""":math:`\varphi(x) = \lambda|x| - x^2/(2\gamma)` up to :math:`|x| = \gamma\lambda`, constant
    :math:`\gamma\lambda^2/2` beyond.

    The prox is firm thresholding while :math:`\mathrm{step} < \gamma`: it subtracts
    :math:`\mathrm{step}\,(\gamma\lambda - |x|)_+/(\gamma - \mathrm{step})`. For larger steps, as
    adaptive optimisers take them, it is hard thresholding at
    :math:`\lambda\sqrt{\mathrm{step}\,\gamma}`.
    """

    gamma: float
    nests = True
    takes_arrays = True

    @property
    def kernel(self):
        """Name of the shape in :mod:`sgnn.kernels`, and its parameter."""
        return "mcp", self.gamma

    def value(self, x, strength):
        r = at_most(abs(x), self.gamma * strength)
        return strength * r - r * r / (2 * self.gamma)

    def prox(self, x, step, strength):
        xp, step, gamma = namespace(x), like(x, step), self.gamma
        knee = at_least(step, gamma)
        knee *= gamma
        xp.sqrt(knee, out=knee)
        knee *= strength
        slope = knee - abs(x)
        slope /= at_least(gamma - step, 1e-20)
        shrink = at_least(slope, 0.0, out=slope)
        shrink *= step
        return soft_threshold(x, shrink)


@dataclass(eq=False, repr=False)
class MCP(GroupPenalty):
    r"""Minimax concave penalty: as the lasso near zero, no bias on what stays.

    .. math:: \Omega = \sum_g \sqrt{|g|}\,
        \varphi(\|w_g\|_2), \qquad
        \alpha\varphi(x) \to \begin{cases} \alpha x - x^2/(2\gamma) & x \le \gamma\alpha \\
        \gamma\alpha^2/2 & x > \gamma\alpha\end{cases}

    This penalty is not proportional to ``alpha``: ``alpha`` is the slope at zero, and groups with
    a norm above ``gamma * alpha`` are not penalised.

    The sources have single coefficients for groups: that is ``groups="weights"``.

    Parameters
    ----------
    gamma : float > 0, default=3.0
        Concavity: the lasso for ``gamma`` to infinity, closer to counting for small values.
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Zhang (2010), "Nearly unbiased variable selection under minimax concave penalty",
    doi:10.1214/09-AOS729, arXiv:1002.4734.

    Examples
    --------
    >>> from sgnn.penalties import MCP
    >>> MCP(gamma=2.0, groups="weights")
    MCP(gamma=2.0, groups='weights')
    """

    gamma: float = 3.0

    def shape(self):
        check_interval(self, "gamma", low=0, closed="neither")
        return MinimaxConcave(self.gamma)
