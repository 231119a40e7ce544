"""Poisson loss."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from sgnn.losses.base import average_
from sgnn.losses.kinds import LogLinkLoss


@dataclass(eq=False, repr=False)
class Poisson(LogLinkLoss):
    r"""Half the Poisson deviance with logarithmic link.

    .. math:: \sum_k e^{z_k} - y_k + y_k (\log y_k - z_k)

    For counts, and for rates with the exposure as ``sample_weight``. Raw outputs are logarithms of
    predictions, which are means. The score is :math:`D^2` of the
    deviance, as :meth:`sklearn.linear_model.PoissonRegressor.score`.

    Examples
    --------
    >>> from sgnn.losses import Poisson
    >>> Poisson()
    Poisson()
    """

    def write(self, outputs, targets, weights, losses):
        import torch

        truth = targets.t()
        terms = torch.xlogy(truth, truth).addcmul_(truth, outputs, value=-1)
        outputs.exp_().sub_(truth)
        torch.sum(terms.add_(outputs), dim=0, out=losses)
        average_(outputs, weights)

    def deviance(self, outputs, targets):
        return xlogy(targets, targets) - targets * outputs - targets + np.exp(outputs)

    def check(self, targets):
        if targets.min() < 0:
            raise ValueError(f"Poisson: y must be at least 0; it holds {targets.min():.6g}.")

    def loss_unit(self, units):
        return float(np.mean(units))
