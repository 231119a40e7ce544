"""One flat buffer for all parameters of a multilayer perceptron, seen through views per layer."""

from itertools import pairwise

import numpy as np
import torch

from sgnn.networks.layers import Layer
from sgnn.networks.units import n_products


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
        n_weights = n_products(sizes)
        self.sizes = tuple(sizes)
        self.flat = torch.zeros(n_weights + sum(sizes[1:]), dtype=dtype, device=device)
        self.weights = self.flat[:n_weights]
        self.layers = []
        weight, bias = 0, n_weights
        for n_in, n_out in shapes:
            matrix = self.flat[weight : weight + n_in * n_out].view(n_in, n_out)
            self.layers.append(Layer(matrix, self.flat[bias : bias + n_out]))
            weight, bias = weight + n_in * n_out, bias + n_out

    @classmethod
    def of(cls, network, device):
        """Return the parameters of the units that are left of a network."""
        sizes = [len(coef) for coef in network.coefs] + [len(network.intercepts[-1])]
        parameters = cls(sizes, torch.from_numpy(network.coefs[0]).dtype, device)
        parameters.set(network.coefs, network.intercepts)
        return parameters

    @classmethod
    def of_flat(cls, flat, kept, device):
        """Return the parameters of some units from an array of their flat buffer.

        Parameters
        ----------
        flat : ndarray of shape (n_weights + n_biases,)
        kept : list of ndarray of bool
            Which of all units they are, per layer, inputs first.
        device : torch.device
        """
        flat = to_tensor(flat, device)
        parameters = cls([int(mask.sum()) for mask in kept], flat.dtype, device)
        parameters.flat.copy_(flat)
        return parameters

    def zeros_like(self):
        """Return parameters of the same layout, all zero."""
        return Parameters(self.sizes, self.flat.dtype, self.flat.device)

    def runs(self):
        """Return all weights at once, and where they are among them."""
        return [(self.weights, slice(None))]

    def flattened(self):
        """Return parameters of these values in one buffer: these themselves."""
        return self

    def set(self, coefs, intercepts):
        """Copy numpy arrays into the buffer."""
        for layer, coef, intercept in zip(self.layers, coefs, intercepts, strict=True):
            layer.weight.copy_(to_tensor(coef, self.flat.device))
            layer.bias.copy_(to_tensor(intercept, self.flat.device))

    def to_flat(self):
        """Return a copy of the flat buffer as an array."""
        return self.flat.cpu().numpy().copy()

    def to_numpy(self):
        """Return copies of the weight matrices and of the biases, as two lists of arrays."""
        coefs = [layer.weight.cpu().numpy().copy() for layer in self.layers]
        return coefs, [layer.bias.cpu().numpy().copy() for layer in self.layers]


def positions(kept):
    """Return where the parameters of some units lie in the flat buffer of all of them.

    Parameters
    ----------
    kept : list of ndarray of bool
        The units per layer, inputs first.
    """
    sizes = [len(mask) for mask in kept]
    weights, biases, start, bias = [], [], 0, n_products(sizes)
    for (n_in, n_out), (before, after) in zip(pairwise(sizes), pairwise(kept), strict=True):
        rows, columns = np.flatnonzero(before), np.flatnonzero(after)
        weights.append((start + rows[:, None] * n_out + columns).ravel())
        biases.append(bias + columns)
        start, bias = start + n_in * n_out, bias + n_out
    return np.concatenate(weights + biases)


def to_tensor(array, device):
    """Wrap a numpy array without copying it, unless it is read-only or moves to a device."""
    flags = array.flags
    if not (flags.writeable and flags.c_contiguous) or min(array.strides, default=0) < 0:
        array = np.array(array, order="C")
    return torch.from_numpy(array).to(device)
