"""Hoyer's measures of sparsity, which do not depend on the scale of the weights."""

from dataclasses import KW_ONLY, dataclass

from sgnn.penalties._checks import check_groups
from sgnn.penalties.base import Penalty, Piece, RowShape

_MAX_ITERATIONS = 100


@dataclass(frozen=True)
class HoyerRatio(RowShape):
    r""":math:`\varphi(x) = \lambda \|x\|_1 / \|x\|_2` for each row, 0 for a row of zeros.

    With :math:`t = \mathrm{step}\cdot\lambda` and :math:`d = (|x| - tp)_+`, a minimiser that is not
    1-sparse is :math:`d / (1 - tp^2 N_1/N_2)`, where :math:`p = 1/(N_2 + tp\,N_1/N_2)`, with the
    norms :math:`N_1, N_2` of d, is the reciprocal of its norm. The fixed point is reached from
    below. The result is the best of this, the largest entry alone, and zero.
    """

    kernel = "hoyer", 0.0

    def value(self, x, strength):
        r = x.abs()
        return strength * r.sum(1) / r.square().sum(1).sqrt().clamp(min=_least(x))

    def prox(self, x, step, strength):
        r = x.abs()
        area = x.new_zeros(1, 1) + step * strength
        largest = r.amax(1, keepdim=True)
        p = 1 / _norm(r).clamp(min=_least(x))
        for _ in range(_MAX_ITERATIONS):
            inner = (r - area * p).clamp_(min=0)
            norm = _norm(inner)
            ratio = inner.sum(1, keepdim=True) / norm.clamp(min=_least(x))
            target = 1 / (norm + area * p * ratio).clamp(min=_least(x))
            going = (target > p * (1 + _precision(x))) & (norm > 0)
            if not going.any():
                break
            p = target.where(going, p)
        shrunk = inner.div_((1 - area * p * p * ratio).clamp(min=_least(x)))
        shrunk.mul_((norm > 0) & (area * p * p * ratio < 1))
        return _best(x, shrunk, area, largest, self)


@dataclass(frozen=True)
class HoyerSquareRatio(RowShape):
    r""":math:`\varphi(x) = \lambda \|x\|_1^2 / \|x\|_2^2` for each row, 0 for a row of zeros.

    With :math:`\kappa = \mathrm{step}\cdot\lambda` and :math:`u = (|x| - \tau)_+` the prox is

    .. math:: \mathrm{sgn}(x)\, u\,(1 + \tau\,\Sigma u / \Sigma u^2), \qquad
        \tau\,\frac{\Sigma u |x|}{\Sigma u} = 2\kappa.

    The left side is :math:`\tau` times a mean of :math:`|x|` with weights that move to the larger
    members as :math:`\tau` grows. So it increases, up to :math:`\|x\|_\infty^2`: there is one such
    :math:`\tau` if :math:`\|x\|_\infty^2 > 2\kappa`, at which the objective is below that of 0, and
    none otherwise, where the prox is 0. While the same members are above the threshold the equation
    is quadratic. Its roots, from below, increase to :math:`\tau`, and are there as soon as no
    further member drops below the threshold. The derivation is our own.
    """

    kernel = "hoyer_square", 0.0

    def value(self, x, strength):
        r = x.abs()
        return strength * r.sum(1).square() / r.square().sum(1).clamp(min=_least(x))

    def prox(self, x, step, strength):
        r = x.abs()
        kappa = x.new_zeros(len(x), 1).double() + step * strength
        largest = r.amax(1, keepdim=True).double()
        start = 2 * kappa / largest.clamp(min=_least(x))
        threshold = start.where(largest > (2 * kappa).sqrt(), largest)
        inner, alive, n_before = r.clone(), r.clone(), x.shape[1] + 1
        while True:
            used = threshold.to(x.dtype)
            inner.copy_(r).sub_(used).clamp_(min=0)
            n = alive.copy_(inner).sign_().sum(1, keepdim=True).double()
            total = inner.sum(1, keepdim=True).double()
            square = alive.copy_(inner).square_().sum(1, keepdim=True).double()
            square = square.maximum(total * total / n.clamp(min=1))  # squares may underflow
            used = used.double()
            if (n >= n_before).all():
                break
            n_before = n
            first = total + n * used
            second = square + used * (2 * total + n * used)
            spread = (n * square - total * total).clamp(min=0)
            root = ((second - 2 * kappa * n).square() + 8 * kappa * spread).sqrt()
            root = 4 * kappa * first / (second + 2 * kappa * n + root).clamp(min=_least(x))
            threshold = threshold.maximum(root)
        stretch = 1 + used * total / square.clamp(min=_least(x))
        return inner.mul_(stretch.to(x.dtype)).copysign_(x)


