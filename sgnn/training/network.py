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


def _relu_backward_(gradient, values):
    aten.threshold_backward.grad_input(gradient, values, 0, grad_input=gradient)


def _leaky_relu_backward_(gradient, values):
    aten.leaky_relu_backward.grad_input(gradient, values, LEAKY_SLOPE, True, grad_input=gradient)


def _tanh_backward_(gradient, values):
    aten.tanh_backward.grad_input(gradient, values, grad_input=gradient)


def _logistic_backward_(gradient, values):
    aten.sigmoid_backward.grad_input(gradient, values, grad_input=gradient)


def _gelu_backward_(gradient, pre):
    aten.gelu_backward.grad_input(gradient, pre, grad_input=gradient)


ACTIVATIONS = {
    "identity": Activation(lambda pre: pre, lambda gradient, values: None),
    "relu": Activation(torch.relu_, _relu_backward_),
    "leaky_relu": Activation(
        lambda pre: torch.nn.functional.leaky_relu_(pre, LEAKY_SLOPE), _leaky_relu_backward_
    ),
    "tanh": Activation(torch.tanh_, _tanh_backward_),
    "logistic": Activation(torch.sigmoid_, _logistic_backward_),
    "gelu": Activation(torch.nn.functional.gelu, _gelu_backward_, keeps_pre=True),
}


class Network:
    """A multilayer perceptron with class-major outputs.

    Parameters
    ----------
    parameters : Parameters
    activation : str
        A key of ``ACTIVATIONS``.
    loss : callable
        One of :data:`sgnn.training.losses.LOSSES`.
    """

    def __init__(self, parameters, activation, loss):
        self.parameters = parameters
        self.gradient = parameters.zeros_like()
        self.activation = ACTIVATIONS[activation]
        self.loss = loss
        self._buffers = {}

    def forward(self, X):
        """Return the raw outputs, shape (n_outputs, n_samples); valid until the next call.

        Parameters
        ----------
        X : torch.Tensor of shape (n_samples, n_features)
        """
        buffers = self._buffers_for(X.shape[0])
        *hidden, last = self.parameters.layers
        values = X
        for layer, buffer in zip(hidden, buffers.hidden, strict=True):
            torch.addmm(layer.bias, values, layer.weight, out=buffer.pre)
            values = self.activation.forward_(buffer.pre)
            buffer.values = values
        return torch.addmm(last.bias[:, None], last.weight.t(), values.t(), out=buffers.outputs)

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
        delta = self.forward(X)
        self.loss(delta, targets, losses)
        delta.mul_(1 / X.shape[0])
        if weights is not None:
            delta.mul_(weights)
        buffers, gradients = self._buffers_for(X.shape[0]), self.gradient.layers
        inputs = [X, *(buffer.values for buffer in buffers.hidden)]
        torch.mm(delta, inputs[-1], out=buffers.last_gradient)
        gradients[-1].weight.copy_(buffers.last_gradient.t())
        torch.sum(delta, dim=1, out=gradients[-1].bias)
        gradient = delta.t()
        for index in reversed(range(len(buffers.hidden))):
            buffer = buffers.hidden[index]
            torch.mm(gradient, self.parameters.layers[index + 1].weight.t(), out=buffer.gradient)
            saved = buffer.pre if self.activation.keeps_pre else buffer.values
            self.activation.backward_(buffer.gradient, saved)
            gradient = buffer.gradient
            torch.mm(inputs[index].t(), gradient, out=gradients[index].weight)
            torch.sum(gradient, dim=0, out=gradients[index].bias)

    def _buffers_for(self, n_samples):
        if n_samples not in self._buffers:
            self._buffers[n_samples] = _Buffers(self.parameters, n_samples)
        return self._buffers[n_samples]


class _HiddenBuffer:
    def __init__(self, like, n_samples, n_units):
        self.pre = like.new_empty(n_samples, n_units)
        self.gradient = like.new_empty(n_samples, n_units)
        self.values = self.pre


class _Buffers:
    """The gradient of the last layer is computed transposed, with long rows: with few outputs that
    is up to nine times faster."""

    def __init__(self, parameters, n_samples):
        like = parameters.flat
        _, *hidden, n_outputs = parameters.sizes
        self.last_gradient = like.new_empty(n_outputs, parameters.sizes[-2])
        self.hidden = [_HiddenBuffer(like, n_samples, n_units) for n_units in hidden]
        self.outputs = like.new_empty(n_outputs, n_samples)
