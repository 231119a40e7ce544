"""The penalties for any torch module."""

from sgnn.torch.adam import ProxAdam
from sgnn.torch.path import sparse_module_path
from sgnn.torch.ramp import AlphaRamp
from sgnn.torch.removal.compact import compact
from sgnn.torch.removal.resize import resize
from sgnn.torch.rules import sparse_groups
from sgnn.torch.sgd import ProxSGD

_NEED_SKORCH = "SparseNeuralNetClassifier", "SparseNeuralNetRegressor"

__all__ = [
    "AlphaRamp",
    "ProxAdam",
    "ProxSGD",
    "SparseNeuralNetClassifier",
    "SparseNeuralNetRegressor",
    "compact",
    "resize",
    "sparse_groups",
    "sparse_module_path",
]


def __getattr__(name):
    """Import what needs skorch when it is asked for."""
    if name not in _NEED_SKORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sgnn.torch import nets

    return getattr(nets, name)
