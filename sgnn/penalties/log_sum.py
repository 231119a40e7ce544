"""Log-sum penalty."""

from dataclasses import dataclass

from sgnn._common.checks import check_interval
from sgnn._common.namespaces import at_least, like, namespace
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class Logarithm(Shape):
    r""":math:`\varphi(x) = \lambda\varepsilon\log(1 + |x|/\varepsilon)`, of slope :math:`\lambda`
    at 0.

    With :math:`\Lambda = \mathrm{step}\,\lambda\varepsilon` and :math:`s = |x| + \varepsilon` the
    stationary point of the prox is :math:`|x| - 2\Lambda/(s + \sqrt{s^2 - 4\Lambda})`, a form
    without cancellation; the prox is the better of it and 0. Where the root is not real the
    objective rises from 0 on, so that 0 is better than whatever is put in its place.
    """

    eps: float
    nests = True
    takes_arrays = True

    @property
    def kernel(self):
        """Name of the shape in :mod:`sgnn.kernels`, and its parameter."""
        return "log_sum", self.eps

    def value(self, x, strength):
        return strength * self.eps * namespace(x).log1p(abs(x) / self.eps)

    def prox(self, x, step, strength):
        xp, r = namespace(x), abs(x)
        twice_area = like(x, step) * (2 * strength * self.eps)
        shifted = r + self.eps
        root = shifted * shifted
        root -= 2 * twice_area
        at_least(root, 0.0, out=root)
        xp.sqrt(root, out=root)
        root += shifted
        shrink = xp.divide(twice_area, root, out=root)
        point = xp.subtract(r, shrink, out=shrink)
        at_least(point, 0.0, out=point)
        gain = r + r
        gain -= point
        gain *= point
        cost = xp.divide(point, self.eps, out=r)
        xp.log1p(cost, out=cost)
        cost *= twice_area
        point *= xp.greater(gain, cost, out=gain)
        return xp.copysign(point, x)


@dataclass(eq=False, repr=False)
class LogSum(GroupPenalty):
    r"""Log-sum penalty: each magnitude is judged relative to ``eps``, large ones hardly shrink.

    .. math:: \Omega = \sum_g \sqrt{|g|}\;\varepsilon\log(1 + \|w_g\|_2/\varepsilon)

    The slope at zero is that of the group lasso, so ``alpha`` compares with it. The source has
    single coefficients, ``groups="weights"``, and no factor :math:`\varepsilon`: its strength is
    ``alpha * eps``.

    Parameters
    ----------
    eps : float > 0, default=0.1
        Offset: the lasso for ``eps`` to infinity, closer to counting for small values.
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

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
