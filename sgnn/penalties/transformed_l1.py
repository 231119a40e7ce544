"""Transformed l1 penalty."""

from dataclasses import KW_ONLY, dataclass

from sgnn._common.checks import check_interval
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class TransformedMagnitude(Shape):
    r""":math:`\varphi(x) = \lambda (a + 1)|x| / (a + |x|)`.

    With :math:`\Lambda = \mathrm{step}\,\lambda` the largest stationary point of the prox is
    :math:`|x| - \tfrac43 (a + |x|) \sin^2(\tfrac13 \arcsin\sqrt{27\Lambda a (a + 1) /
    (4(a + |x|)^3)})`, a form without cancellation. The prox is its positive part, above
    :math:`\sqrt{2\Lambda(a + 1)} - a/2`; below, 0 is better or there is no positive one.
    """

    a: float
    nests = True

    def value(self, x, strength):
        r = x.abs()
        return strength * (self.a + 1) * r / (self.a + r)

    def prox(self, x, step, strength):
        a, r = self.a, x.abs()
        area = step * (6.75 * a * (a + 1) * strength)
        grown = r + a
        sine = (area / grown.pow(3)).sqrt_().clamp_(max=1)
        shrink = sine.asin_().div_(3).sin_().square_().mul_(grown)
        beyond_jump = r.sub(area**0.5, alpha=(2 / (6.75 * a)) ** 0.5).gt_(-0.5 * a)
        return r.sub_(shrink, alpha=4 / 3).clamp_(min=0).mul_(beyond_jump).copysign_(x)


@dataclass(eq=False, repr=False)
class TransformedL1(GroupPenalty):
    r"""Transformed l1: between counting the weights and summing their magnitudes.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \rho_a(\|w_g\|_2), \qquad
        \rho_a(x) = \frac{(a + 1)\, x}{a + x}

    It is bounded by ``a + 1`` per group, and 1 at a norm of 1 for every ``a``. Use it for more
    zeros among single weights at the same error, where the lasso shrinks the others too much.

    Parameters
    ----------
    a : float > 0, default=1.0
        Counts what is not zero for ``a`` to 0, the lasso for ``a`` to infinity.
    groups : {"weights", "outgoing", "incoming", "taps", "kernels", "both"}, default="weights"
        As in :class:`GroupPenalty`.
    size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Ma, Miao, Niu & Zhang (2019), "Transformed l1 regularization for learning sparse deep neural
    networks", arXiv:1901.01021. Prox: Zhang & Xin (2017), arXiv:1412.5240.

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
