"""Structures: which weights of a network stand or fall together.

A structure partitions the weights of all layers into groups, numbered from the first layer to the
last. It is the only code that knows how layers are laid out: a weight matrix has shape
(n_in, n_out), rows contiguous, and a bias shape (n_out,). Everything else sees one number per group
(norms, steps, strengths), so its arithmetic runs once for the whole network, and asks the structure
to `spread` these numbers over a layer; or it sees the groups of a layer as the rows of a matrix.
"""

from abc import ABC, abstractmethod
from functools import cached_property

import torch


class Groups(ABC):
    """A partition of the weights of a network into groups.

    Parameters
    ----------
    parameters : sgnn.networks.parameters.Parameters
        The full-size network.

    Attributes
    ----------
    sizes : torch.Tensor of shape (n_groups,)
        Number of weights in each group.
    slices : list of slice
        The groups of each layer.
    with_bias : bool
        Whether biases belong to the groups.
    level : int
        0 for single weights, 1 for groups around units, 2 for whole layers.
    """

    with_bias = False
    level = 1

    def __init__(self, parameters):
        sizes = [self._sizes(layer, index) for index, layer in enumerate(parameters.layers)]
        self.sizes = torch.cat(sizes)
        self.slices, start = [], 0
        for of_layer in sizes:
            self.slices.append(slice(start, start + len(of_layer)))
            start += len(of_layer)

    @abstractmethod
    def _sizes(self, layer, index):
        """Return the sizes of the groups of one layer."""

    @abstractmethod
    def _write_norms(self, layer, index, out):
        """Write the Euclidean norms of the groups of one layer."""

    @abstractmethod
    def spread(self, values, index):
        """Return what broadcasts a value per group over the weight matrix of layer `index`."""

    @abstractmethod
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

    @abstractmethod
    def survivors(self, kept):
        """Return the groups that `on_units` leaves, a tensor of bool of shape (n_groups,)."""

    @abstractmethod
    def rows(self, layer, index):
        """Return the groups of one layer as rows of a matrix, the shorter ones ending with 0."""

    @abstractmethod
    def set_rows_(self, layer, index, rows):
        """Write back what `rows` has returned, changed."""

    def _with_sizes_of(self, full, kept):
        self.sizes = full.sizes[full.survivors(kept)]
        return self

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
        if finer.level == self.level:
            return values
        counts = [part.stop - part.start for part in finer.slices]
        return values.repeat_interleave(torch.tensor(counts, device=values.device))

    def add_product_(self, parameters, other, steps, factor):
        """Add ``factor * step * other`` to each group of `parameters`, in place."""
        factors, parts, spread = self._factors
        factors.copy_(steps)
        for index, (layer, term) in enumerate(zip(parameters.layers, other.layers, strict=True)):
            layer.weight.addcmul_(term.weight, self._over(spread, index), value=factor)
            if self.with_bias:
                layer.bias.addcmul_(term.bias, parts[index], value=factor)

    def _over(self, spread, index):
        return spread[index]

    def prox_(self, parameters, shape, step, strength, layers=None):
        """Apply the prox of a shape of the group norms to some layers, in place.

        ``prox(x) = shape.prox(|x|) x / |x|`` on each group; groups of zeros stay zero.
        """
        norms = self.norms(parameters)
        factors = self._factors[0]
        write_ratio(shape.prox(norms, step, strength), norms, factors)
        for index in range(len(self.slices)) if layers is None else layers:
            self._scale_(parameters.layers[index], index)

    def _scale_(self, layer, index):
        """Multiply the groups of one layer by the factors in memory."""
        _, parts, spread = self._factors
        layer.weight.mul_(self._over(spread, index))
        if self.with_bias:
            layer.bias.mul_(parts[index])


def write_ratio(changed, norms, out):
    """Write ``changed / norms``, and 0 where both are 0."""
    torch.div(changed, norms.clamp(min=torch.finfo(norms.dtype).tiny), out=out)
