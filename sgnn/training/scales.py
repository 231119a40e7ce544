"""Natural scales of parameters and loss, and what they follow from."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scales:
    """Natural units of the parameters and of the loss.

    The optimisers work as if each parameter were divided by its unit and the loss by its own. This
    changes the way to the minimum and not the objective.

    Attributes
    ----------
    weights, biases : list of float
        One number per layer.
    loss : float
    """

    weights: list
    biases: list
    loss: float

    @classmethod
    def of_targets(cls, unit, n_layers, homogeneous, loss_unit):
        """Scales for raw outputs of a given unit, such as the standard deviation of targets.

        Where the activation is positively homogeneous the unit is shared evenly among the layers,
        so that training on ``c * y`` is training on ``y`` in other units; else the last layer
        carries all of it.
        """
        if homogeneous:
            share = unit ** (1 / n_layers)
            weights = [share] * n_layers
        else:
            weights = [1.0] * (n_layers - 1) + [unit]
        return cls(weights, np.cumprod(weights).tolist(), loss_unit)


def n_effective(n_samples, sample_weight):
    """Return the sum of the weights, but at least the number of samples that have any.

    Parameters
    ----------
    n_samples : int
    sample_weight : ndarray of shape (n_samples,) or None
    """
    if sample_weight is None:
        return n_samples
    return max(float(sample_weight.sum()), np.count_nonzero(sample_weight))