def _best(x, shrunk, area, largest, shape):
    """Return the best of a candidate of magnitudes, the largest entry alone, and zero."""
    r = x.abs()
    at_zero = 0.5 * r.square().sum(1, keepdim=True)
    of_shrunk = 0.5 * (shrunk - r).square().sum(1, keepdim=True)
    of_shrunk += area * shape.value(shrunk, 1.0)[:, None]
    at_alone = at_zero - 0.5 * largest * largest + area
    alone = (r == largest).to(x)
    alone.mul_(alone.cumsum(1) == 1).mul_(largest)
    rest = alone.where((at_alone < at_zero) & (area > 0), 0 * r)
    better = (of_shrunk <= at_zero.minimum(at_alone)) | (area == 0)
    return shrunk.where(better, rest).mul_(x.sign())


def _norm(rows):
    return rows.square().sum(1, keepdim=True).sqrt()


def _least(x):
    return 1e-300 if x.element_size() == 8 else 1e-36


def _precision(x):
    return 1e-15 if x.element_size() == 8 else 1e-7


@dataclass(eq=False, repr=False)
class Hoyer(Penalty):
    r"""Hoyer's measure of each layer: scale-free, between counting and the lasso.

    .. math:: \Omega = \sum_l \frac{\|W_l\|_1}{\|W_l\|_F}

    It is the same for all multiples of a layer, so it moves weights against each other and does not
    shrink them as a whole. One step is shared by each layer. `fraction` is that of the weights.

    Parameters
    ----------
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

    References
    ----------
    Hoyer (2004), "Non-negative matrix factorization with sparseness constraints", JMLR 5. In
    networks Yang, Wen & Li (2020), "DeepHoyer", arXiv:1908.09979.

    Examples
    --------
    >>> from sgnn.penalties import Hoyer
    >>> Hoyer()
    Hoyer()
    """

    def pieces(self):
        return [Piece(HoyerRatio(), "layer")]


@dataclass(eq=False, repr=False)
class HoyerSquare(Penalty):
    r"""Square of Hoyer's measure of each layer: as the number of weights, but almost smooth.

    .. math:: \Omega = \sum_l \frac{\|W_l\|_1^2}{\|W_l\|_F^2}

    It lies between 1 and the number of weights of the layer. Weights below
    :math:`\|W_l\|_F^2 / \|W_l\|_1` shrink, and those above grow. Training takes its exact prox; the
    authors take gradients and cut small weights off at the end. `fraction` is that of the weights.

    Parameters
    ----------
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

    References
    ----------
    Yang, Wen & Li (2020), "DeepHoyer: learning sparser neural network with differentiable
    scale-invariant sparsity measures", arXiv:1908.09979. The exact prox is our own.

    Examples
    --------
    >>> from sgnn.penalties import HoyerSquare
    >>> HoyerSquare()
    HoyerSquare()
    """

    def pieces(self):
        return [Piece(HoyerSquareRatio(), "layer")]


@dataclass(eq=False, repr=False)
class GroupHoyerSquare(Penalty):
    r"""Square of Hoyer's measure of the norms of the groups of each layer: few units stay.

    .. math:: \Omega = \sum_l \frac{\left(\sum_{g \in l} \|w_g\|_2\right)^2}
        {\sum_{g \in l} \|w_g\|_2^2}

    Parameters
    ----------
    groups : {"outgoing", "incoming", "taps", "kernels", "both"}, default="outgoing"
        As in :class:`GroupPenalty`. "both" is the sum over the rows and the columns of each matrix,
        as the authors have it. It is not convex, and its joint prox is found only approximately, by
        splitting; for one of the two it is exact.
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

    References
    ----------
    Yang, Wen & Li (2020), arXiv:1908.09979. The exact prox is our own.

    Examples
    --------
    >>> from sgnn.penalties import GroupHoyerSquare
    >>> GroupHoyerSquare(groups="incoming")
    GroupHoyerSquare(groups='incoming')
    """

    _: KW_ONLY
    groups: str = "outgoing"

    def pieces(self):
        check_groups(self, also=("both",))
        return [Piece(HoyerSquareRatio(), f"layer of {self.groups}")]
