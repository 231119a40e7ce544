"""The contract of what makes weights zero, on one screen."""

from abc import ABC, abstractmethod


class Regulariser(ABC):
    """A function of the weights of a network, with its prox.

    Attributes
    ----------
    metric : Groups
        The structure inside which the step of an optimiser must be constant.
    is_convex : bool
        Whether it is convex and not zero, so that its prox has no jumps.
    is_zero : bool
        Whether it is zero, so that its prox does nothing.
    warm_up : int
        Epochs until it has its full strength.
    is_exact : bool
        Whether its prox is, to rounding; else it is found by iterations that may end early.
    """

    is_convex = False
    is_zero = False
    warm_up = 0
    is_exact = True

    @property
    def fused(self):
        """The terms on single weights and on the groups of the metric, each a Term or None.

        Applying the prox of the one, then of the other is the prox of the whole, and the first is
        a soft threshold where there is a second. None where it is not so simple.
        """
        return None

    @abstractmethod
    def value(self, parameters):
        """Return the value at full strength, a float."""

    @abstractmethod
    def prox_(self, parameters, step):
        """Apply the prox in place.

        Parameters
        ----------
        parameters : Parameters
        step : float or torch.Tensor of shape (n_groups,)
            One number per group of `metric`.
        """

    @abstractmethod
    def on_units(self, kept, parameters):
        """Return the same on the network that some units form.

        Parameters
        ----------
        kept : list of ndarray of bool
            The units, layer by layer, inputs first.
        parameters : Parameters
            The smaller network.
        """

    @abstractmethod
    def begin_epoch(self, epoch):
        """Take the strength of an epoch, counted from 0."""

    @abstractmethod
    def set_strength(self, strength):
        """Set the strength, past all warm-up."""

    def state(self):
        """Return what the prox remembers from call to call, as plain data."""
        return []

    def restore(self, state):
        """Go on from what `state` returned."""
        return

    def concave_scale(self):
        """Return the root mean square of the gradient of a group at the edge of being zero.

        One number per group of `metric`, or one for all, where the function is not convex; 0
        where it is convex or of no such scale.
        """
        return 0.0
