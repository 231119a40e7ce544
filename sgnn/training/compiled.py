"""Forward and backward pass of a multilayer perceptron by compiled kernels."""

import numpy as np
import torch

from sgnn import kernels
from sgnn.losses import Gamma, Huber, LogLoss, Poisson, Quantile, SquaredError
from sgnn.networks.units import with_blocks
from sgnn.training.data import as_tensors

_SMALL_PRODUCT = 1_000_000
_LEAST_CHUNK, _CHUNK = 64, 512


class CompiledPerceptron:
    """As :class:`sgnn.training.backprop.Perceptron`.

    Large batches are taken in chunks, whose products of matrices are so small that libraries do
    not copy the operands first. A loss that has no kernel is computed in torch, for all rows of a
    batch at once.

    Parameters
    ----------
    parameters : Parameters
    activation : str
        A name in ``kernels.ACTIVATIONS``.
    loss : Loss
    """

    def __init__(self, parameters, activation, loss):
        self.parameters = parameters
        self.gradient = parameters.zeros_like()
        self.activation = activation
        self.loss = loss
        name, constants = _kernel_of(loss, parameters)
        self._has_loss = name is not None
        self._pass = kernels.Pass(
            parameters.sizes,
            parameters.flat,
            self.gradient.flat,
            kernels.ACTIVATIONS[activation],
            kernels.LOSSES[name] if self._has_loss else 0,
            constants,
        )
        sizes = parameters.sizes
        self._masks = torch.empty(2, sum(sizes), dtype=torch.bool)
        self._ends = np.cumsum(sizes[:-1])
        largest = max(layer.weight.numel() for layer in parameters.layers)
        chunk = _SMALL_PRODUCT // max(largest, 1)
        self._chunk = chunk if chunk >= _LEAST_CHUNK else _CHUNK

    @classmethod
    def can_take(cls, parameters, activation):
        """Whether the kernels are there, and know such networks."""
        return kernels.can_take(parameters) and activation in kernels.ACTIVATIONS

    def forward(self, X):
        """Return the raw outputs, shape (n_outputs, n_samples).

        Parameters
        ----------
        X : ndarray or CSR of shape (n_samples, n_features)
        """
        n_samples = X.shape[0]
        samples = kernels.Samples(as_tensors(X), None, None, None, None)
        outputs = self.parameters.flat.new_empty(self.parameters.sizes[-1], n_samples)
        for start in range(0, n_samples, self._chunk):
            stop = min(start + self._chunk, n_samples)
            self._reserve(stop - start)
            self._pass.forward(samples, None, start, stop)
            outputs[:, start:stop] = self._outputs(stop - start).t()
        return outputs

    def units_on_paths(self, blocks):
        """Return, per layer, which units lie on a path of weights; see :func:`units_on_paths`."""
        self._pass.units_on_paths(self._masks)
        on_paths = np.split(self._masks[0].numpy().copy(), self._ends)
        on_paths[0] = with_blocks(on_paths[0], blocks)
        return on_paths

    def n_units_on_paths(self, blocks):
        """Return their number, a tuple with an int per layer."""
        counts = self._pass.units_on_paths(self._masks)
        if blocks is None:
            return counts
        inputs = with_blocks(self._masks[0, : len(blocks)].numpy(), blocks)
        return int(inputs.sum()), *counts[1:]

    def gradients(self, batches, l2):
        """Write the gradient of the mean loss and the ridge, for one batch after the other.

        Parameters
        ----------
        batches : Batches
        l2 : float

        Yields
        ------
        None
        """
        order = batches.order()
        samples = batches.samples(self.parameters.sizes[1])
        if self._has_loss:
            self._reserve(min(batches.batch_size, self._chunk))
            write = self._pass.gradient
            for start, stop in batches.bounds:
                write(samples, order, start, stop, l2)
                yield
        else:
            for start, stop in batches.bounds:
                self._write(batches, samples, order, start, stop, l2)
                yield

    def mean_gradient(self, batches, l2):
        """Return the gradient over all samples, with all inputs; it is overwritten later."""
        samples = batches.all_samples(self.parameters.sizes[1])
        if self._has_loss:
            self._reserve(min(batches.n_samples, self._chunk))
            self._pass.gradient(samples, None, 0, batches.n_samples, l2)
        else:
            self._write(batches, samples, None, 0, batches.n_samples, l2)
        return self.gradient

    def _write(self, batches, samples, order, start, stop, l2):
        self._reserve(stop - start)
        self._pass.forward(samples, order, start, stop)
        outputs = self._outputs(stop - start)
        slopes = outputs.t().contiguous()
        self.loss.write(slopes, *batches.truth(order, start, stop))
        outputs.copy_(slopes.t())
        self._pass.backward(samples, order, start, stop, l2)

    def _reserve(self, n_rows):
        if n_rows > self._pass.n_rows:
            size = n_rows * self._pass.numbers_per_row
            self._pass.hold(self.parameters.flat.new_empty(size), n_rows)

    def _outputs(self, n_rows):
        """Return the raw outputs of the last rows, a view of shape (n_rows, n_outputs)."""
        first, width = self._pass.first_output, self.parameters.sizes[-1]
        return self._pass.memory[first : first + n_rows * width].view(n_rows, width)


def _kernel_of(loss, parameters):
    """Return the name of the kernel of a loss and its constants, or None and None."""
    names = {
        SquaredError: ("squared_error", None),
        Huber: ("huber", "delta"),
        Quantile: ("quantile", "quantile"),
        Poisson: ("poisson", None),
        Gamma: ("gamma", None),
        LogLoss: ("softmax" if getattr(loss, "exclusive", False) else "labels", None),
    }
    name, parameter = names.get(type(loss), (None, None))
    if parameter is None:
        return name, None
    per_output = np.broadcast_to(getattr(loss, parameter), parameters.sizes[-1])
    return name, torch.tensor(per_output, dtype=parameters.flat.dtype)
