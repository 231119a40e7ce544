"""Structures: which weights of a network stand or fall together.

A structure partitions the weights of all layers into groups, numbered from the first layer to the
last. It is the only code that knows how layers are laid out: a weight matrix has shape
(n_in, n_out), rows contiguous, and a bias shape (n_out,). Everything else sees one number per group
(norms, steps, strengths), so its arithmetic runs once for the whole network, and asks the structure
to `spread` these numbers over a layer.
"""

from abc import ABC, abstractmethod

import torch


class Groups(ABC):
    """A partition of the weights of a network into groups.

    Parameters
    ----------
    parameters : sgnn.training.parameters.Parameters
        The full-size network.

    Attributes
    ----------
    sizes : torch.Tensor of shape (n_groups,)
        Number of weights in each group.
    slices : list of slice
        The groups of each layer.
    with_bias : bool
        Whether biases belong to the groups.
    """

    with_bias = False

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

    def norms(self, parameters):
        """Return the Euclidean norm of each group, a new tensor like `sizes`."""
        out = torch.empty_like(self.sizes)
        for index, layer in enumerate(parameters.layers):
            self._write_norms(layer, index, out[self.slices[index]])
        return out

    def of_layers(self, values):
        """Return one number per layer as one per group, or as a float where all are the same."""
        if len(set(values)) == 1:
            return values[0]
        per_group = torch.empty_like(self.sizes)
        for part, value in zip(self.slices, values, strict=True):
            per_group[part] = value
        return per_group

    def add_product_(self, parameters, other, steps, factor):
        """Add ``factor * step * other`` to each group of `parameters`, in place."""
        for index, (layer, term) in enumerate(zip(parameters.layers, other.layers, strict=True)):
            layer.weight.addcmul_(term.weight, self.spread(steps, index), value=factor)
            if self.with_bias:
                layer.bias.addcmul_(term.bias, steps[self.slices[index]], value=factor)

    def prox_(self, parameters, shape, step, strength):
        """Apply the prox of a shape of the group norms, in place.

        ``prox(x) = shape.prox(|x|) x / |x|`` on each group; groups of zeros stay zero.
        """
        norms = self.norms(parameters)
        factors = shape.prox(norms, step, strength)
        factors.div_(norms.clamp_(min=torch.finfo(norms.dtype).tiny))
        for index, layer in enumerate(parameters.layers):
            layer.weight.mul_(self.spread(factors, index))
            if self.with_bias:
                layer.bias.mul_(factors[self.slices[index]])


class SingleWeights(Groups):
    """Every weight is a group of its own, in the order of the flat buffer; biases are free."""

    def __init__(self, parameters):
        super().__init__(parameters)
        self._shapes = [layer.weight.shape for layer in parameters.layers]

    def _sizes(self, layer, index):
        return torch.ones_like(layer.weight).ravel()

    def _write_norms(self, layer, index, out):
        torch.abs(layer.weight.ravel(), out=out)

    def prox_(self, parameters, shape, step, strength):
        parameters.weights.copy_(shape.prox(parameters.weights, step, strength))

    def spread(self, values, index):
        n_in, n_out = self._shapes[index]
        return values[self.slices[index]].view(n_in, n_out)

    def prox_in_metric_(self, parameters, shape, metric, step, weights, strength):
        """Apply the prox where the steps belong to a coarser structure."""
        for index, layer in enumerate(parameters.layers):
            steps = metric.spread(step, index)
            factors = self.spread(weights, index) if torch.is_tensor(weights) else weights
            layer.weight.copy_(shape.prox(layer.weight, steps * factors, strength))


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
        super().__init__(parameters)

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


class Incoming(Groups):
    """All weights that enter one unit (a column of a matrix), with the unit's bias."""

    with_bias = True

    def _sizes(self, layer, index):
        n_in, n_out = layer.weight.shape
        return layer.weight.new_full((n_out,), n_in + 1)

    def _write_norms(self, layer, index, out):
        torch.linalg.vector_norm(layer.weight, dim=0, out=out)
        out.square_().addcmul_(layer.bias, layer.bias).sqrt_()

    def spread(self, values, index):
        return values[self.slices[index]]


def make_groups(name, parameters, blocks=None):
    """Build a structure by name.

    Parameters
    ----------
    name : {"weights", "outgoing", "incoming"}
    parameters : Parameters
        The full-size network.
    blocks : array of int, shape (n_inputs,), default=None
        Blocks of inputs that stand or fall together, for "outgoing" groups.

    Returns
    -------
    Groups
    """
    if name == "weights":
        return SingleWeights(parameters)
    return Incoming(parameters) if name == "incoming" else Outgoing(parameters, blocks)
