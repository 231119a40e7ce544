"""Elastic net, on single weights and on groups."""

from dataclasses import KW_ONLY, dataclass

from sgnn._common.checks import check_interval
from sgnn._common.namespaces import soft_threshold
from sgnn.penalties.base import GroupPenalty, Shape


@dataclass(frozen=True)
class AbsoluteAndSquare(Shape):
    r""":math:`\varphi(x) = \lambda (r|x| + \tfrac{1-r}{2} x^2)`; its prox is a soft threshold at
    :math:`\mathrm{step}\,\lambda r`, divided by :math:`1 + \mathrm{step}\,\lambda (1 - r)`."""

    l1_ratio: float

    convex = True
    takes_arrays = True

    def value(self, x, strength):
        r = abs(x)
        return strength * r * (self.l1_ratio + 0.5 * (1 - self.l1_ratio) * r)

    def soft(self, strength):
        return strength * self.l1_ratio, strength * (1 - self.l1_ratio)

    def prox(self, x, step, strength):
        threshold = step * (strength * self.l1_ratio)
        shrinkage = step * (strength * (1 - self.l1_ratio)) + 1
        result = soft_threshold(x, threshold)
        result /= shrinkage
        return result


@dataclass(eq=False, repr=False)
class ElasticNet(GroupPenalty):
    r"""Elastic net: the lasso with a ridge, which shares weight among inputs that are alike.

    .. math:: \Omega = \sum_g \sqrt{|g|} \left( r \|w_g\|_2 + \tfrac{1-r}{2} \|w_g\|_2^2 \right)

    On single weights it is :math:`r \sum |w_{ij}| + \tfrac{1-r}{2} \sum w_{ij}^2`, and without
    hidden layers the objective is that of :class:`sklearn.linear_model.ElasticNet`. Use it where
    correlated inputs should be kept together rather than one of them at random.

    Parameters
    ----------
    l1_ratio : float in [0, 1], default=0.5
        The mixing :math:`r`: 0 is a ridge, which makes no zeros, 1 the lasso.
    groups : {"weights", "outgoing", "incoming", "taps", "kernels", "both"}, default="weights"
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
