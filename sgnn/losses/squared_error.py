"""Squared error."""

from dataclasses import dataclass

import numpy as np

from sgnn.losses.base import Loss, average_

_ROUNDING = 1e-13


@dataclass(eq=False, repr=False)
class SquaredError(Loss):
    r"""Half squared error, summed over outputs: :math:`\tfrac12 \sum_k (z_k - y_k)^2`.

    The unit of each output is the standard deviation of its targets; the score is :math:`R^2`.

    Examples
    --------
    >>> from sgnn.losses import SquaredError
    >>> SquaredError()
    SquaredError()
    """

    least_scored = 2

    def write(self, outputs, targets, weights, losses):
        import torch

        outputs.sub_(targets.t())
        torch.sum(outputs.square(), dim=0, out=losses).mul_(0.5)
        average_(outputs, weights)

    def constant(self, targets, weights, n_outputs):
        values = targets.astype(np.float64, copy=False)
        # Without rounding if all are one.
        return values[0] + np.average(values - values[0], axis=0, weights=weights)

    def scores(self, outputs, targets, weights=None):
        targets = targets.astype(np.float64, copy=False)
        squares = (targets - outputs) ** 2
        mean = self.constant(targets, weights, targets.shape[1])
        variances = np.average((targets - mean) ** 2, axis=0, weights=weights)
        varies = _varies(mean, variances)
        ratios = np.where(varies, squares, np.average(squares, axis=0, weights=weights) > 0)
        return 1 - (ratios / np.where(varies, variances, 1)).mean(axis=1)

    def units(self, mean, variance):
        varies = _varies(mean, variance)
        typical = np.sqrt(variance[varies].mean()) if varies.any() else 1.0
        return np.where(varies, np.sqrt(variance), typical)

    def loss_unit(self, units):
        return float(np.mean(units**2))


def _varies(mean, variance):
    """Whether targets vary by more than the error with which their mean is computed."""
    return variance > (_ROUNDING * mean) ** 2
