"""Squared error."""

from dataclasses import dataclass

import numpy as np

from sgnn.losses.base import average_
from sgnn.losses.kinds import ErrorLoss


@dataclass(eq=False, repr=False)
class SquaredError(ErrorLoss):
    r"""Half squared error, summed over outputs: :math:`\tfrac12 \sum_k (z_k - y_k)^2`.

    Predictions are means; the score is :math:`R^2`, as :func:`sklearn.metrics.r2_score`.

    Examples
    --------
    >>> from sgnn.losses import SquaredError
    >>> SquaredError()
    SquaredError()
    """

    score_name = "R²"

    def write(self, outputs, targets, weights, losses):
        import torch

        outputs.sub_(targets.t())
        torch.sum(outputs.square(), dim=0, out=losses).mul_(0.5)
        average_(outputs, weights)

    def constant(self, targets, weights, n_outputs):
        values = targets.astype(np.float64, copy=False)
        # Without rounding if all are one.
        return values[0] + np.average(values - values[0], axis=0, weights=weights)

    def of_errors(self, errors):
        return errors**2 / 2

    def loss_unit(self, units):
        return float(np.mean(units**2))

    def slope(self, targets, weights, n_outputs):
        """Return 1: targets in their units have standard deviation 1."""
        return 1.0
