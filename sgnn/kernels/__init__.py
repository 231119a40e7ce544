"""Compiled kernels of training and prediction, and whether they are used."""

from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module

_NAMES = ["_groups", "_network", "_predict", "_rows"]


def _load():
    """Return the modules for this processor, or why there are none."""
    try:
        has_avx2 = import_module("sgnn.kernels._cpu").has_avx2()
        ending = "_avx2" if has_avx2 else ""
        names = [f"sgnn.kernels.{name}{ending}" for name in _NAMES]
        return [import_module(name) for name in names], None
    except ImportError as error:
        return [None] * len(_NAMES), str(error)


(_groups, _network, _predict, _rows), _why_not = _load()
_wanted = ContextVar("sgnn_kernels", default=True)

#: Most layers of weights that the kernels take.
MOST_LAYERS = 63


def are_built():
    """Whether the kernels were compiled when sgnn was installed."""
    return _network is not None


def are_used():
    """Whether the kernels were compiled, and are not switched off."""
    return are_built() and _wanted.get()


def can_take(parameters):
    """Whether the kernels are used, and take parameters: on the CPU, of not too many layers."""
    is_on_cpu = parameters.flat.device.type == "cpu"
    return are_used() and is_on_cpu and len(parameters.layers) <= MOST_LAYERS


def in_words():
    """Whether the kernels are used and, if not, why not and what to do."""
    if are_used():
        return "in use"
    if are_built():
        return "switched off"
    return (
        f"not in use ({_why_not}); fits are slower without them. "
        "Where there is a C compiler, installing sgnn anew builds them."
    )


@contextmanager
def switched_off():
    """Compute everything in torch and numpy, in this thread."""
    token = _wanted.set(False)
    try:
        yield
    finally:
        _wanted.reset(token)


if are_built():
    Adam, SGD = _groups.Adam, _groups.SGD
    KINDS, SHAPES = _groups.KINDS, _groups.SHAPES
    Rows, Split, ROW_SHAPES = _rows.Rows, _rows.Split, _rows.SHAPES
    Pass, Samples = _network.Pass, _network.Samples
    Predictor = _predict.Predictor
    ACTIVATIONS, LOSSES = _network.ACTIVATIONS, _network.LOSSES
