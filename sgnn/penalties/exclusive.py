"""Exclusive lasso."""

from dataclasses import KW_ONLY, dataclass

from sgnn.penalties._checks import check_groups
from sgnn.penalties.base import Penalty, Piece, RowShape

_MAX_ITERATIONS = 100


@dataclass(frozen=True)
class SquaredL1(RowShape):
    r""":math:`\varphi(x) = \tfrac{\lambda}{2} \|x\|_1^2` for each row.

    With :math:`\kappa = \mathrm{step}\cdot\lambda` the prox is a soft threshold at
    :math:`\tau = \kappa\|z\|_1`, where z is the result: the root of
    :math:`\tau = \kappa\sum_j (|x_j| - \tau)_+`. The right side is convex, decreasing and piecewise
    linear, so Newton's steps from below rise to the root, and are there as soon as no further
    member drops below the threshold. They start from the root of the largest member alone.
    """

    convex = True
    kernel = "squared_l1", 0.0

    def value(self, x, strength):
        return 0.5 * strength * x.abs().sum(1).square()

    def prox(self, x, step, strength):
        kappa, r = step * strength, x.abs()
        threshold = kappa / (1 + kappa) * r.amax(1, keepdim=True)
        inner, alive, n_before = r.clone(), r.clone(), x.shape[1] + 1
        while True:
            inner.copy_(r).sub_(threshold).clamp_(min=0)
            n = alive.copy_(inner).sign_().sum(1, keepdim=True)
            if (n >= n_before).all():
                return inner.copysign_(x)
            n_before = n
            miss = kappa * inner.sum(1, keepdim=True) - threshold
            threshold = threshold + (miss / (1 + kappa * n)).clamp_(min=0)

    def prox_plus_norm(self, x, step, strength, threshold):
        r"""Return :math:`\mathrm{argmin}_z\, \tfrac12 \|z - x\|^2 + \tfrac\kappa2 \|z\|_1^2 +
        \theta \|z\|_2` for each row.

        It is :math:`u\,(1 - \theta/\|u\|_2)_+` with :math:`u = (|x| - \kappa s)_+`, where s is its
        :math:`\ell_1` norm: a root in one unknown, of a function that rises.
        """
        r, kappa = x.abs(), x.new_zeros(len(x), 1) + step * strength
        precision = 1e-15 if x.element_size() == 8 else 1e-7
        s, u = kappa.new_zeros(kappa.shape), r.clone()
        low = high = last_s = last_error = None
        for iteration in range(_MAX_ITERATIONS):
            norm = u.unsqueeze(1).bmm(u.unsqueeze(2)).squeeze(2).sqrt_()
            factor = (1 - threshold / norm.clamp(min=1e-30)).clamp_(min=0)
            total = u.sum(1, keepdim=True)
            error = s - total * factor
            if last_s is None:
                low, high = s, total * factor
                n_alive = u.clone().gt_(0).sum(1, keepdim=True)
                target = high / (1 + kappa * n_alive * factor)
            else:
                low, high = s.where(error < 0, low), s.where(error > 0, high)
                target = s - error * (s - last_s) / (error - last_error)
            middle = 0.5 * (low + high)
            inside = (target >= low) & (target <= high)
            if iteration % 4 == 3:
                inside &= False
            last_s, last_error = s, error
            s = target.where(inside, middle).where(error != 0, s)
            close = (s - last_s).abs() <= precision * s
            u.copy_(r).sub_(kappa * s).clamp_(min=0)
            if close.all():
                break
        norm = u.unsqueeze(1).bmm(u.unsqueeze(2)).squeeze(2).sqrt_()
        factor = (1 - threshold / norm.clamp(min=1e-30)).clamp_(min=0)
        return u.mul_(factor).copysign_(x)


@dataclass(eq=False, repr=False)
class ExclusiveLasso(Penalty):
    r"""Exclusive lasso: the weights of one unit compete, few survive in each.

    .. math:: \Omega = \frac12 \sum_g \|w_g\|_1^2

    No group is removed as a whole. The published code of :class:`CGES` uses an approximate prox for
    it; this one is exact.

    Parameters
    ----------
    groups : {"outgoing", "incoming", "taps", "kernels"}, default="outgoing"
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
        check_groups(self)
        return [Piece(SquaredL1(), self.groups)]
