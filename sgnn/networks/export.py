"""A fitted network as a torch module."""

import torch
from torch import nn

from sgnn.training.backprop import LEAKY_SLOPE

_MODULES = {
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(LEAKY_SLOPE),
    "tanh": nn.Tanh,
    "logistic": nn.Sigmoid,
    "gelu": nn.GELU,
}


def to_sequential(coefs, intercepts, activation):
    """Return a multilayer perceptron as ``torch.nn.Sequential``.

    Parameters
    ----------
    coefs, intercepts : list of ndarray
    activation : str

    Returns
    -------
    torch.nn.Sequential
    """
    modules = []
    for coef, intercept in zip(coefs, intercepts, strict=True):
        linear = nn.Linear(1, 1, device="meta")
        linear.in_features, linear.out_features = coef.shape
        linear.weight = nn.Parameter(torch.tensor(coef.T))
        linear.bias = nn.Parameter(torch.tensor(intercept))
        modules += [linear, _MODULES[activation]()]
    return nn.Sequential(*modules[:-1])
