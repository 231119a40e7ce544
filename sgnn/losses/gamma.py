"""Gamma loss."""

from dataclasses import dataclass

import numpy as np

from sgnn.losses.base import average_
from sgnn.losses.kinds import LogLinkLoss


@dataclass(eq=False, repr=False)
class Gamma(LogLinkLoss):
    r"""Half the gamma deviance with logarithmic link.

    .. math:: \sum_k z_k - \log y_k + y_k e^{-z_k} - 1

    For positive amounts whose spread grows with their mean. Raw outputs are logarithms of
    predictions, which are means. The score is :math:`D^2` of the
    deviance, as :meth:`sklearn.linear_model.GammaRegressor.score`.

    Examples
    --------
    >>> from sgnn.losses import Gamma
    >>> Gamma()
    Gamma()
    """

    def write(self, outputs, targets, weights, losses):
        import torch

        truth = targets.t()
        ratios = outputs.neg().exp_().mul_(truth)
        torch.sum(outputs.sub_(truth.log()).add_(ratios).sub_(1), dim=0, out=losses)
        torch.sub(1, ratios, out=outputs)
        average_(outputs, weights)

    def deviance(self, outputs, targets):
        return outputs - np.log(targets) + targets * np.exp(-outputs) - 1

    def check(self, targets):
        if targets.min() <= 0:
            raise ValueError(f"Gamma: y must be greater than 0; it holds {targets.min():.6g}.")
