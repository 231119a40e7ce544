"""Outgoing groups where some inputs stand or fall together."""

import numpy as np
import torch

from sgnn.groups.units import Outgoing


def outgoing(parameters, blocks=None):
    """Return outgoing groups, of blocks of inputs where there are any."""
    return Outgoing(parameters) if blocks is None else OutgoingBlocks(parameters, blocks)


class OutgoingBlocks(Outgoing):
    """All weights that leave one block of inputs, or one hidden unit, of dense layers.

    Parameters
    ----------
    parameters : Parameters
    blocks : array of int, shape (n_inputs,)
        Blocks of inputs that stand or fall together, numbered from 0; kept as a tensor.
    """

    def __init__(self, parameters, blocks):
        self.blocks = torch.as_tensor(blocks, device=parameters.flat.device)
        order = self.blocks.argsort(stable=True)
        counts = torch.bincount(self.blocks)
        first = counts.cumsum(0) - counts
        place = torch.arange(len(order), device=order.device) - first[self.blocks[order]]
        self._places = self.blocks[order], place, order
        self._longest = int(counts.max())
        super().__init__(parameters)

    def on_units(self, kept, parameters):
        blocks = np.unique(self.blocks.cpu().numpy()[kept[0]], return_inverse=True)[1]
        return OutgoingBlocks(parameters, blocks)._with_sizes_of(self, kept)

    def survivors(self, kept):
        inputs = torch.from_numpy(kept[0]).to(self.sizes.device)
        of_blocks = torch.bincount(self.blocks[inputs], minlength=self.slices[0].stop) > 0
        return torch.cat([of_blocks, super().survivors(kept)[len(inputs) :]])

    def _sizes(self, layer, index):
        if index:
            return super()._sizes(layer, index)
        return torch.bincount(self.blocks).to(layer.weight) * layer.weight.shape[1]

    def _write_norms(self, layer, index, out):
        if index:
            super()._write_norms(layer, index, out)
        else:
            squares = torch.linalg.vector_norm(layer.weight, dim=1).square_()
            out.zero_().index_add_(0, self.blocks, squares).sqrt_()

    def spread(self, values, index):
        if index:
            return super().spread(values, index)
        return values[self.slices[0]][self.blocks, None]

    def _over(self, spread, index):
        return spread[index] if index else self.spread(self._factors[0], 0)

    def rows(self, layer, index):
        if index:
            return super().rows(layer, index)
        n_blocks = self.slices[0].stop
        padded = layer.weight.new_zeros(n_blocks, self._longest, layer.weight.shape[1])
        block, place, order = self._places
        padded[block, place] = layer.weight[order]
        return padded.flatten(1)

    def set_rows_(self, layer, index, rows):
        if index:
            super().set_rows_(layer, index, rows)
        else:
            block, place, order = self._places
            rows = rows.view(len(rows), self._longest, -1)
            layer.weight[order] = rows[block, place]
