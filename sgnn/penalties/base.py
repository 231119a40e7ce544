"""The contract of a penalty, on one screen.

A penalty is put together from three things that know nothing of each other:

shape
    a function of one magnitude, with its proximal operator (:class:`Shape`);
structure
    which weights stand or fall together, by name (see :mod:`sgnn.groups`);
schedule
    one number per group that multiplies the shape: 1, or the square root of the group's size.

A :class:`Penalty` names the pieces (:class:`Piece`) that are summed over the layers of a network.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from sklearn.base import BaseEstimator


class Shape(ABC):
    r"""An even function :math:`\varphi` of one real number, with :math:`\varphi(0) = 0`.

    Both methods act entry by entry on a torch tensor (single weights, or the norms of groups) and
    use nothing but the methods of that tensor, so that importing a shape does not import torch.
    """

    #: True where ``value(c * x) = c * value(x)`` for every ``c > 0``. Such a shape may be summed
    #: with any shape on coarser groups: applying the finer prox first is then exact.
    homogeneous = False

    @abstractmethod
    def value(self, x, strength):
        r"""Return :math:`\varphi(x)`.

        Parameters
        ----------
        x : torch.Tensor
        strength : float, >= 0

        Returns
        -------
        torch.Tensor
            As ``x``, all entries >= 0.
        """

    @abstractmethod
    def prox(self, x, step, strength):
        r"""Return :math:`\mathrm{argmin}_z\, \tfrac12 (z - x)^2 + \mathrm{step}\cdot\varphi(z)`.

        Parameters
        ----------
        x : torch.Tensor
        step : float or torch.Tensor broadcastable to ``x``, >= 0
        strength : float, >= 0

        Returns
        -------
        torch.Tensor
            As ``x``. Where the minimiser is not unique, any one of them.
        """


@dataclass(frozen=True)
class Piece:
    """One summand of a penalty: a shape on a structure, times a schedule.

    Parameters
    ----------
    shape : Shape
    groups : {"weights", "outgoing", "incoming"}
        The structure.
    weight : float, default=1.0
        Factor of this piece.
    size_scaling : bool, default=False
        Whether each group is also multiplied by the square root of its size in the full network.
    """

    shape: Shape
    groups: str
    weight: float = 1.0
    size_scaling: bool = False


class Penalty(BaseEstimator, ABC):
    """Base class of all penalties: parameters are set in ``__init__`` and checked in `pieces`."""

    @abstractmethod
    def pieces(self):
        """Return the summands of the penalty.

        Returns
        -------
        list of Piece

        Raises
        ------
        ValueError
            If a parameter is outside its range.
        """
