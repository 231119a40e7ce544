"""Sparse neural networks for scikit-learn: multilayer perceptrons that find their own size."""

from sgnn import display, linked, losses, penalties
from sgnn._common.warnings import (
    SgnnConvergenceWarning,
    SgnnDenseWarning,
    SgnnInconsistentVersionWarning,
    SgnnWarning,
)
from sgnn._show_versions import show_versions
from sgnn._version import __version__
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.onnx.to_onnx import to_onnx
from sgnn.paths.cv import SparseMLPClassifierCV, SparseMLPRegressorCV
from sgnn.paths.path import SparseMLPPath
from sgnn.paths.sparse_mlp_path import sparse_mlp_path
from sgnn.reduced_rank.cv import SparseReducedRankRegressorCV
from sgnn.reduced_rank.regressor import SparseReducedRankRegressor
from sgnn.selection.knockoffs import KnockoffSelector
from sgnn.selection.selector import SparseMLPSelector
from sgnn.selection.stability import StabilitySelector
from sgnn.training.checkpoint import Checkpoint

__all__ = [
    "Checkpoint",
    "KnockoffSelector",
    "SgnnConvergenceWarning",
    "SgnnDenseWarning",
    "SgnnInconsistentVersionWarning",
    "SgnnWarning",
    "SparseMLPClassifier",
    "SparseMLPClassifierCV",
    "SparseMLPPath",
    "SparseMLPRegressor",
    "SparseMLPRegressorCV",
    "SparseMLPSelector",
    "SparseReducedRankRegressor",
    "SparseReducedRankRegressorCV",
    "StabilitySelector",
    "__version__",
    "display",
    "linked",
    "losses",
    "penalties",
    "show_versions",
    "sparse_mlp_path",
    "to_onnx",
]
