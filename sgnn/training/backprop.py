"""Forward and backward pass of a multilayer perceptron, written out over preallocated buffers."""

import numpy as np
import torch
from scipy import sparse

from sgnn.networks.activations import ACTIVATIONS
from sgnn.networks.parameters import to_tensor
from sgnn.networks.units import units_on_paths

_ROWS_PER_CHUNK = 4096


class Perceptron:
    """A multilayer perceptron with class-major outputs.

    Parameters
    ----------
    parameters : Parameters
    activation : str
        A name of :data:`sgnn.networks.activations.ACTIVATIONS`.
    loss : Loss
    """

    def __init__(self, parameters, activation, loss):
        self.parameters = parameters
        self.gradient = parameters.zeros_like()
        self.activation = activation
        self._keeps_pre = ACTIVATIONS[activation].keeps_pre
        self._activate_, self._activate_backward_ = ACTIVATIONS[activation].kernels(torch)
        self.loss = loss
        layers = parameters.layers
        self._transposed = [layer.weight.t() for layer in layers]
        self._last_bias = layers[-1].bias[:, None]
        self._buffers = {}

    def forward(self, X):
        """Return the raw outputs, shape (n_outputs, n_samples).

        Parameters
        ----------
        X : ndarray, CSR or Rows of shape (n_samples, n_features)
        """
        outputs, device = [], self.parameters.flat.device
        for start in range(0, X.shape[0], _ROWS_PER_CHUNK):
            rows = X[start : start + _ROWS_PER_CHUNK]
            rows = to_tensor(rows.toarray() if sparse.issparse(X) else np.asarray(rows), device)
            buffers = self._buffers_for(rows.shape[0])
            self._forward(rows, buffers)
            outputs.append(buffers.outputs.clone())
        return torch.cat(outputs, dim=1)

    def units_on_paths(self, blocks):
        """Return, per layer, which units lie on a path of weights; see :func:`units_on_paths`."""
        return units_on_paths([w.weight.cpu().numpy() for w in self.parameters.layers], blocks)

    def n_units_on_paths(self, blocks):
        """Return their number, a tuple with an int per layer."""
        return tuple(int(np.count_nonzero(mask)) for mask in self.units_on_paths(blocks))

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
        for batch in batches.epoch():
            self.forward_backward(*batch)
            if l2:
                self.gradient.weights.add_(self.parameters.weights, alpha=l2)
            yield

    def mean_gradient(self, batches, l2):
        """Return the gradient over all samples, with all inputs."""
        total = self.parameters.zeros_like()
        for X, targets, weights, losses in batches.whole(sum(self.parameters.sizes)):
            self.forward_backward(X, targets, weights, losses)
            total.flat.add_(self.gradient.flat, alpha=len(losses) / batches.n_samples)
        total.weights.add_(self.parameters.weights, alpha=l2)
        return total

    def forward_backward(self, X, targets, weights, losses):
        """Write the gradient of the mean weighted loss into `gradient`.

        Parameters
        ----------
        X : torch.Tensor of shape (n_samples, n_features)
        targets : torch.Tensor
            As the loss wants them.
        weights : torch.Tensor of shape (n_samples,) or None
            Sample weights of mean 1 over the whole training set.
        losses : torch.Tensor of shape (n_samples,)
            Overwritten with the loss of each sample, not weighted.
        """
        buffers = self._buffers_for(X.shape[0])
        values_t = self._forward(X, buffers)
        delta = buffers.outputs
        self.loss.write(delta, targets, weights, losses)
        *hidden, last = self.gradient.layers
        torch.mm(delta, values_t[-1].t(), out=buffers.last_gradient)
        last.weight.copy_(buffers.last_gradient_t)
        torch.sum(delta, 1, out=last.bias)
        gradient = buffers.outputs_t
        for index in range(len(hidden) - 1, -1, -1):
            buffer, layer = buffers.hidden[index], hidden[index]
            torch.mm(gradient, self._transposed[index + 1], out=buffer.gradient)
            gradient = buffer.gradient
            saved = buffer.pre if self._keeps_pre else buffer.values
            self._activate_backward_(gradient, saved)
            torch.mm(values_t[index], gradient, out=layer.weight)
            torch.sum(gradient, 0, out=layer.bias)

    def _forward(self, X, buffers):
        """Fill the buffers; return the inputs of each layer, transposed."""
        values, values_t = X, [X.t()]
        for layer, buffer in zip(self.parameters.layers, buffers.hidden, strict=False):
            torch.addmm(layer.bias, values, layer.weight, out=buffer.pre)
            values = self._activate_(buffer.pre)
            if values is not buffer.pre:
                buffer.values, buffer.values_t = values, values.t()
            values_t.append(buffer.values_t)
        torch.addmm(self._last_bias, self._transposed[-1], values_t[-1], out=buffers.outputs)
        return values_t

    def _buffers_for(self, n_samples):
        if n_samples not in self._buffers:
            self._buffers[n_samples] = _Buffers(self.parameters, n_samples)
        return self._buffers[n_samples]


class _HiddenBuffer:
    def __init__(self, like, n_samples, n_units):
        self.pre = like.new_empty(n_samples, n_units)
        self.gradient = like.new_empty(n_samples, n_units)
        self.values, self.values_t = self.pre, self.pre.t()


class _Buffers:
    """Memory for one size of batches, and the views of it that every step needs.

    The gradient of the last layer is computed transposed, with long rows: with few outputs that is
    up to nine times faster.
    """

    def __init__(self, parameters, n_samples):
        like = parameters.flat
        _, *hidden, n_outputs = parameters.sizes
        self.hidden = [_HiddenBuffer(like, n_samples, n_units) for n_units in hidden]
        self.outputs = like.new_empty(n_outputs, n_samples)
        self.outputs_t = self.outputs.t()
        self.last_gradient = like.new_empty(n_outputs, parameters.sizes[-2])
        self.last_gradient_t = self.last_gradient.t()
