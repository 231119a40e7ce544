"""Pinball loss."""

from dataclasses import dataclass

import numpy as np

from sgnn._common.checks import check_interval
from sgnn.losses.base import average_
from sgnn.losses.kinds import ErrorLoss


@dataclass(eq=False, repr=False)
class Quantile(ErrorLoss):
    r"""Pinball loss: predictions are quantiles.

    .. math:: \sum_k \max\bigl(q\,(y_k - z_k),\; (1 - q)\,(z_k - y_k)\bigr)

    The score is :math:`D^2`, as :func:`sklearn.metrics.d2_pinball_score` with ``alpha`` :math:`q`.

    Parameters
    ----------
    quantile : float in (0, 1), default=0.9
        The quantile :math:`q`, 0.5 for the median.

    References
    ----------
    Koenker & Bassett (1978), "Regression quantiles", doi:10.2307/1913643.

    Examples
    --------
    >>> from sgnn.losses import Quantile
    >>> Quantile(quantile=0.5)
    Quantile(quantile=0.5)
    """

    quantile: float = 0.9

    differentiable = False
    follows_noise = False

    def check_parameters(self):
        check_interval(self, "quantile", low=0, high=1, closed="neither")

    def write(self, outputs, targets, weights, losses):
        import torch

        errors = outputs - targets.t()
        torch.gt(errors, 0, out=outputs).sub_(self.quantile)
        torch.sum(errors.mul_(outputs), dim=0, out=losses)
        average_(outputs, weights)

    def constant(self, targets, weights, n_outputs):
        weights = np.ones(len(targets)) if weights is None else weights
        order = targets.argsort(axis=0)
        below = weights[order].cumsum(axis=0, dtype=np.float64)
        places = (below < self.quantile * below[-1]).sum(axis=0)
        values = np.take_along_axis(targets, order, axis=0)[places, np.arange(n_outputs)]
        return values.astype(np.float64)

    def loss_unit(self, units):
        return float(np.mean(units))

    def of_errors(self, errors):
        return errors * ((errors > 0) - self.quantile)
