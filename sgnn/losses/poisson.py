"""Poisson loss."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from sgnn.losses.base import DevianceLoss, average_

_LEAST_MEAN = 1e-9


@dataclass(eq=False, repr=False)
class Poisson(DevianceLoss):
    r"""Half the Poisson deviance with logarithmic link: :math:`\sum_k e^{z_k} - y_k z_k`.

    For counts, and for rates with the exposure as ``sample_weight``. Raw outputs are logarithms of
    predictions, which are means; the terms of y alone are left out. The score is :math:`D^2` of the
    deviance, as :meth:`sklearn.linear_model.PoissonRegressor.score`.

    Examples
    --------
    >>> from sgnn.losses import Poisson
    >>> Poisson()
    Poisson()
    """

    def write(self, outputs, targets, weights, losses):
        import torch

        truth, means = targets.t(), outputs.exp()
        torch.sum(torch.addcmul(means, truth, outputs, value=-1), dim=0, out=losses)
        torch.sub(means, truth, out=outputs)
        average_(outputs, weights)

    def constant(self, targets, weights, n_outputs):
        means = np.average(targets.astype(np.float64, copy=False), axis=0, weights=weights)
        return np.log(np.maximum(means, _LEAST_MEAN))

    def deviance(self, outputs, targets):
        return xlogy(targets, targets) - targets * outputs - targets + np.exp(outputs)

    def predicted(self, outputs):
        return np.exp(outputs)

    def check(self, targets):
        if targets.min() < 0:
            raise ValueError(f"Poisson: y must be at least 0; it holds {targets.min():.6g}.")

    def loss_unit(self, targets, weights):
        """Return the mean of the targets: that of c * y has c times the loss, and its slope."""
        mean = float(np.average(targets.mean(axis=1, dtype=np.float64), weights=weights))
        if mean == 0:
            raise ValueError("Poisson: y must not be 0 throughout.")
        return mean
