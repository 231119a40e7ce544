"""Bridge penalties: the powers 1/2 and 2/3."""

from dataclasses import dataclass

from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class SquareRoot(Shape):
    r""":math:`\varphi(x) = \lambda |x|^{1/2}`.

    With :math:`\Lambda = \mathrm{step}\,\lambda` the prox is 0 up to
    :math:`|x| = \tfrac32 \Lambda^{2/3}`. Above, it subtracts :math:`\Lambda / (2\sqrt z)`, where
    :math:`z` is the result, known in advance from :math:`\sqrt{z} = \tfrac{2}{\sqrt3} \sqrt{|x|}
    \cos(\tfrac13 \arccos(-\tfrac{3\sqrt3}{4} \Lambda |x|^{-3/2}))`.
    """

    nests = True

    def value(self, x, strength):
        return strength * x.abs().sqrt_()

    def prox(self, x, step, strength):
        area = step * (strength * -0.75 * 3**0.5)
        inverse_root = x.abs().clamp_(min=1e-24).rsqrt_()
        cosine = inverse_root.pow(3).mul_(area)
        kept = cosine.clone().ge_(-(0.5**0.5))
        cosine.clamp_(min=-0.75).acos_().div_(3).cos_()
        shrink = inverse_root.mul_(area).div_(cosine).copysign_(x)
        return x.sub(shrink, alpha=1 / 3).mul_(kept)


@dataclass(frozen=True)
class TwoThirdsPower(Shape):
    r""":math:`\varphi(x) = \lambda |x|^{2/3}`.

    With :math:`b = \tfrac23 \mathrm{step}\,\lambda` the prox is 0 up to :math:`|x| = 2 b^{3/4}`.
    Above, it subtracts :math:`b / y`, where :math:`y^4 - |x| y + b = 0` is solved by radicals:
    :math:`c^3 = \tfrac12 (x^2 + \sqrt{x^4 - 256 b^3/27})`, :math:`s = c + 4b/(3c)`,
    :math:`2y = \sqrt s + (2|x|/\sqrt{s} - s)^{1/2}`. The square root in :math:`c` is at least
    :math:`0.6\,x^2`, so that nothing cancels.
    """

    def value(self, x, strength):
        return strength * x.abs().pow_(2 / 3)

    def prox(self, x, step, strength):
        b = step * (strength * 2 / 3)
        r = x.abs().clamp_(min=1e-18)
        ratio = (b / r).pow_(3).div_(r)
        kept = ratio.clone().le_(1 / 16)
        square = r.square().mul_(0.5)
        c = square.addcmul_(square, ratio.clamp_(max=1 / 16).mul_(-256 / 27).add_(1).sqrt_())
        c.log2_().div_(3).exp2_()
        s = (b / c).mul_(4 / 3).add_(c)
        inverse_root = s.rsqrt()
        twice_y = (r.mul_(inverse_root).mul_(2) - s).clamp_(min=0).sqrt_()
        twice_y.addcmul_(s, inverse_root)
        shrink = (b / twice_y).copysign_(x)
        return x.sub(shrink, alpha=2).mul_(kept)


@dataclass(eq=False, repr=False)
class LHalf(GroupPenalty):
    r"""Half-power penalty: close to counting the groups, though it still shrinks small ones.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \|w_g\|_2^{1/2}

    Its slope at zero is infinite: what has become zero comes back only by a jump. Use it where
    the lasso keeps too many groups, and a parameter beside ``alpha`` is not wanted.

    The sources have single coefficients for groups: that is ``groups="weights"``.

    Parameters
    ----------
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Xu, Chang, Xu & Zhang (2012), "L1/2 regularization: a thresholding representation theory and a
    fast solver", doi:10.1109/TNNLS.2012.2197412.

    Examples
    --------
    >>> from sgnn.penalties import LHalf
    >>> LHalf(groups="weights")
    LHalf(groups='weights')
    """

    def shape(self):
        return SquareRoot()


@dataclass(eq=False, repr=False)
class LTwoThirds(GroupPenalty):
    r"""Two-thirds-power penalty: between :class:`LHalf` and the lasso.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \|w_g\|_2^{2/3}

    Its slope at zero is infinite: what has become zero comes back only by a jump. Use it where
    :class:`LHalf` is too abrupt.

    The sources have single coefficients for groups: that is ``groups="weights"``.

    Parameters
    ----------
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Cao, Sun & Xu (2013), "Fast image deconvolution using closed-form thresholding formulas of Lq
    (q = 1/2, 2/3) regularization", doi:10.1016/j.jvcir.2012.10.006.

    Examples
    --------
    >>> from sgnn.penalties import LTwoThirds
    >>> LTwoThirds(groups="incoming")
    LTwoThirds(groups='incoming')
    """

    def shape(self):
        return TwoThirdsPower()
