"""Forward and backward pass of a multilayer perceptron, written out over preallocated buffers."""

from dataclasses import dataclass

import torch

aten = torch.ops.aten

LEAKY_SLOPE = 0.01


@dataclass(frozen=True)
class Activation:
    """An activation and its chain rule, both in place.

    Attributes
    ----------
    forward_ : callable (pre) -> values
        Turns pre-activations into values; in place unless `keeps_pre`.
    backward_ : callable (gradient, saved) -> None
        Multiplies the gradient by the derivative; `saved` are the values, or the pre-activations
        where `keeps_pre`.
    keeps_pre : bool
        Whether the derivative needs the pre-activations.
    """

    forward_: callable
    backward_: callable
    keeps_pre: bool = False


def _backward_by(kernel, *constants):
    def backward_(gradient, saved):
        kernel(gradient, saved, *constants, grad_input=gradient)

    return backward_


ACTIVATIONS = {
    "identity": Activation(lambda pre: pre, lambda gradient, values: None),
    "relu": Activation(torch.relu_, _backward_by(aten.threshold_backward.grad_input, 0)),
    "leaky_relu": Activation(
        lambda pre: torch.nn.functional.leaky_relu_(pre, LEAKY_SLOPE),
        _backward_by(aten.leaky_relu_backward.grad_input, LEAKY_SLOPE, True),
    ),
    "tanh": Activation(torch.tanh_, _backward_by(aten.tanh_backward.grad_input)),
    "logistic": Activation(torch.sigmoid_, _backward_by(aten.sigmoid_backward.grad_input)),
    "gelu": Activation(
        torch.nn.functional.gelu, _backward_by(aten.gelu_backward.grad_input), keeps_pre=True
    ),
}


class Network:
    """A multilayer perceptron with class-major outputs.

    Parameters
    ----------
    parameters : Parameters
    activation : str
        A key of ``ACTIVATIONS``.
    loss : callable
        One of :data:`sgnn.losses.losses.LOSSES`.
    """

    def __init__(self, parameters, activation, loss):
        self.parameters = parameters
        self.gradient = parameters.zeros_like()
        self.activation = ACTIVATIONS[activation]
        self.loss = loss
        layers = parameters.layers
        self._transposed = [layer.weight.t() for layer in layers]
        self._last_bias = layers[-1].bias[:, None]
        self._buffers = {}

    def forward(self, X):
        """Return the raw outputs, shape (n_outputs, n_samples); valid until the next call.

        Parameters
        ----------
        X : torch.Tensor of shape (n_samples, n_features)
        """
        buffers = self._buffers_for(X.shape[0])
        self._forward(X, buffers)
        return buffers.outputs

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
        self.loss(delta, targets, losses)
        delta.mul_(buffers.share)
        if weights is not None:
            delta.mul_(weights)
        *hidden, last = self.gradient.layers
        torch.mm(delta, values_t[-1].t(), out=buffers.last_gradient)
        last.weight.copy_(buffers.last_gradient_t)
        torch.sum(delta, 1, out=last.bias)
        gradient = buffers.outputs_t
        for index in range(len(hidden) - 1, -1, -1):
            buffer, layer = buffers.hidden[index], hidden[index]
            torch.mm(gradient, self._transposed[index + 1], out=buffer.gradient)
            gradient = buffer.gradient
            saved = buffer.pre if self.activation.keeps_pre else buffer.values
            self.activation.backward_(gradient, saved)
            torch.mm(values_t[index], gradient, out=layer.weight)
            torch.sum(gradient, 0, out=layer.bias)

    def _forward(self, X, buffers):
        """Fill the buffers; return the inputs of each layer, transposed."""
        values, values_t = X, [X.t()]
        for layer, buffer in zip(self.parameters.layers, buffers.hidden, strict=False):
            torch.addmm(layer.bias, values, layer.weight, out=buffer.pre)
            values = self.activation.forward_(buffer.pre)
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
        self.share = 1 / n_samples
