"""Whole layers."""

import torch

from sgnn.groups.base import Groups


class WholeLayers(Groups):
    """All weights of a layer are one group, whose members are the weights or finer groups.

    Parameters
    ----------
    parameters : Parameters
    of : Groups
        A shape sees their norms, or the weights themselves where they are single.
    with_bias : bool, default=False
        Whether biases belong to the groups even if they belong to no member.

    Attributes
    ----------
    penalised : torch.Tensor of shape (n_members,) or None
        1 for the members that a shape sees, 0 for those that it leaves alone; None is all.
    """

    def __init__(self, parameters, of, with_bias=False):
        self.of = of
        self.with_bias = with_bias or of.with_bias
        self.penalised = None
        super().__init__(parameters)

    def axes(self, layer):
        return ()

    def on_units(self, kept, parameters):
        small = WholeLayers(parameters, self.of.on_units(kept, parameters), self.with_bias)
        if self.penalised is not None:
            small.penalised = self.penalised[self.of.survivors(kept)]
        return small._with_sizes_of(self, kept)

    def _sizes(self, layer, index):
        n = layer.weight.numel() + (layer.bias.numel() if self._has_bias(layer) else 0)
        return layer.weight.new_full((1,), n)

    def _write_norms(self, layer, index, out):
        out.copy_(torch.linalg.vector_norm(layer.weight))
        if self._has_bias(layer):
            out.hypot_(torch.linalg.vector_norm(layer.bias))

    def spread(self, values, index):
        return values[index]

    def rows(self, layer, index):
        members = self.of.members(layer, index)
        return (members if self.penalised is None else members * self._mask(index))[None]

    def set_rows_(self, layer, index, rows):
        mask = None if self.penalised is None else self._mask(index)
        self.of.set_members_(layer, index, rows[0], mask)

    def _mask(self, index):
        return self.penalised[self.of.slices[index]]
