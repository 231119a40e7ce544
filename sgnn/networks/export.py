"""A network as a torch module."""

import torch
from torch import nn

from sgnn.networks.activations import ACTIVATIONS


def to_sequential(network):
    """Return the units that are left as ``torch.nn.Sequential``.

    Parameters
    ----------
    network : Network

    Returns
    -------
    torch.nn.Sequential
    """
    activation = ACTIVATIONS[network.activation].module
    modules = []
    for coef, intercept in zip(network.coefs, network.intercepts, strict=True):
        linear = nn.Linear(1, 1, device="meta")
        linear.in_features, linear.out_features = coef.shape
        linear.weight = nn.Parameter(torch.tensor(coef.T))
        linear.bias = nn.Parameter(torch.tensor(intercept))
        modules += [linear, activation(nn)]
    return nn.Sequential(*modules[:-1])
