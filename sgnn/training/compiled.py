"""Forward and backward pass of a multilayer perceptron by compiled kernels."""

import numpy as np
import torch

from sgnn import kernels
from sgnn.losses import Gamma, Huber, LogLoss, Poisson, Quantile, SquaredError
from sgnn.networks.units import with_blocks
from sgnn.training.arrays import as_tensors, bounds
from sgnn.training.rows import Rows

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
        X : ndarray, CSR or Rows of shape (n_samples, n_features)
        """
        outputs = self.parameters.flat.new_empty(self.parameters.sizes[-1], X.shape[0])
        there = 0
        for block in X.blocks() if isinstance(X, Rows) else [X]:
            samples = kernels.Samples(as_tensors(block), None, None, None, None)
            for start, stop in bounds(block.shape[0], self._chunk):
                self._reserve(stop - start)
                self._pass.forward(samples, None, start, stop)
                outputs[:, there + start : there + stop] = self._outputs(stop - start).t()
            there += block.shape[0]
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
        for visit in batches.visits(self.parameters.sizes[1]):
            self._write(batches, visit, l2)
            yield

    def mean_gradient(self, batches, l2):
        """Return the gradient over all samples, with all inputs; it may be overwritten later."""
        total = self.gradient
        for visit in batches.visits_of_all(self.parameters.sizes[1]):
            self._write(batches, visit, l2)
            *_, start, stop = visit
            if stop - start < batches.n_samples:
                total = self.gradient.zeros_like() if total is self.gradient else total
                total.flat.add_(self.gradient.flat, alpha=(stop - start) / batches.n_samples)
        return total

    def _write(self, batches, visit, l2):
        samples, order, start, stop = visit
        if self._has_loss:
            self._reserve(min(stop - start, self._chunk))
            self._pass.gradient(samples, order, start, stop, l2)
            return
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
