"""The contract of a penalty, on one screen.

A penalty is put together from three things that know nothing of each other:

shape
    a function of one magnitude (:class:`Shape`), or of all members of a group
    (:class:`RowShape`), with its proximal operator;
structure
    which weights stand or fall together, by name (see :mod:`sgnn.groups`);
schedule
    one number per group that multiplies the shape (see :mod:`sgnn.penalties.strengths`).

A :class:`Penalty` names the pieces (:class:`Piece`) that are summed over the layers of a network.
"""

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass

from sklearn.base import BaseEstimator

from sgnn._common.docstrings import takes_over
from sgnn._common.documented import Documented
from sgnn.groups import structures_of
from sgnn.penalties._checks import check_flag, check_groups
from sgnn.penalties.strengths import check_schedule


class Shape(ABC):
    r"""An even function :math:`\varphi` of one real number, with :math:`\varphi(0) = 0`.

    Both methods act entry by entry on a torch tensor (single weights, or the norms of groups), so
    that importing a shape does not import torch: they use the methods of that tensor, or, where
    `takes_arrays`, what numpy and torch name alike, see ``sgnn._common.namespaces``.
    """

    #: True where ``value(c * x) = c * value(x)`` for every ``c > 0``. Such a shape may be summed
    #: with any shape on coarser groups: applying the finer prox first is then exact.
    homogeneous = False
    #: True where the shape is convex.
    convex = False
    #: True for a concave shape whose sum with a convex one on larger groups, or with another such
    #: shape, has a joint prox that the solver was found to solve, by brute force.
    nests = False
    #: True where the shape is a function of whole groups, one row each.
    by_rows = False

    #: ``soft(strength)``, for shapes :math:`l_1 |x| + \tfrac12 l_2 x^2`: returns the two factors.
    soft = None
    #: True where both methods take ndarrays, too: these are several times faster on few numbers.
    #: What they return has the precision of ``x``; floating-point warnings are the caller's to
    #: switch off.
    takes_arrays = False
    #: Name of the same shape in :mod:`sgnn.kernels`, and its parameter, where it is there.
    kernel = None
    #: A sparse matrix with a column for each member of a row, and a number for each row of the
    #: matrix, where that kernel takes them.
    graph = None

    def __init_subclass__(cls, **kwargs):
        """Take over what is said of a prox and a value only along with both."""
        super().__init_subclass__(**kwargs)
        if {"prox", "value"} & vars(cls).keys():
            for name in {"soft", "takes_arrays", "kernel"} - vars(cls).keys():
                setattr(cls, name, getattr(Shape, name))

    @abstractmethod
    def value(self, x, strength):
        r"""Return :math:`\varphi(x)`.

        Parameters
        ----------
        x : torch.Tensor, or ndarray where `takes_arrays`
            Any numbers.
        strength : float, >= 0
            What the strength of the penalty makes of the shape.

        Returns
        -------
        torch.Tensor or ndarray
            As ``x``, all entries >= 0.
        """

    @abstractmethod
    def prox(self, x, step, strength):
        r"""Return :math:`\mathrm{argmin}_z\, \tfrac12 (z - x)^2 + \mathrm{step}\cdot\varphi(z)`.

        Parameters
        ----------
        x : torch.Tensor, or ndarray where `takes_arrays`
            Any numbers.
        step : float, or as ``x`` and broadcastable to it, >= 0
            0 leaves ``x`` as it is.
        strength : float, >= 0
            0 leaves ``x`` as it is.

        Returns
        -------
        torch.Tensor or ndarray
            As ``x``. Where the minimiser is not unique, any one of them.
        """

    def on_network(self, sizes, blocks=None):
        """Return the shape for a network; most do not depend on it.

        Parameters
        ----------
        sizes : sequence of int
            Units per layer.
        blocks : array of int, shape (n_inputs,), default=None
            Blocks of inputs that stand or fall together.

        Returns
        -------
        Shape
            Itself, where it does not depend on it.
        """
        return self

    def on_inputs(self, kept):
        """Return the shape for the network without some inputs; most do not depend on them.

        Parameters
        ----------
        kept : ndarray of bool, shape (n_inputs,)
            The inputs that are left.

        Returns
        -------
        Shape
            Itself, where it does not depend on them.
        """
        return self


class RowShape(Shape):
    r"""An even function of the members of a group, its weights or the norms of finer groups.

    As :class:`Shape`, but ``x`` has shape (n_groups, n_members), each row is one group, ``value``
    has shape (n_groups,), and ``step`` is a number or has shape (n_groups, 1). Rows of groups that
    are smaller than the largest end with zeros, which must change nothing and stay zero.
    """

    by_rows = True

    #: ``prox_plus_norm(x, step, strength, threshold)``, the joint prox with ``threshold`` times the
    #: Euclidean norm, for shapes that have one faster than the general solver.
    prox_plus_norm = None


