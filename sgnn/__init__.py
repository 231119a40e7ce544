"""Sparse neural networks for scikit-learn: multilayer perceptrons that find their own size."""

from sgnn import penalties
from sgnn._version import __version__
from sgnn.classifier import SparseMLPClassifier
from sgnn.regressor import SparseMLPRegressor

__all__ = ["SparseMLPClassifier", "SparseMLPRegressor", "__version__", "penalties"]
