"""Zeros that stay, in place of a penalty."""

import torch

from sgnn.groups.weights import SingleWeights
from sgnn.proximal.base import Regulariser


class KeptZeros(Regulariser):
    """Zero where all weights that are zero now still are, else infinite.

    Its prox is the projection onto the support.

    Parameters
    ----------
    parameters : Parameters
    """

    def __init__(self, parameters):
        self.metric = SingleWeights(parameters)
        runs = parameters.runs()
        self._support = torch.cat([(w != 0).to(w).reshape(-1) for w, _ in runs])

    def value(self, parameters):
        return 0.0

    def prox_(self, parameters, step):
        for weights, places in parameters.runs():
            weights.mul_(self._support[places].view_as(weights))

    def begin_epoch(self, epoch):
        """Do nothing: there is no strength."""

    def set_strength(self, strength):
        """Do nothing: there is no strength."""

    def on_units(self, kept, parameters):
        small = KeptZeros(parameters)
        small._support = self._support[self.metric.survivors(kept)]
        return small
