"""Methods of the literature that combine several shapes."""

from dataclasses import KW_ONLY, dataclass

from sgnn._common.checks import check_interval
from sgnn.penalties._checks import check_flag, check_groups
from sgnn.penalties.base import Penalty, Piece
from sgnn.penalties.exclusive import SquaredL1
from sgnn.penalties.l1 import AbsoluteEntries, AbsoluteValue
from sgnn.penalties.strengths import Ramp
from sgnn.penalties.transformed_l1 import TransformedMagnitude


@dataclass(eq=False, repr=False)
class NeuronLasso(Penalty):
    r"""Group lasso on the parameters of each neuron: learns the number of neurons.

    .. math:: \Omega = \sum_n \left[(1 - r)\sqrt{P}\, \|\theta_n\|_2 + r\, \|\theta_n\|_1\right]

    where :math:`\theta_n` are the :math:`P` weights that enter neuron n, with its bias. The
    authors penalise the first layers less: give the factors of the layers as ``layers``.

    Parameters
    ----------
    l1_ratio : float in [0, 1], default=0.0
        The share :math:`r` of the lasso.
    size_scaling : bool, default=True
        As in :class:`GroupPenalty`.
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

    References
    ----------
    Alvarez & Salzmann (2016), "Learning the number of neurons in deep networks", arXiv:1611.06321.

    Examples
    --------
    >>> from sgnn.penalties import NeuronLasso
    >>> NeuronLasso(layers=[0.4, 1.0])
    NeuronLasso(layers=[0.4, 1.0])
    """

    l1_ratio: float = 0.0
    _: KW_ONLY
    size_scaling: bool = True

    def pieces(self):
        check_flag(self, "size_scaling")
        check_interval(self, "l1_ratio", low=0, high=1)
        groups = Piece(AbsoluteValue(), "incoming", 1 - self.l1_ratio, self.size_scaling)
        if self.l1_ratio == 0:
            return [groups]
        return [Piece(AbsoluteEntries(), "incoming", self.l1_ratio), groups]


@dataclass(eq=False, repr=False)
class CGES(Penalty):
    r"""Combined group and exclusive sparsity: whole units go, and those that stay share no weights.

    .. math:: \Omega = \sum_l \left[(1 - \mu_l) \sum_g \|w_g\|_2
        + \frac{\mu_l}{2} \sum_g \|w_g\|_1^2\right], \qquad
        \mu_l = m + (1 - 2m)\, \frac{l - 1}{L - 1}

    over the L layers of weights: group sparsity rules the first layers, exclusive sparsity, which
    makes the weights of a group compete, the last ones. The joint prox of the two is solved
    exactly, where the published code applies an approximate prox of each in turn.

    Parameters
    ----------
    min_share : float in [0, 1], default=0.2
        The share :math:`m` of exclusive sparsity in the first layer.
    groups : {"outgoing", "incoming", "taps", "kernels"}, default="outgoing"
        As in :class:`GroupPenalty`.
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

    References
    ----------
    Yoon & Hwang (2017), "Combined group and exclusive sparsity for deep neural networks", ICML.

    Examples
    --------
    >>> from sgnn.penalties import CGES
    >>> CGES(min_share=0.1)
    CGES(min_share=0.1)
    """

    min_share: float = 0.2
    _: KW_ONLY
    groups: str = "outgoing"

    def pieces(self):
        check_groups(self)
        check_interval(self, "min_share", low=0, high=1)
        share = Ramp(self.min_share)
        return [
            Piece(SquaredL1(), self.groups, layers=share),
            Piece(AbsoluteValue(), self.groups, layers=Ramp(self.min_share, falling=True)),
        ]


@dataclass(eq=False, repr=False)
class IntegratedTransformedL1(Penalty):
    r"""Group lasso and transformed :math:`\ell_1`: units go, and single weights of those that stay.

    .. math:: \Omega = \sum_l \left[(1 - \mu_l) \sum_g \|w_g\|_2
        + \mu_l \sum_{ij} \rho_a(w_{ij})\right], \qquad \rho_a(w) = \frac{(a + 1)|w|}{a + |w|}

    with :math:`\mu_l` as in :class:`CGES`. The joint prox is solved by a scalar fixed point for
    each group, where the authors apply the two in turn. It is compared with zero; in tests against
    brute force no better point was found.

    Parameters
    ----------
    a : float > 0, default=1.0
        Concavity: the lasso for ``a`` to infinity, counting for ``a`` to 0.
    min_share : float in [0, 1], default=0.2
        The share of the transformed :math:`\ell_1` in the first layer.
    groups : {"outgoing", "incoming", "taps", "kernels"}, default="outgoing"
        As in :class:`GroupPenalty`.
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.

    References
    ----------
    Ma, Miao, Niu & Zhang (2019), "Transformed l1 regularization for learning sparse deep neural
    networks", arXiv:1901.01021.

    Examples
    --------
    >>> from sgnn.penalties import IntegratedTransformedL1
    >>> IntegratedTransformedL1(a=0.1)
    IntegratedTransformedL1(a=0.1)
    """

    a: float = 1.0
    min_share: float = 0.2
    _: KW_ONLY
    groups: str = "outgoing"

    def pieces(self):
        check_groups(self)
        check_interval(self, "a", low=0, closed="neither")
        check_interval(self, "min_share", low=0, high=1)
        return [
            Piece(TransformedMagnitude(self.a), "weights", layers=Ramp(self.min_share)),
            Piece(AbsoluteValue(), self.groups, layers=Ramp(self.min_share, falling=True)),
        ]
