"""Names that torch does not call public; where one goes, only this file changes."""

from torch import (
    _foreach_add,
    _foreach_add_,
    _foreach_addcmul_,
    _foreach_copy_,
    _foreach_lerp_,
    _foreach_mul_,
    _foreach_reciprocal_,
    _foreach_sqrt,
    _fused_adam_,
)
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.utils._pytree import tree_leaves, tree_map

__all__ = [
    "_ConvNd",
    "_ConvTransposeNd",
    "_NormBase",
    "_foreach_add",
    "_foreach_add_",
    "_foreach_addcmul_",
    "_foreach_copy_",
    "_foreach_lerp_",
    "_foreach_mul_",
    "_foreach_reciprocal_",
    "_foreach_sqrt",
    "_fused_adam_",
    "tree_leaves",
    "tree_map",
]
