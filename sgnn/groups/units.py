"""Groups around units: what leaves them, what enters them."""

import numpy as np
import torch

from sgnn.groups.base import Groups


class Outgoing(Groups):
    """All weights that leave one unit (a row of a matrix), or one block of inputs.

    Parameters
    ----------
    parameters : Parameters
    blocks : array of int, shape (n_inputs,), default=None
        Blocks of inputs that stand or fall together, numbered from 0.
    """

    def __init__(self, parameters, blocks=None):
        device = parameters.flat.device
        self._blocks = None if blocks is None else torch.as_tensor(blocks, device=device)
        if blocks is not None:
            order = self._blocks.argsort(stable=True)
            counts = torch.bincount(self._blocks)
            place = (
                torch.arange(len(order), device=device)
                - (counts.cumsum(0) - counts)[self._blocks[order]]
            )
            self._places = self._blocks[order], place, order
            self._longest = int(counts.max())
        super().__init__(parameters)

    def on_units(self, kept, parameters):
        blocks = None
        if self._blocks is not None:
            blocks = np.unique(self._blocks.cpu().numpy()[kept[0]], return_inverse=True)[1]
        return Outgoing(parameters, blocks)._with_sizes_of(self, kept)

    def survivors(self, kept):
        masks = [torch.from_numpy(mask).to(self.sizes.device) for mask in kept[:-1]]
        if self._blocks is not None:
            masks[0] = torch.bincount(self._blocks[masks[0]], minlength=self.slices[0].stop) > 0
        return torch.cat(masks)

    def _has_blocks(self, index):
        return index == 0 and self._blocks is not None

    def _sizes(self, layer, index):
        n_in, n_out = layer.weight.shape
        if self._has_blocks(index):
            return torch.bincount(self._blocks).to(layer.weight) * n_out
        return layer.weight.new_full((n_in,), n_out)

    def _write_norms(self, layer, index, out):
        if self._has_blocks(index):
            squares = torch.linalg.vector_norm(layer.weight, dim=1).square_()
            out.zero_().index_add_(0, self._blocks, squares).sqrt_()
        else:
            torch.linalg.vector_norm(layer.weight, dim=1, out=out)

    def spread(self, values, index):
        values = values[self.slices[index]]
        return values[self._blocks, None] if self._has_blocks(index) else values[:, None]

    def _over(self, spread, index):
        return self.spread(self._factors[0], 0) if self._has_blocks(index) else spread[index]

    def rows(self, layer, index):
        if not self._has_blocks(index):
            return layer.weight
        n_blocks = self.slices[0].stop
        padded = layer.weight.new_zeros(n_blocks, self._longest, layer.weight.shape[1])
        block, place, order = self._places
        padded[block, place] = layer.weight[order]
        return padded.flatten(1)

    def set_rows_(self, layer, index, rows):
        if self._has_blocks(index):
            block, place, order = self._places
            rows = rows.view(len(rows), self._longest, -1)
            layer.weight[order] = rows[block, place]
        else:
            layer.weight.copy_(rows)


class Incoming(Groups):
    """All weights that enter one unit (a column of a matrix), with the unit's bias."""

    with_bias = True

    def on_units(self, kept, parameters):
        return Incoming(parameters)._with_sizes_of(self, kept)

    def survivors(self, kept):
        return torch.from_numpy(np.concatenate(kept[1:])).to(self.sizes.device)

    def _sizes(self, layer, index):
        n_in, n_out = layer.weight.shape
        return layer.weight.new_full((n_out,), n_in + 1)

    def _write_norms(self, layer, index, out):
        torch.linalg.vector_norm(layer.weight, dim=0, out=out)
        out.square_().addcmul_(layer.bias, layer.bias).sqrt_()

    def spread(self, values, index):
        return values[self.slices[index]]

    def rows(self, layer, index):
        return torch.cat([layer.weight.t(), layer.bias[:, None]], dim=1)

    def set_rows_(self, layer, index, rows):
        layer.weight.copy_(rows[:, :-1].t())
        layer.bias.copy_(rows[:, -1])
