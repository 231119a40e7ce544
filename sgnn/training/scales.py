"""Natural scales of parameters and loss, and what they follow from."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scales:
    """Units of the parameters and of the loss.

    Attributes
    ----------
    weights, biases : list of float or ndarray
        One number per layer; in the last layer there may be one per output.
    loss : float
    shift : float or ndarray
        What is added to the biases of the outputs, in no unit.
    """

    weights: list
    biases: list
    loss: float
    shift: float | np.ndarray = 0.0

    @classmethod
    def natural(cls, n_layers):
        """All units 1."""
        return cls([1.0] * n_layers, [1.0] * n_layers, 1.0)

    @classmethod
    def of_targets(cls, unit, n_layers, homogeneous, loss):
        """Scales for targets of a given unit, such as their standard deviation.

        Where the activation is positively homogeneous the unit is shared evenly among the layers,
        so that training on ``c * y`` is training on ``y`` in other units; else the last layer
        carries all of it.

        Parameters
        ----------
        unit : float
        n_layers : int
        homogeneous : bool
        loss : float
            Unit of the loss.
        """
        if homogeneous:
            share = unit ** (1 / n_layers)
            weights = [share] * n_layers
        else:
            weights = [1.0] * (n_layers - 1) + [unit]
        return cls(weights, np.cumprod(weights).tolist(), loss)

    def with_outputs(self, factors):
        """Return the scales with those of the last layer times a factor per output."""
        (*weights, weight), (*biases, bias) = self.weights, self.biases
        return Scales([*weights, weight * factors], [*biases, bias * factors], self.loss)

    def relative_to(self, other):
        """Return these scales in units of others."""
        weights, biases = (
            [one / unit for one, unit in zip(ours, theirs, strict=True)]
            for ours, theirs in ((self.weights, other.weights), (self.biases, other.biases))
        )
        return Scales(weights, biases, self.loss / other.loss, self.shift - other.shift)

    @property
    def inverse(self):
        """The scales that undo these."""
        weights, biases = ([1 / unit for unit in units] for units in (self.weights, self.biases))
        return Scales(weights, biases, 1 / self.loss, -self.shift / self.biases[-1])
