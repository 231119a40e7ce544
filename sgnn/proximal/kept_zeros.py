"""Zeros that stay, in place of a penalty."""

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
        self._support = (parameters.weights != 0).to(parameters.weights)

    def value(self, parameters):
        return 0.0

    def prox_(self, parameters, step):
        parameters.weights.mul_(self._support)

    def begin_epoch(self, epoch):
        """Do nothing: there is no strength."""

    def set_strength(self, strength):
        """Do nothing: there is no strength."""

    def on_units(self, kept, parameters):
        small = KeptZeros(parameters)
        small._support = self._support[self.metric.survivors(kept)]
        return small
