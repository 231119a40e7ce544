"""One formula for ndarrays and tensors."""

import sys

import numpy as np


def namespace(x):
    """Return numpy for an ndarray, else torch, which made the tensor that comes."""
    return np if isinstance(x, np.ndarray) else sys.modules["torch"]


def like(x, value):
    """Return a number or an array as an array of the kind of `x`, which broadcasts to it."""
    if isinstance(x, np.ndarray):
        return value if getattr(value, "ndim", 0) else np.full(1, value, x.dtype)
    return value if hasattr(value, "new_full") else x.new_full((1,), value)


def at_least(x, low, out=None):
    """Return the larger of each entry and a number."""
    if isinstance(x, np.ndarray):
        return np.maximum(x, low, out=out)
    return sys.modules["torch"].clamp(x, min=low, out=out)


def at_most(x, high, out=None):
    """Return the smaller of each entry and a number."""
    if isinstance(x, np.ndarray):
        return np.minimum(x, high, out=out)
    return sys.modules["torch"].clamp(x, max=high, out=out)


def soft_threshold(x, threshold):
    """Move each entry towards 0 by a number, or one per entry, and not beyond 0."""
    if isinstance(x, np.ndarray):
        inner = np.minimum(x, threshold)
        np.maximum(inner, -threshold, out=inner)
        return np.subtract(x, inner, out=inner)
    return x - x.clamp(-threshold, threshold)
