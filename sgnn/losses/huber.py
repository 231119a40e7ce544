"""Huber's loss."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from sgnn._common.checks import check_interval
from sgnn.losses.base import average_
from sgnn.losses.kinds import ErrorLoss


@dataclass(eq=False, repr=False)
class Huber(ErrorLoss):
    r"""Huber's loss: the squared error of small errors, the absolute error of large ones.

    .. math:: \sum_k \begin{cases} \tfrac12 (z_k - y_k)^2 & |z_k - y_k| \le \delta \\
        \delta\,|z_k - y_k| - \tfrac12 \delta^2 & \text{else} \end{cases}

    Use it where some targets are grossly wrong. Predictions are locations between mean and median;
    the score is :math:`D^2`, 1 minus the loss relative to that of the best constant.

    Parameters
    ----------
    delta : float > 0, default=1.35
        Largest error that is squared, in units of y; 1.35 times the standard deviation of normal
        errors loses 5 % of the efficiency of the squared error.

    References
    ----------
    Huber (1964), "Robust estimation of a location parameter", doi:10.1214/aoms/1177703732.

    Examples
    --------
    >>> from sgnn.losses import Huber
    >>> Huber(delta=0.5)
    Huber(delta=0.5)
    """

    delta: float = 1.35

    def check_parameters(self):
        check_interval(self, "delta", low=0, closed="neither")

    def write(self, outputs, targets, weights, losses):
        import torch

        outputs.sub_(targets.t())
        delta = torch.as_tensor(self.delta, dtype=outputs.dtype, device=outputs.device)
        inner = outputs.clamp(-delta.view(-1, 1), delta.view(-1, 1))
        torch.sum(outputs.sub_(inner, alpha=0.5).mul_(inner), dim=0, out=losses)
        outputs.copy_(inner)
        average_(outputs, weights)

    def constant(self, targets, weights, n_outputs):
        def slope(center, column, delta):
            return np.average(np.clip(center - column, -delta, delta), weights=weights)

        def center(column, delta):
            low, high = column.min(), column.max()
            return low if low == high else brentq(slope, low, high, (column, delta), xtol=1e-12)

        deltas = np.broadcast_to(self.delta, n_outputs)
        columns = targets.T.astype(np.float64, copy=False)
        return np.array([center(*parts) for parts in zip(columns, deltas, strict=True)])

    def loss_unit(self, units):
        return float(np.mean(units**2))

    def in_units(self, units):
        return Huber(delta=self.delta / units)

    def of_errors(self, errors):
        inner = np.clip(errors, -self.delta, self.delta)
        return inner * (errors - inner / 2)
