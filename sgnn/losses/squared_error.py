"""Squared error."""

from dataclasses import dataclass

import numpy as np

from sgnn.losses.base import Loss, average_


@dataclass(eq=False, repr=False)
class SquaredError(Loss):
    r"""Half squared error, summed over outputs: :math:`\tfrac12 \sum_k (z_k - y_k)^2`.

    The unit of the raw outputs is the standard deviation of the targets, as the root of the mean
    variance of the outputs; the score is :math:`R^2`.

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
        return np.average(targets.astype(np.float64, copy=False), axis=0, weights=weights)

    def scores(self, outputs, targets, weights=None):
        targets = targets.astype(np.float64, copy=False)
        squares = (targets - outputs) ** 2
        variances = self._variances(targets, weights)
        varies = variances > 0
        ratios = np.where(varies, squares, np.average(squares, axis=0, weights=weights) > 0)
        return 1 - (ratios / np.where(varies, variances, 1)).mean(axis=1)

    def unit(self, targets, weights):
        targets = targets.astype(np.float64, copy=False)
        with np.errstate(over="ignore", invalid="ignore"):
            variances = self._variances(targets, weights)
        scale = float(np.sqrt(np.mean(variances)))
        if not scale < np.inf:
            raise ValueError(f"y reaches {np.abs(targets).max():.3g}, too much to square: scale y.")
        return scale if scale > 0 else 1.0

    def _variances(self, targets, weights):
        center = self.constant(targets, weights, targets.shape[1])
        return np.average((targets - center) ** 2, axis=0, weights=weights)
