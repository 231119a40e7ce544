"""One flat buffer for all parameters of a multilayer perceptron, seen through views per layer."""

from functools import cached_property
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
        self.sizes = tuple(sizes)
        n_parameters = n_products(sizes) + sum(sizes[1:])
        self.flat = torch.zeros(n_parameters, dtype=dtype, device=device)

    @cached_property
    def weights(self):
        return self.flat[: n_products(self.sizes)]

    @cached_property
    def layers(self):
        layers, weight, bias = [], 0, n_products(self.sizes)
        for n_in, n_out in pairwise(self.sizes):
            matrix = self.flat[weight : weight + n_in * n_out].view(n_in, n_out)
            layers.append(Layer(matrix, self.flat[bias : bias + n_out]))
            weight, bias = weight + n_in * n_out, bias + n_out
        return layers

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

    def put(self, kept, others):
        """Overwrite the parameters of some units.

        Parameters
        ----------
        kept : list of ndarray of bool
            Which units, per layer, inputs first.
        others : Parameters
            Of these units alone; these parameters themselves are there already.
        """
        if others is self:
            return
        for layer, other, units in zip(self.layers, others.layers, pairwise(kept), strict=True):
            rows, columns = (torch.from_numpy(np.flatnonzero(mask)) for mask in units)
            columns = columns.to(self.flat.device)
            layer.weight[rows.to(self.flat.device)[:, None], columns] = other.weight
            layer.bias[columns] = other.bias

    def to_numpy(self):
        """Return copies of the weight matrices and of the biases, as two lists of arrays."""
        coefs, intercepts = self.as_arrays()
        return [coef.copy() for coef in coefs], [bias.copy() for bias in intercepts]

    def as_arrays(self):
        """Return the same, not copied where that can be."""
        coefs = [layer.weight.cpu().numpy() for layer in self.layers]
        return coefs, [layer.bias.cpu().numpy() for layer in self.layers]


def to_tensor(array, device):
    """Wrap a numpy array without copying it, unless it is in other order or moves to a device.

    A tensor of a read-only array must not be written to.
    """
    if not array.flags.c_contiguous or min(array.strides, default=0) < 0:
        array = np.array(array, order="C")
    if not array.flags.writeable:
        array = np.asarray(_Unlocked(array))
    return torch.from_numpy(array).to(device)


class _Unlocked:
    """The memory of a read-only array; torch has no tensors that are read-only, and warns."""

    def __init__(self, array):
        self._array = array
        address = array.__array_interface__["data"][0]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}
