"""Gamma loss."""

from dataclasses import dataclass

import numpy as np

from sgnn.losses.base import DevianceLoss, average_


@dataclass(eq=False, repr=False)
class Gamma(DevianceLoss):
    r"""Half the gamma deviance with logarithmic link: :math:`\sum_k z_k + y_k e^{-z_k}`.

    For positive amounts whose spread grows with their mean. Raw outputs are logarithms of
    predictions, which are means; the terms of y alone are left out. The score is :math:`D^2` of the
    deviance, as :meth:`sklearn.linear_model.GammaRegressor.score`.

    Examples
    --------
    >>> from sgnn.losses import Gamma
    >>> Gamma()
    Gamma()
    """

    def write(self, outputs, targets, weights, losses):
        import torch

        ratios = outputs.neg().exp_().mul_(targets.t())
        torch.sum(outputs.add_(ratios), dim=0, out=losses)
        torch.sub(1, ratios, out=outputs)
        average_(outputs, weights)

    def constant(self, targets, weights, n_outputs):
        return np.log(np.average(targets.astype(np.float64, copy=False), axis=0, weights=weights))

    def deviance(self, outputs, targets):
        return outputs - np.log(targets) + targets * np.exp(-outputs) - 1

    def predicted(self, outputs):
        return np.exp(outputs)

    def check(self, targets):
        if targets.min() <= 0:
            raise ValueError(f"Gamma: y must be greater than 0; it holds {targets.min():.6g}.")
