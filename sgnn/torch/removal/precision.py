"""All digits of float32 in products on a GPU."""

from contextlib import contextmanager

import torch


@contextmanager
def full_precision():
    """Multiply within this context without TF32, which rounds float32 to ten bits."""
    places = _places()
    before = [getattr(place, name) for place, name, _ in places]
    for place, name, value in places:
        setattr(place, name, value)
    try:
        yield
    finally:
        for (place, name, _), value in zip(places, before, strict=True):
            setattr(place, name, value)


def _places():
    """Return what says whether to use TF32: a module, an attribute, and its value for never."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    if hasattr(torch.backends, "fp32_precision"):
        return [(place, "fp32_precision", "ieee") for place in (cudnn.conv, cudnn.rnn, matmul)]
    return [(place, "allow_tf32", False) for place in (cudnn, matmul)]
