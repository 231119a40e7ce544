"""Log-sum penalty."""

from dataclasses import dataclass

from sgnn.penalties._checks import check_interval
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class Logarithm(Shape):
    r""":math:`\varphi(x) = \lambda\varepsilon\log(1 + |x|/\varepsilon)`, of slope :math:`\lambda`
    at 0.

    With :math:`\Lambda = \mathrm{step}\,\lambda\varepsilon` and :math:`s = |x| + \varepsilon` the
    stationary point of the prox is :math:`|x| - 2\Lambda/(s + \sqrt{s^2 - 4\Lambda})`, a form
    without cancellation; the prox is the better of it and 0.
    """

    eps: float
    nests = True

    def value(self, x, strength):
        return strength * self.eps * (x.abs() / self.eps).log1p()

    def prox(self, x, step, strength):
        r = x.abs()
        area = x.new_zeros(()) + step * strength * self.eps
        shifted = r + self.eps
        discriminant = shifted * shifted - 4 * area
        root = r - 2 * area / (shifted + discriminant.clamp(min=0).sqrt())
        exists = (discriminant >= 0) & (root > 0)
        root = root.clamp(min=0)
        gain = root * (r - 0.5 * root) - area * (root / self.eps).log1p()
        return (root * (exists & (gain > 0))).copysign(x)


@dataclass(eq=False, repr=False)
class LogSum(GroupPenalty):
    r"""Log-sum penalty: each magnitude is judged relative to ``eps``, large ones hardly shrink.

    .. math:: \Omega = \sum_g \sqrt{|g|}\;\varepsilon\log(1 + \|w_g\|_2/\varepsilon)

    The slope at zero is that of the group lasso, so ``alpha`` compares with it.

    Parameters
    ----------
    eps : float > 0, default=0.1
        Offset: the lasso for ``eps`` to infinity, closer to counting for small values.
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty` and :class:`Penalty`.

    References
    ----------
    Candès, Wakin & Boyd (2008), "Enhancing sparsity by reweighted l1 minimization",
    doi:10.1007/s00041-008-9045-x, arXiv:0711.1612.

    Examples
    --------
    >>> from sgnn.penalties import LogSum
    >>> LogSum(eps=0.01)
    LogSum(eps=0.01)
    """

    eps: float = 0.1

    def shape(self):
        check_interval(self, "eps", low=0, closed="neither")
        return Logarithm(self.eps)
