"""Structures: which weights of a network stand or fall together.

A structure partitions the weights of all layers into groups, numbered from the first layer to the
last: the axes of a weight that tell groups apart. Everything else sees one number per group (norms,
steps, strengths), so its arithmetic runs once for the whole network, and asks the structure to
`spread` these numbers over a layer; or it sees the groups of a layer as the rows of a matrix.
"""

from abc import ABC, abstractmethod
from functools import cached_property, reduce
from itertools import pairwise

import numpy as np
import torch

#: Up to how many entries numpy is faster than torch.
_FEW = 2**14
_PRECISIONS = torch.float32, torch.float64
_ONE = np.ones(1, dtype=bool)


class Groups(ABC):
    """A partition of the weights of a network into groups.

    Parameters
    ----------
    parameters : object
        The full-size network, whose ``layers`` is a list of :class:`sgnn.networks.layers.Layer`.
    blocks : array of int, shape (n_inputs,), default=None
        Blocks of inputs that stand or fall together; most structures do not depend on them.

    Attributes
    ----------
    sizes : torch.Tensor of shape (n_groups,)
        Number of weights in each group.
    slices : list of slice
        The groups of each layer.
    with_bias : bool
        Whether biases belong to the groups.
    single : bool
        Whether each weight is a group of its own.
    """

    with_bias = False
    single = False

    def __init__(self, parameters, blocks=None):
        self._layouts = [(layer.inputs, layer.outputs) for layer in parameters.layers]
        self._axes = [tuple(sorted(self.axes(layer))) for layer in parameters.layers]
        self._others = [
            tuple(axis for axis in range(layer.weight.ndim) if axis not in axes)
            for layer, axes in zip(parameters.layers, self._axes, strict=True)
        ]
        self._shapes = [
            [n if axis in axes else 1 for axis, n in enumerate(layer.weight.shape)]
            for layer, axes in zip(parameters.layers, self._axes, strict=True)
        ]
        sizes = [self._sizes(layer, index) for index, layer in enumerate(parameters.layers)]
        self.sizes = torch.cat(sizes)
        self.slices, start = [], 0
        for of_layer in sizes:
            self.slices.append(slice(start, start + len(of_layer)))
            start += len(of_layer)

    @abstractmethod
    def axes(self, layer):
        """Return the axes of the weight of a layer that tell groups apart."""

    def nests_in(self, other):
        """Whether the weights of each group are in one group of another structure."""
        pairs = zip(self._axes, other._axes, strict=True)
        return all(set(theirs) <= set(ours) for ours, theirs in pairs)

    def on_units(self, kept, parameters):
        """Return the structure of the network that some units form.

        The sizes of its groups stay those in the full-size network.

        Parameters
        ----------
        kept : list of ndarray of bool
            The units, layer by layer, inputs first.
        parameters : Parameters
            The smaller network.
        """
        return type(self)(parameters)._with_sizes_of(self, kept)

    def survivors(self, kept):
        """Return the groups that `on_units` leaves, a tensor of bool of shape (n_groups,)."""
        masks = []
        for axes, shape, (inputs, outputs), units in zip(
            self._axes, self._shapes, self._layouts, pairwise(kept), strict=True
        ):
            of_axis = dict(zip((*inputs, *outputs), units, strict=True))
            parts = [
                of_axis[axis] if axis in of_axis else np.ones(shape[axis], dtype=bool)
                for axis in axes
            ]
            masks.append(reduce(np.logical_and.outer, parts).ravel() if parts else _ONE)
        return torch.from_numpy(np.concatenate(masks)).to(self.sizes.device)

    def _with_sizes_of(self, full, kept):
        self.sizes = full.sizes[full.survivors(kept)]
        return self

    def _has_bias(self, layer):
        return self.with_bias and layer.bias is not None

    def _sizes(self, layer, index):
        """Return the sizes of the groups of one layer."""
        n_groups = layer.count(self._axes[index])
        n_members = layer.weight.numel() + (layer.bias.numel() if self._has_bias(layer) else 0)
        return layer.weight.new_full((n_groups,), n_members // n_groups)

    def _write_norms(self, layer, index, out):
        """Write the Euclidean norms of the groups of one layer."""
        axes, others = self._axes[index], self._others[index]
        norms = out
        if len(axes) > 1:
            norms = out.view([layer.weight.shape[axis] for axis in axes])
        if others:
            torch.linalg.vector_norm(layer.weight, dim=others, out=norms)
        else:
            torch.abs(layer.weight, out=norms)
        if self._has_bias(layer):
            of_bias = layer.bias
            if of_bias.ndim > 1:
                others = tuple(range(of_bias.ndim - 1))
                of_bias = torch.linalg.vector_norm(of_bias, dim=others)
            out.square_().addcmul_(of_bias, of_bias).sqrt_()

    def spread(self, values, index):
        """Return what broadcasts a value per group over the weight of layer `index`."""
        return values[self.slices[index]].view(self._shapes[index])

    def rows(self, layer, index):
        """Return the groups of one layer as rows of a matrix, the shorter ones ending with 0."""
        rows = self._groups_first(layer, index).reshape(layer.count(self._axes[index]), -1)
        if not self._has_bias(layer):
            return rows
        return torch.cat([rows, layer.bias.reshape(-1, len(rows)).T], dim=1)

    def set_rows_(self, layer, index, rows):
        """Write back what `rows` has returned, changed."""
        if self._has_bias(layer):
            rows, of_bias = rows.tensor_split([-(layer.bias.numel() // len(rows))], dim=1)
            layer.bias.copy_(of_bias.T.reshape(layer.bias.shape))
        weight = self._groups_first(layer, index)
        weight.copy_(rows.reshape(weight.shape))

    def _groups_first(self, layer, index):
        return layer.weight.permute(*self._axes[index], *self._others[index])

    def members(self, layer, index):
        """Return what a shape of the whole layer sees: the norms, or weights that are single."""
        norms = torch.empty_like(self.sizes[self.slices[index]])
        self._write_norms(layer, index, norms)
        return norms

    def set_members_(self, layer, index, changed, penalised):
        """Write back what `members` has returned, changed, where it is penalised.

        Parameters
        ----------
        layer : Layer
        index : int
        changed : torch.Tensor
        penalised : torch.Tensor or None
            1 for what is penalised and 0 for what stays; None is all.
        """
        factors = self._factors[1][index]
        write_ratio(changed, self.members(layer, index), factors)
        if penalised is not None:
            factors += 1 - penalised
        self._scale_(layer, index)

    @cached_property
    def _norms(self):
        """Memory for a norm per group, and its part for each layer."""
        norms = torch.empty_like(self.sizes)
        return norms, [norms[part] for part in self.slices]

    @cached_property
    def _factors(self):
        """Memory for a factor per group, its part for each layer, and what spreads that."""
        factors = torch.empty_like(self.sizes)
        spread = [self.spread(factors, index) for index in range(len(self.slices))]
        return factors, [factors[part] for part in self.slices], spread

    def norms(self, parameters):
        """Return the Euclidean norm of each group, like `sizes`; valid until the next call."""
        norms, parts = self._norms
        for index, layer in enumerate(parameters.layers):
            self._write_norms(layer, index, parts[index])
        return norms

    @property
    def shapes(self):
        """How the groups of each layer are arranged: in a row, or as the weights they are."""
        return [(part.stop - part.start,) for part in self.slices]

    def of_layers(self, values):
        """Return one number per layer as one per group, or as a float where all are the same."""
        if len(set(values)) == 1:
            return values[0]
        per_group = torch.empty_like(self.sizes)
        for part, value in zip(self.slices, values, strict=True):
            per_group[part] = value
        return per_group

    def refine(self, values, finer):
        """Return one number per group as one per group of another structure, inside these."""
        if self.nests_in(finer):
            return values
        counts = [part.stop - part.start for part in finer.slices]
        return values.repeat_interleave(torch.tensor(counts, device=values.device))

    def add_product_(self, parameters, other, steps, factor):
        """Add ``factor * step * other`` to each group of `parameters`, in place."""
        factors, parts, spread = self._factors
        factors.copy_(steps)
        for index, (layer, term) in enumerate(zip(parameters.layers, other.layers, strict=True)):
            layer.weight.addcmul_(term.weight, self._over(spread, index), value=factor)
            if self._has_bias(layer):
                layer.bias.addcmul_(term.bias, parts[index], value=factor)

    def _over(self, spread, index):
        return spread[index]

    def prox_(self, parameters, shape, step, strength, layers=None):
        """Apply the prox of a shape of the group norms to some layers, in place.

        ``prox(x) = shape.prox(|x|) x / |x|`` on each group; groups of zeros stay zero.
        """
        norms = self.norms(parameters)
        factors = self._factors[0]
        write_ratio(prox_of(shape, norms, step, strength), norms, factors)
        for index in range(len(self.slices)) if layers is None else layers:
            self._scale_(parameters.layers[index], index)

    def _scale_(self, layer, index):
        """Multiply the groups of one layer by the factors in memory."""
        _, parts, spread = self._factors
        layer.weight.mul_(self._over(spread, index))
        if self._has_bias(layer):
            layer.bias.mul_(parts[index])


def prox_of(shape, x, step, strength):
    """Return the prox of a shape on a tensor, computed in numpy where that is faster."""
    is_small = x.numel() <= _FEW and x.device.type == "cpu" and x.dtype in _PRECISIONS
    if not (shape.takes_arrays and is_small):
        return shape.prox(x, step, strength)
    steps = step.detach().numpy() if torch.is_tensor(step) else step
    with np.errstate(all="ignore"):
        return torch.from_numpy(shape.prox(x.detach().numpy(), steps, strength))


def write_ratio(changed, norms, out):
    """Write ``changed / norms``, and 0 where both are 0."""
    torch.div(changed, norms.clamp(min=torch.finfo(norms.dtype).tiny), out=out)
