"""Structures: which weights of a layer stand or fall together.

A structure partitions one layer: a weight matrix of shape (n_in, n_out), rows contiguous, and its
bias of shape (n_out,). It is the only code that knows how a layer is laid out. Everything else sees
one number per group (norms, steps, strengths) and asks the structure to `spread` it over the layer.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Layer:
    """Views of one layer: of its parameters, its gradient, or an optimiser's moment.

    Attributes
    ----------
    weight : torch.Tensor of shape (n_in, n_out)
    bias : torch.Tensor of shape (n_out,)
    """

    weight: torch.Tensor
    bias: torch.Tensor


class Groups(ABC):
    """A partition of one layer into groups.

    Attributes
    ----------
    sizes : torch.Tensor
        Number of weights in each group, in the full network.
    with_bias : bool
        Whether the bias belongs to the groups.
    """

    with_bias = False
    sizes: torch.Tensor

    @abstractmethod
    def norms(self, layer):
        """Return the Euclidean norm of each group, a tensor like `sizes`."""

    @abstractmethod
    def spread(self, values):
        """Return one value per group as a tensor that broadcasts over the weight matrix."""

    def scale_(self, layer, factors):
        """Multiply each group, in place, by its factor."""
        layer.weight.mul_(self.spread(factors))
        if self.with_bias:
            layer.bias.mul_(factors)

    def prox_(self, layer, shape, step, strength):
        """Apply the prox of a shape of the group norms, in place.

        ``prox(x) = shape.prox(|x|) x / |x|`` on each group; groups of zeros stay zero.
        """
        norms = self.norms(layer)
        target = shape.prox(norms, step, strength)
        self.scale_(layer, target.div_(norms.clamp_(min=torch.finfo(norms.dtype).tiny)))


class SingleWeights(Groups):
    """Every weight is a group of its own; biases are free."""

    def __init__(self, layer):
        self.sizes = layer.weight.new_ones(())

    def norms(self, layer):
        return layer.weight.abs()

    def spread(self, values):
        return values

    def prox_(self, layer, shape, step, strength):
        layer.weight.copy_(shape.prox(layer.weight, step, strength))


class Outgoing(Groups):
    """All weights that leave one unit (a row of the matrix)."""

    def __init__(self, layer):
        n_in, n_out = layer.weight.shape
        self.sizes = layer.weight.new_full((n_in,), n_out)

    def norms(self, layer):
        return torch.linalg.vector_norm(layer.weight, dim=1)

    def spread(self, values):
        return values[:, None]


class OutgoingBlocks(Groups):
    """All weights that leave a block of inputs, such as the columns of one one-hot encoding.

    Parameters
    ----------
    layer : Layer
    blocks : array of int, shape (n_in,)
        The block of each input, numbered from 0.
    """

    def __init__(self, layer, blocks):
        self.blocks = torch.as_tensor(blocks, device=layer.weight.device)
        rows = torch.bincount(self.blocks).to(layer.weight)
        self.sizes = rows * layer.weight.shape[1]

    def norms(self, layer):
        squares = torch.linalg.vector_norm(layer.weight, dim=1).square_()
        return torch.zeros_like(self.sizes).index_add_(0, self.blocks, squares).sqrt_()

    def spread(self, values):
        return values[self.blocks][:, None]


class Incoming(Groups):
    """All weights that enter one unit (a column of the matrix), with the unit's bias."""

    with_bias = True

    def __init__(self, layer):
        n_in, n_out = layer.weight.shape
        self.sizes = layer.weight.new_full((n_out,), n_in + 1)

    def norms(self, layer):
        squares = torch.linalg.vector_norm(layer.weight, dim=0).square_()
        return squares.addcmul_(layer.bias, layer.bias).sqrt_()

    def spread(self, values):
        return values


def make_groups(name, layer, blocks=None):
    """Build a structure by name.

    Parameters
    ----------
    name : {"weights", "outgoing", "incoming"}
    layer : Layer
        The full-size layer.
    blocks : array of int, shape (n_in,), default=None
        Blocks of inputs that stand or fall together, for "outgoing" groups.

    Returns
    -------
    Groups
    """
    if name == "weights":
        return SingleWeights(layer)
    if name == "incoming":
        return Incoming(layer)
    return Outgoing(layer) if blocks is None else OutgoingBlocks(layer, blocks)
