"""Number of groups that are not zero."""

from dataclasses import dataclass

from sgnn._common.namespaces import like, namespace
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class NonZero(Shape):
    r""":math:`\varphi(x) = \lambda` where :math:`x \ne 0`; its prox is the hard threshold, which
    leaves what is above :math:`\sqrt{2\,\mathrm{step}\,\lambda}` as it is."""

    nests = True
    takes_arrays = True
    kernel = "count", 0.0

    def value(self, x, strength):
        return strength * namespace(x).sign(abs(x))

    def prox(self, x, step, strength):
        xp, r = namespace(x), abs(x)
        edge = xp.sqrt(like(x, step) * (2 * strength))
        kept = xp.greater(r, edge, out=r)
        kept *= x
        return kept


@dataclass(eq=False, repr=False)
class L0(GroupPenalty):
    r"""Counting: every group that is not zero costs the same, and none is shrunk.

    .. math:: \Omega = \sum_g \sqrt{|g|}\; 1[w_g \ne 0]

    Groups are only ever removed by the hard threshold, which grows with the step: the result
    depends on the initial weights and on the learning rate more than under any other penalty. Use
    it after a fit with another penalty, or where ``alpha`` has to be the price of one unit.

    The sources have single coefficients for groups: that is ``groups="weights"``.

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
    >>> L0(size_scaling=False)
    L0(size_scaling=False)
    """

    def shape(self):
        return NonZero()
