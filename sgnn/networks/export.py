"""A network as a torch module."""

import numpy as np
import torch
from torch import nn

from sgnn.networks.activations import ACTIVATIONS


def to_sequential(network, dtype, inputs):
    """Return the units that are left as ``torch.nn.Sequential``; see :meth:`Network.to_torch`."""
    if inputs not in ("kept", "all"):
        raise ValueError(f"inputs must be 'kept' or 'all'; got {inputs!r}.")
    dtype = torch_dtype(network.dtype if dtype is None else dtype)
    network = network.with_all_inputs() if inputs == "all" else network
    activation = ACTIVATIONS[network.activation].module
    modules = []
    for coef, intercept in zip(network.coefs, network.intercepts, strict=True):
        linear = nn.Linear(1, 1, device="meta")
        linear.in_features, linear.out_features = coef.shape
        linear.weight = nn.Parameter(torch.tensor(coef.T, dtype=dtype))
        linear.bias = nn.Parameter(torch.tensor(intercept, dtype=dtype))
        modules += [linear, activation(nn)]
    return nn.Sequential(*modules[:-1])


def torch_dtype(dtype):
    """Return the data type of torch that is meant by one of torch or numpy, or its name.

    Raises
    ------
    ValueError
        If it is none, or not floating.
    """
    try:
        found = dtype if isinstance(dtype, torch.dtype) else getattr(torch, np.dtype(dtype).name)
    except (TypeError, AttributeError):
        found = None
    if found is None or not found.is_floating_point:
        raise ValueError(
            f"dtype must be a floating data type of torch or numpy, such as torch.float32 or "
            f"'float64'; got {dtype!r}."
        )
    return found
