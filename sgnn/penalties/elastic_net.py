"""Elastic net."""

from dataclasses import KW_ONLY, dataclass

from sgnn.penalties._checks import check_interval
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class AbsoluteAndSquare(Shape):
    r""":math:`\varphi(x) = \lambda (r|x| + \tfrac{1 - r}{2} x^2)`; its prox is a soft threshold and
    a division."""

    l1_ratio: float
    convex = True

    def value(self, x, strength):
        return strength * (self.l1_ratio * x.abs() + 0.5 * (1 - self.l1_ratio) * x * x)

    def prox(self, x, step, strength):
        soft = x.abs().sub_(step, alpha=strength * self.l1_ratio).clamp_(min=0).mul_(x.sign())
        return soft.div_(1 + step * (strength * (1 - self.l1_ratio)))


@dataclass(eq=False, repr=False)
class ElasticNet(GroupPenalty):
    r"""Elastic net: the lasso and a ridge, so that correlated weights stay together.

    .. math:: \Omega = \sum_g \sqrt{|g|} \left(r \|w_g\|_2 + \frac{1 - r}{2} \|w_g\|_2^2\right)

    On single weights, and without hidden layers, it is that of scikit-learn's ``ElasticNet``.

    Parameters
    ----------
    l1_ratio : float in [0, 1], default=0.5
        The share :math:`r` of the lasso; 0 is a ridge, which makes no zeros.
    groups : {"outgoing", "incoming", "both", "weights"}, default="weights"
        As in :class:`GroupPenalty`.
    size_scaling, layers, fraction, warm_up, adaptive
        As in :class:`GroupPenalty`.

    References
    ----------
    Zou & Hastie (2005), "Regularization and variable selection via the elastic net",
    doi:10.1111/j.1467-9868.2005.00503.x.

    Examples
    --------
    >>> from sgnn.penalties import ElasticNet
    >>> ElasticNet(l1_ratio=0.9)
    ElasticNet(l1_ratio=0.9)
    """

    l1_ratio: float = 0.5
    _: KW_ONLY
    groups: str = "weights"

    def shape(self):
        check_interval(self, "l1_ratio", low=0, high=1)
        return AbsoluteAndSquare(self.l1_ratio)
