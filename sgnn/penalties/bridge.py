"""Bridge penalties with a prox in closed form: the powers 1/2 and 2/3."""

from dataclasses import dataclass

from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class SquareRoot(Shape):
    r""":math:`\varphi(x) = \lambda |x|^{1/2}`.

    Above :math:`\tfrac32 t^{2/3}`, :math:`t = \mathrm{step}\cdot\lambda`, the prox is
    :math:`|x| - \tfrac{\sqrt3}{4}\, t\, / (\sqrt{|x|} \cos(\phi/3))`,
    :math:`\cos\phi = -\tfrac{3\sqrt3}{4}\, t\, |x|^{-3/2}`: what is taken from x is computed, so
    that nothing cancels.
    """

    def value(self, x, strength):
        return strength * x.abs().sqrt_()

    def prox(self, x, step, strength):
        area = x.new_zeros(()) + step * strength
        root = x.abs().clamp_(min=1e-24).rsqrt_()
        ratio = root**3 * area
        cosine = ratio.clamp(max=0.55).mul_(-(27**0.5) / 4).acos_().mul_(1 / 3).cos_()
        shrunk = x.abs().sub_(root.mul_(area).div_(cosine), alpha=3**0.5 / 4)
        return shrunk.mul_(ratio < (2 / 3) ** 1.5).mul_(x.sign())


@dataclass(frozen=True)
class TwoThirdsPower(Shape):
    r""":math:`\varphi(x) = \lambda |x|^{2/3}`.

    Above :math:`2 (2t/3)^{3/4}`, :math:`t = \mathrm{step}\cdot\lambda`, the prox is
    :math:`z = |x| - \tfrac23 t z^{-1/3}`, with :math:`z^{1/3}` the root of a quartic in
    :math:`t |x|^{-4/3}`.
    """

    def value(self, x, strength):
        return strength * x.abs() ** (2 / 3)

    def prox(self, x, step, strength):
        area = x.new_zeros(()) + step * strength
        cube_root = _cube_root(x.abs().clamp_(min=1e-27))
        ratio = area / cube_root**4
        keep = ratio < 1.5 * 2 ** (-4 / 3)
        ratio = ratio.clamp_(max=0.6)
        c = _cube_root((1 - (2048 / 729) * ratio**3).sqrt_().add_(1).mul_(1 / 16))
        s = (ratio * (2 / 9)).div_(c).add_(c)
        q = (2 * s).sqrt_()
        h = (2 / q).sub_(s, alpha=2).clamp_(min=0).sqrt_().add_(q)
        shrunk = x.abs().sub_(area / h.mul_(cube_root), alpha=4 / 3)
        return shrunk.mul_(keep).mul_(x.sign())


def _cube_root(x):
    return x.log2().mul_(1 / 3).exp2_()


@dataclass(eq=False, repr=False)
class LHalf(GroupPenalty):
    r"""Bridge penalty with power 1/2: strong on small groups, weak on large ones.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \|w_g\|_2^{1/2}

    Its slope at zero is infinite: what is zero stays zero.

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
    r"""Bridge penalty with power 2/3: between :class:`LHalf` and the lasso.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, \|w_g\|_2^{2/3}

    Its slope at zero is infinite: what is zero stays zero.

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
    >>> LTwoThirds(size_scaling=False)
    LTwoThirds(size_scaling=False)
    """

    def shape(self):
        return TwoThirdsPower()
