"""The penalties for any torch module."""

from sgnn.torch.adam import ProxAdam
from sgnn.torch.ramp import AlphaRamp
from sgnn.torch.removal.compact import compact
from sgnn.torch.removal.resize import resize
from sgnn.torch.rules import sparse_groups
from sgnn.torch.sgd import ProxSGD

__all__ = ["AlphaRamp", "ProxAdam", "ProxSGD", "compact", "resize", "sparse_groups"]
