"""Compiled kernels of training and prediction, and whether they are used."""

from contextlib import contextmanager, suppress
from contextvars import ContextVar


def _load():
    """Return the modules for this processor, or nothing if they were not built."""
    try:
        from sgnn.kernels import _cpu

        if _cpu.has_avx2():
            with suppress(ImportError):
                from sgnn.kernels import _groups_avx2, _network_avx2, _predict_avx2

                return _groups_avx2, _network_avx2, _predict_avx2
        from sgnn.kernels import _groups, _network, _predict
    except ImportError:
        return None, None, None
    return _groups, _network, _predict


_groups, _network, _predict = _load()
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
