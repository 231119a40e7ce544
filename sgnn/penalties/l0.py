"""Counting what is not zero."""

from dataclasses import dataclass

from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class NotZero(Shape):
    r""":math:`\varphi(x) = \lambda` for :math:`x \ne 0`; its prox is the hard threshold at
    :math:`\sqrt{2\,\mathrm{step}\,\lambda}`."""

    def value(self, x, strength):
        return strength * (x != 0).to(x)

    def prox(self, x, step, strength):
        threshold = (x.new_zeros(()) + step * (2 * strength)).sqrt_()
        return x * (x.abs() > threshold)


@dataclass(eq=False, repr=False)
class L0(GroupPenalty):
    r"""Counts groups, or weights: what is left is not shrunk.

    .. math:: \Omega = \sum_g \sqrt{|g|}\, 1[w_g \ne 0]

    What is zero stays zero, and what is far from zero does not feel the penalty, so the way to the
    minimum matters more than elsewhere.

    Parameters
    ----------
    groups, size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Blumensath & Davies (2008), "Iterative thresholding for sparse approximations",
    doi:10.1007/s00041-008-9035-z.

    Examples
    --------
    >>> from sgnn.penalties import L0
    >>> L0(groups="weights")
    L0(groups='weights')
    """

    def shape(self):
        return NotZero()
