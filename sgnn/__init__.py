"""Sparse neural networks for scikit-learn: multilayer perceptrons that find their own size."""

from sgnn import display, penalties
from sgnn._version import __version__
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.paths.cv import SparseMLPClassifierCV, SparseMLPRegressorCV
from sgnn.paths.path import SparseMLPPath
from sgnn.paths.walk import sparse_mlp_path
from sgnn.selection.selector import SparseMLPSelector
from sgnn.selection.stability import StabilitySelector

__all__ = [
    "SparseMLPClassifier",
    "SparseMLPClassifierCV",
    "SparseMLPPath",
    "SparseMLPRegressor",
    "SparseMLPRegressorCV",
    "SparseMLPSelector",
    "StabilitySelector",
    "__version__",
    "display",
    "penalties",
    "sparse_mlp_path",
]
