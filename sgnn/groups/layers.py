"""Whole layers."""

import torch

from sgnn.groups.base import Groups, write_ratio


class Layers(Groups):
    """All weights of a layer are one group, whose members are the weights or finer groups.

    Parameters
    ----------
    parameters : Parameters
    members : Groups
        A shape sees their norms, or the weights themselves where they are single.
    with_bias : bool, default=False
        Whether biases belong to the groups even if they belong to no member.

    Attributes
    ----------
    penalised : torch.Tensor of shape (n_members,) or None
        1 for the members that a shape sees, 0 for those that it leaves alone; None is all.
    """

    level = 2

    def __init__(self, parameters, members, with_bias=False):
        self.members = members
        self.with_bias = with_bias or members.with_bias
        self.penalised = None
        super().__init__(parameters)

    def on_units(self, kept, parameters):
        members = self.members.on_units(kept, parameters)
        small = Layers(parameters, members, self.with_bias)
        if self.penalised is not None:
            small.penalised = self.penalised[self.members.survivors(kept)]
        return small._with_sizes_of(self, kept)

    def survivors(self, kept):
        return torch.ones_like(self.sizes, dtype=torch.bool)

    def _sizes(self, layer, index):
        n = layer.weight.numel() + (layer.bias.numel() if self.with_bias else 0)
        return layer.weight.new_full((1,), n)

    def _write_norms(self, layer, index, out):
        out.copy_(torch.linalg.vector_norm(layer.weight))
        if self.with_bias:
            out.hypot_(torch.linalg.vector_norm(layer.bias))

    def spread(self, values, index):
        return values[index]

    def rows(self, layer, index):
        part = self.members.slices[index]
        if self.members.level == 0:
            entries = layer.weight.view(-1)
        else:
            entries = torch.empty_like(self.members.sizes[part])
            self.members._write_norms(layer, index, entries)
        return (entries if self.penalised is None else entries * self.penalised[part])[None]

    def set_rows_(self, layer, index, rows):
        part = self.members.slices[index]
        changed = rows[0]
        if self.members.level == 0:
            if self.penalised is not None:
                changed = changed.where(self.penalised[part] > 0, layer.weight.view(-1))
            layer.weight.copy_(changed.view_as(layer.weight))
            return
        norms = torch.empty_like(changed)
        self.members._write_norms(layer, index, norms)
        factors = self.members._factors[1][index]
        write_ratio(changed, norms, factors)
        if self.penalised is not None:
            factors += 1 - self.penalised[part]
        self.members._scale_(layer, index)
