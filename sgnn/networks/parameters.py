"""One flat buffer for all parameters, seen through a view per layer."""

from dataclasses import dataclass
from itertools import pairwise

import torch

from sgnn.training.data import to_tensor


@dataclass(frozen=True)
class Layer:
    """Views of one layer.

    Attributes
    ----------
    weight : torch.Tensor of shape (n_in, n_out)
    bias : torch.Tensor of shape (n_out,)
    """

    weight: torch.Tensor
    bias: torch.Tensor


class Parameters:
    """Weights and biases of a multilayer perceptron in one contiguous buffer.

    Parameters
    ----------
    sizes : sequence of int
        Units per layer, inputs first, outputs last.
    dtype : torch.dtype
    device : torch.device

    Attributes
    ----------
    flat : torch.Tensor of shape (n_weights + n_biases,)
        All weight matrices, then all biases.
    weights : torch.Tensor of shape (n_weights,)
        View of the weight matrices.
    layers : list of Layer
        Views, first layer first.
    """

    def __init__(self, sizes, dtype, device):
        shapes = list(pairwise(sizes))
        n_weights = sum(n_in * n_out for n_in, n_out in shapes)
        self.sizes = tuple(sizes)
        self.flat = torch.zeros(n_weights + sum(sizes[1:]), dtype=dtype, device=device)
        self.weights = self.flat[:n_weights]
        self.layers = []
        weight, bias = 0, n_weights
        for n_in, n_out in shapes:
            matrix = self.flat[weight : weight + n_in * n_out].view(n_in, n_out)
            self.layers.append(Layer(matrix, self.flat[bias : bias + n_out]))
            weight, bias = weight + n_in * n_out, bias + n_out

    def zeros_like(self):
        """Return parameters of the same layout, all zero."""
        return Parameters(self.sizes, self.flat.dtype, self.flat.device)

    def set(self, coefs, intercepts):
        """Copy numpy arrays into the buffer."""
        for layer, coef, intercept in zip(self.layers, coefs, intercepts, strict=True):
            layer.weight.copy_(to_tensor(coef, self.flat.device))
            layer.bias.copy_(to_tensor(intercept, self.flat.device))

    def to_numpy(self):
        """Return copies of the weight matrices and of the biases, as two lists of arrays."""
        coefs = [layer.weight.cpu().numpy().copy() for layer in self.layers]
        return coefs, [layer.bias.cpu().numpy().copy() for layer in self.layers]
