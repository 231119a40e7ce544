"""Transformed l1."""

from dataclasses import KW_ONLY, dataclass

from sgnn.penalties._checks import check_interval
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class TransformedMagnitude(Shape):
    r""":math:`\varphi(x) = \lambda (a + 1)|x| / (a + |x|)`.

    The prox is a root of a cubic. It is written as :math:`|x| - \tfrac43 (a + |x|)
    \sin^2(\phi/6)` with :math:`\phi = 2\arcsin\sqrt{27\,t\,a(a + 1) / (4(a + |x|)^3)}` for
    :math:`t = \mathrm{step}\cdot\lambda`; unlike in the form of the paper nothing cancels. With
    :math:`v = \sqrt{2t(a + 1)}` and :math:`u = \min(v, a)` the threshold is
    :math:`v - u + u^2/(2a)`, in both cases of the paper.
    """

    a: float

    def value(self, x, strength):
        r = x.abs()
        return strength * ((self.a + 1) * r / (self.a + r))

    def prox(self, x, step, strength):
        a, r = self.a, x.abs()
        area = x.new_zeros(()) + step * strength
        reach = area.mul_(2 * (a + 1)).sqrt_()
        inner = reach.clamp(max=a)
        keep = inner.mul(-0.5 / a).add_(1).mul_(inner).add(r).gt_(reach)
        shifted = r + a
        sine = reach.mul(1 / shifted.sqrt()).div_(shifted).mul_((3.375 * a) ** 0.5)
        sine.clamp_(max=1).asin_().mul_(1 / 3).sin_()
        r.sub_(shifted.mul_(sine).mul_(sine), alpha=4 / 3)
        return r.mul_(keep).copysign_(x)


@dataclass(eq=False, repr=False)
class TransformedL1(GroupPenalty):
    r"""Transformed :math:`\ell_1`: between the lasso and counting.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \rho_a(\|w_g\|_2), \qquad
        \rho_a(x) = \frac{(a + 1)\, x}{a + x}

    Its slope at zero is :math:`(a + 1)/a`, so small ``a`` want a smaller ``alpha``.

    Parameters
    ----------
    a : float > 0, default=1.0
        Concavity: the lasso for ``a`` to infinity, counting for ``a`` to 0.
    groups : {"outgoing", "incoming", "both", "weights"}, default="weights"
        As in :class:`GroupPenalty`.
    size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Zhang & Xin (2017), "Transformed Schatten-1 iterative thresholding algorithms", the prox:
    arXiv:1412.5240. In networks Ma, Miao, Niu & Zhang (2019), arXiv:1901.01021.

    Examples
    --------
    >>> from sgnn.penalties import TransformedL1
    >>> TransformedL1(a=0.1)
    TransformedL1(a=0.1)
    """

    a: float = 1.0
    _: KW_ONLY
    groups: str = "weights"

    def shape(self):
        check_interval(self, "a", low=0, closed="neither")
        return TransformedMagnitude(self.a)
