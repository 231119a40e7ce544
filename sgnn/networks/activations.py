"""Activations, one row each: values in numpy, kernels and module in torch, nodes of ONNX.

torch comes as an argument, and what adds nodes, so that nothing here imports them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erf, expit

from sgnn._common.registry import Registry

_LEAKY_SLOPE = 0.01


@dataclass(frozen=True)
class Activation:
    """An activation of hidden units.

    Attributes
    ----------
    values : callable (x) -> ndarray
        The activation in numpy; may overwrite `x`.
    kernels : callable (torch) -> (forward_, backward_)
        ``forward_(pre)`` returns the values, in place unless `keeps_pre`.
        ``backward_(gradient, saved)`` multiplies the gradient by the derivative, in place; `saved`
        are the values, or the pre-activations where `keeps_pre`.
    module : callable (nn) -> torch.nn.Module
        The same as a layer.
    onnx : callable (op, x) -> str
        Adds nodes by ``op("Relu", x)`` and the like; see :class:`sgnn.onnx.nodes.Nodes`.
    keeps_pre : bool
        Whether the derivative needs the pre-activations.
    is_homogeneous : bool
        Whether ``a(c * x) = c * a(x)`` for all ``c > 0``.
    glorot_factor : float
        Factor in the bound of Glorot's uniform weights.
    """

    values: callable
    kernels: callable
    module: callable
    onnx: callable
    keeps_pre: bool = False
    is_homogeneous: bool = False
    glorot_factor: float = 6.0


def _backward_by(kernel, *constants):
    def backward_(gradient, saved):
        kernel(gradient, saved, *constants, grad_input=gradient)

    return backward_


def _gelu_in_onnx(op, x):
    # Runtimes have the error function in single precision only.
    erf_of = op.cast(op("Erf", op.cast(op("Mul", x, np.sqrt(0.5)), np.float32)), op.dtype)
    return op("Mul", x, op("Mul", op("Add", erf_of, 1.0), 0.5))


ACTIVATIONS = Registry(
    "activation",
    {
        "identity": Activation(
            values=lambda x: x,
            kernels=lambda torch: (lambda pre: pre, lambda gradient, saved: None),
            module=lambda nn: nn.Identity(),
            onnx=lambda op, x: op("Identity", x),
            is_homogeneous=True,
        ),
        "logistic": Activation(
            values=lambda x: expit(x, out=x),
            kernels=lambda torch: (
                torch.sigmoid_,
                _backward_by(torch.ops.aten.sigmoid_backward.grad_input),
            ),
            module=lambda nn: nn.Sigmoid(),
            onnx=lambda op, x: op("Sigmoid", x),
            glorot_factor=2.0,
        ),
        "tanh": Activation(
            values=lambda x: np.tanh(x, out=x),
            kernels=lambda torch: (
                torch.tanh_,
                _backward_by(torch.ops.aten.tanh_backward.grad_input),
            ),
            module=lambda nn: nn.Tanh(),
            onnx=lambda op, x: op("Tanh", x),
        ),
        "relu": Activation(
            values=lambda x: np.maximum(x, 0, out=x),
            kernels=lambda torch: (
                torch.relu_,
                _backward_by(torch.ops.aten.threshold_backward.grad_input, 0),
            ),
            module=lambda nn: nn.ReLU(),
            onnx=lambda op, x: op("Relu", x),
            is_homogeneous=True,
        ),
        "leaky_relu": Activation(
            values=lambda x: np.maximum(x, x.dtype.type(_LEAKY_SLOPE) * x, out=x),
            kernels=lambda torch: (
                lambda pre: torch.nn.functional.leaky_relu_(pre, _LEAKY_SLOPE),
                _backward_by(torch.ops.aten.leaky_relu_backward.grad_input, _LEAKY_SLOPE, True),
            ),
            module=lambda nn: nn.LeakyReLU(_LEAKY_SLOPE),
            onnx=lambda op, x: op("Max", x, op("Mul", x, _LEAKY_SLOPE)),
            is_homogeneous=True,
        ),
        "gelu": Activation(
            values=lambda x: x * (0.5 * (1 + erf(x * x.dtype.type(np.sqrt(0.5))))),
            kernels=lambda torch: (
                torch.nn.functional.gelu,
                _backward_by(torch.ops.aten.gelu_backward.grad_input),
            ),
            module=lambda nn: nn.GELU(),
            onnx=_gelu_in_onnx,
            keeps_pre=True,
        ),
    },
)
