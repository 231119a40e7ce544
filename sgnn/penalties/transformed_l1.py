"""Transformed l1 penalty."""

from dataclasses import KW_ONLY, dataclass

from sgnn._common.checks import check_interval
from sgnn._common.namespaces import at_least, at_most, like, namespace
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
    takes_arrays = True

    @property
    def kernel(self):
        """Name of the shape in :mod:`sgnn.kernels`, and its parameter."""
        return "transformed_l1", self.a

    def value(self, x, strength):
        r = abs(x)
        return strength * (self.a + 1) * r / (self.a + r)

    def prox(self, x, step, strength):
        xp, a, r = namespace(x), self.a, abs(x)
        area = like(x, step) * (6.75 * a * (a + 1) * strength)
        grown = r + a
        sine = grown * grown
        sine *= grown
        xp.divide(area, sine, out=sine)
        xp.sqrt(sine, out=sine)
        at_most(sine, 1.0, out=sine)
        xp.arcsin(sine, out=sine)
        sine /= 3
        xp.sin(sine, out=sine)
        sine *= sine
        sine *= grown
        sine *= 4 / 3
        edge = xp.sqrt(area)
        edge *= (2 / (6.75 * a)) ** 0.5
        edge -= 0.5 * a
        kept = xp.greater(r, edge, out=grown)
        r -= sine
        at_least(r, 0.0, out=r)
        r *= kept
        return xp.copysign(r, x)


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
