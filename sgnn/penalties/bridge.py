"""Bridge penalties: the powers 1/2 and 2/3."""

from dataclasses import dataclass

from sgnn._common.namespaces import at_least, at_most, like, namespace
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
    takes_arrays = True
    kernel = "square_root", 0.0

    def value(self, x, strength):
        return strength * namespace(x).sqrt(abs(x))

    def prox(self, x, step, strength):
        xp, area = namespace(x), like(x, step) * (strength * -0.75 * 3**0.5)
        r = at_least(abs(x), 1e-24)
        root = xp.sqrt(r)
        r *= root
        cosine = xp.divide(area, r, out=r)
        kept = xp.greater_equal(cosine, -(0.5**0.5), out=xp.empty_like(cosine))
        at_least(cosine, -0.75, out=cosine)
        xp.arccos(cosine, out=cosine)
        cosine /= 3
        xp.cos(cosine, out=cosine)
        cosine *= root
        cosine *= 3
        shrink = xp.divide(area, cosine, out=cosine)
        result = x - xp.copysign(shrink, x, out=shrink)
        result *= kept
        return result


@dataclass(frozen=True)
class TwoThirdsPower(Shape):
    r""":math:`\varphi(x) = \lambda |x|^{2/3}`.

    With :math:`b = \tfrac23 \mathrm{step}\,\lambda` the prox is 0 up to :math:`|x| = 2 b^{3/4}`.
    Above, it subtracts :math:`b / y`, where :math:`y^4 - |x| y + b = 0` is solved by radicals:
    :math:`c^3 = \tfrac12 (x^2 + \sqrt{x^4 - 256 b^3/27})`, :math:`s = c + 4b/(3c)`,
    :math:`2y = \sqrt s + (2|x|/\sqrt{s} - s)^{1/2}`. The square root in :math:`c` is at least
    :math:`0.6\,x^2`, so that nothing cancels.
    """

    takes_arrays = True
    kernel = "two_thirds", 0.0

    def value(self, x, strength):
        return strength * abs(x) ** (2 / 3)

    def prox(self, x, step, strength):
        xp, b = namespace(x), like(x, step) * (strength * 2 / 3)
        r = at_least(abs(x), 1e-18)
        quotient = b / r
        ratio = quotient * quotient
        ratio *= quotient
        ratio /= r
        kept = xp.less_equal(ratio, 1 / 16, out=quotient)
        at_most(ratio, 1 / 16, out=ratio)
        ratio *= -256 / 27
        ratio += 1
        xp.sqrt(ratio, out=ratio)
        ratio += 1
        c = r * r
        c *= 0.5
        c *= ratio
        xp.log2(c, out=c)
        c /= 3
        xp.exp2(c, out=c)
        s = xp.divide(b, c, out=ratio)
        s *= 4 / 3
        s += c
        root = xp.sqrt(s, out=c)
        r += r
        r /= root
        r -= s
        at_least(r, 0.0, out=r)
        xp.sqrt(r, out=r)
        twice_y = r
        twice_y += root
        shrink = xp.divide(b, twice_y, out=twice_y)
        shrink += shrink
        result = x - xp.copysign(shrink, x, out=shrink)
        result *= kept
        return result


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
