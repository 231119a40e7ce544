"""Single weights."""

from itertools import pairwise

import numpy as np
import torch

from sgnn.groups.base import Groups


class SingleWeights(Groups):
    """Every weight is a group of its own, in the order of the flat buffer; biases are free."""

    level = 0

    def __init__(self, parameters):
        super().__init__(parameters)
        self._shapes = [tuple(layer.weight.shape) for layer in parameters.layers]

    @property
    def shapes(self):
        return self._shapes

    def _sizes(self, layer, index):
        return torch.ones_like(layer.weight).ravel()

    def on_units(self, kept, parameters):
        return SingleWeights(parameters)

    def survivors(self, kept):
        masks = [np.outer(before, after).ravel() for before, after in pairwise(kept)]
        return torch.from_numpy(np.concatenate(masks)).to(self.sizes.device)

    def _write_norms(self, layer, index, out):
        torch.abs(layer.weight.ravel(), out=out)

    def prox_(self, parameters, shape, step, strength, layers=None):
        parameters.weights.copy_(shape.prox(parameters.weights, step, strength))

    def spread(self, values, index):
        n_in, n_out = self._shapes[index]
        return values[self.slices[index]].view(n_in, n_out)

    def rows(self, layer, index):
        return layer.weight.view(-1, 1)

    def set_rows_(self, layer, index, rows):
        layer.weight.copy_(rows.view_as(layer.weight))

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
            weight.copy_(shape.prox(weight, steps, strength))
