"""Single weights."""

import torch

from sgnn.groups.base import Groups, prox_of


class SingleWeights(Groups):
    """Every weight is a group of its own, in the order of the flat buffer; biases are free."""

    single = True

    def axes(self, layer):
        return range(layer.weight.ndim)

    @property
    def shapes(self):
        return [tuple(shape) for shape in self._shapes]

    def prox_(self, parameters, shape, step, strength, layers=None):
        for weights, places in parameters.runs():
            steps = step[places].view_as(weights) if getattr(step, "ndim", 0) else step
            weights.copy_(prox_of(shape, weights, steps, strength))

    def members(self, layer, index):
        return layer.weight.reshape(-1)

    def set_members_(self, layer, index, changed, penalised):
        if penalised is not None:
            changed = changed.where(penalised > 0, layer.weight.reshape(-1))
        layer.weight.copy_(changed.view_as(layer.weight))

    def prox_in_metric_(self, parameters, shape, metric, step, factors, strength, layers):
        """Apply the prox where the steps belong to a coarser structure.

        Parameters
        ----------
        parameters : Parameters
        shape : Shape
        metric : Groups
        step : torch.Tensor
            One number per group of `metric`.
        factors : list of float or torch.Tensor
            Factor of the step in each layer, one for all or one per weight.
        strength : float
        layers : sequence of int
        """
        for index in layers:
            weight, factor = parameters.layers[index].weight, factors[index]
            if torch.is_tensor(factor):
                factor = factor.view_as(weight)
            steps = metric.spread(step, index) * factor
            weight.copy_(prox_of(shape, weight, steps, strength))