@dataclass(frozen=True)
class Piece:
    """One summand of a penalty: a shape on a structure, times a schedule.

    Parameters
    ----------
    shape : Shape
        What is summed over the groups.
    groups : str
        The structure: "weights", "outgoing", "incoming", "taps", "kernels", "both", "layer",
        "layer of outgoing", "layer of incoming", "layer of both" or the name of a registered one;
        an unknown name is refused.
    weight : float, default=1.0
        Factor of this piece.
    size_scaling : bool, default=False
        Whether each group is also multiplied by the square root of its size in the full network.
    layers : callable, default=None
        Takes the number of units per layer, inputs first and outputs last, and returns a factor for
        each layer of weights; None is 1 for all.
    """

    shape: Shape
    groups: str
    weight: float = 1.0
    size_scaling: bool = False
    layers: object = None

    def __post_init__(self):
        structures_of(self.groups)


@dataclass(eq=False, repr=False)
class Penalty(Documented, BaseEstimator, ABC):
    r"""Base class of all penalties: what is penalised how strongly, whatever the shape.

    Subclasses are dataclasses. Their parameters are stored unchanged, and checked in `pieces`.

    Parameters
    ----------
    layers : {"all", "input", "cges"} or sequence of float, default="all"
        Factor of each layer of weights, >= 0, first layer first; 0 does not penalise the layer,
        which then needs ``l2 > 0``. "input" penalises the first layer only: pure selection of
        features. "cges" is the schedule :math:`\mu_l` of :class:`CGES` with its default share.
    fraction : float in (0, 1] or list of array of bool, default=1.0
        Share of the groups of each layer that is penalised, drawn with the ``random_state`` of the
        estimator: partial regularisation. A list says which, with one array per layer of shape
        (n_groups,), or as the weights (n_in, n_out) for penalties on single weights alone. E & Gao
        have it the other way round, as a ratio of zeros, ``1 - fraction``, and free the first rows.
        They meant to save computation; here it saves none.
    warm_up : int >= 0, default=0
        Epochs over which the strength rises linearly from 0.
    adaptive : float >= 0, default=0.0
        Exponent :math:`\gamma` of adaptive weights: the groups are weighted by
        :math:`1 / (\|\tilde w_g\|_2 + 10^{-3})^\gamma`, where :math:`\tilde w` is a pilot fit
        without sparsity penalty, from which the fit then goes on.

    References
    ----------
    Partial regularisation: E & Gao (2019), "An improving framework of regularization for network
    compression", arXiv:1912.05078; by their formula the bias of a neuron is in its group, here only
    with "incoming" groups.
    Adaptive weights: Zou (2006), doi:10.1198/016214506000000735; in networks Dinh & Ho (2020),
    arXiv:2010.08097.
    """

    _: KW_ONLY
    layers: object = "all"
    fraction: object = 1.0
    warm_up: int = 0
    adaptive: float = 0.0

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.__doc__:
            takes_over(*cls.__mro__[1:-1])(cls)

    @abstractmethod
    def pieces(self):
        """Return the summands of the penalty.

        Returns
        -------
        list of Piece
            Their values are added.

        Raises
        ------
        ValueError, TypeError
            If a parameter is outside its range.
        """

    def check(self, sizes, blocks=None):
        """Raise ValueError or TypeError unless the penalty fits a network.

        Parameters
        ----------
        sizes : sequence of int
            Units per layer, inputs first, outputs last.
        blocks : ndarray of int, shape (n_features,), default=None
            Blocks of inputs that stand or fall together.
        """
        self.pieces()
        check_schedule(self, len(sizes) - 1)


@dataclass(eq=False, repr=False)
class GroupPenalty(Penalty):
    """A penalty that is one shape on one structure, ``shape()`` on ``groups``.

    Parameters
    ----------
    groups : {"outgoing", "incoming", "taps", "kernels", "both", "weights"}, default="outgoing"
        "outgoing": all weights that leave an input or a hidden unit form a group.
        "incoming": all weights that enter a unit form a group, with its bias.
        "kernels": all weights from one unit to another form a group, the kernel of a convolution;
        "taps": all that leave one unit through one place of a kernel. In a multilayer perceptron
        these are single weights, and outgoing groups; they are for :mod:`sgnn.torch`.
        "weights": single weights. "both": the sum over outgoing and incoming groups; they overlap,
        so their joint prox is found by splitting, by ``SplitProx``. For
        convex shapes that is exact; for others it is not certain to find the minimum. Or the name
        of a structure of your own, see :func:`sgnn.groups.register`.
    size_scaling : bool, default=True
        Whether each group is weighted by :math:`\\sqrt{|g|}`, its size in the full network; no
        effect on single weights.
    layers, fraction, warm_up, adaptive
        As in :class:`Penalty`.
    """

    _: KW_ONLY
    groups: str = "outgoing"
    size_scaling: bool = True

    #: What ``groups`` may be, apart from a structure around units.
    _more_groups = ("both", "weights")

    @abstractmethod
    def shape(self):
        """Return the :class:`Shape`, with its parameters checked."""

    def pieces(self):
        check_groups(self, also=self._more_groups)
        check_flag(self, "size_scaling")
        return [Piece(self.shape(), self.groups, size_scaling=self.size_scaling)]
