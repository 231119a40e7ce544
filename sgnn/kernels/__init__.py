"""Compiled kernels of training and prediction, and whether they are used."""

from contextlib import contextmanager
from contextvars import ContextVar

try:
    from sgnn.kernels import _groups, _network, _predict
except ImportError:
    _groups = _network = _predict = None

_wanted = ContextVar("sgnn_kernels", default=True)

#: Most layers of weights that the kernels take.
MOST_LAYERS = 63


def are_built():
    """Whether the kernels were compiled when sgnn was installed."""
    return _network is not None


def are_used():
    """Whether the kernels were compiled, and are not switched off."""
    return are_built() and _wanted.get()


@contextmanager
def switched_off():
    """Compute everything in torch and numpy, in this thread."""
    token = _wanted.set(False)
    try:
        yield
    finally:
        _wanted.reset(token)


if are_built():
    Adam, SGD, KINDS = _groups.Adam, _groups.SGD, _groups.KINDS
    Pass, Samples = _network.Pass, _network.Samples
    Predictor = _predict.Predictor
    ACTIVATIONS, LOSSES = _network.ACTIVATIONS, _network.LOSSES
