"""Exclusive lasso."""

from dataclasses import KW_ONLY, dataclass

from sgnn.penalties._checks import check_choice
from sgnn.penalties.base import Penalty, Piece, RowShape

_MAX_ITERATIONS = 100


@dataclass(frozen=True)
class SquaredL1(RowShape):
    r""":math:`\varphi(x) = \tfrac{\lambda}{2} \|x\|_1^2` for each row.

    The prox is a soft threshold at :math:`\kappa s`, :math:`\kappa = \mathrm{step}\cdot\lambda`,
    where :math:`s = \sum_j (|x_j| - \kappa s)_+` is the norm of the result. Newton's steps on this
    piecewise linear equation rise from the solution in which no entry is zero, and reach it after
    finitely many.
    """

    convex = True

    def value(self, x, strength):
        return 0.5 * strength * x.abs().sum(1).square()

    def prox(self, x, step, strength):
        r = x.abs()
        kappa = x.new_zeros(1, 1) + step * strength
        norm = r.sum(1, keepdim=True) / (1 + kappa * (r > 0).sum(1, keepdim=True))
        for _ in range(_MAX_ITERATIONS):
            alive = r > kappa * norm
            previous = norm
            norm = (r * alive).sum(1, keepdim=True) / (1 + kappa * alive.sum(1, keepdim=True))
            norm = norm.maximum(previous)
            if not (norm > previous).any():
                break
        return r.sub_(kappa * norm).clamp_(min=0).mul_(x.sign())


@dataclass(eq=False, repr=False)
class ExclusiveLasso(Penalty):
    r"""Exclusive lasso: the weights of one unit compete, few survive in each.

    .. math:: \Omega = \frac12 \sum_g \|w_g\|_1^2

    No group is removed as a whole. The published code of :class:`CGES` uses an approximate prox for
    it; this one is exact.

    Parameters
    ----------
    groups : {"outgoing", "incoming"}, default="outgoing"
        As in :class:`GroupPenalty`.
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

    References
    ----------
    Zhou, Jin & Hoi (2010), "Exclusive lasso for multi-task feature selection", AISTATS. In networks
    Yoon & Hwang (2017), ICML.

    Examples
    --------
    >>> from sgnn.penalties import ExclusiveLasso
    >>> ExclusiveLasso()
    ExclusiveLasso()
    """

    _: KW_ONLY
    groups: str = "outgoing"

    def pieces(self):
        check_choice(self, "groups", ("outgoing", "incoming"))
        return [Piece(SquaredL1(), self.groups)]
