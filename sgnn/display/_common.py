"""What the displays share: axes, colours and checks."""

from sklearn.utils.validation import check_is_fitted

from sgnn._common.private_sklearn import check_matplotlib_support
from sgnn.estimators.base import BaseSparseMLP
from sgnn.paths.path import SparseMLPPath

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
PINK, SKY, RED = "#CC79A7", "#56B4E9", "#D55E00"
GREY, FAINT = "#8A8F94", "#D9DCDF"


def axes_for(display, ax, figsize=None):
    """Return the axes that a display is drawn on, new ones for None."""
    check_matplotlib_support(f"{type(display).__name__}.plot")
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=figsize, layout="constrained")[1] if ax is None else ax


def fitted_model(estimator, cls):
    """Return a fitted estimator, that of a cross-validated path too, for a display class."""
    check_is_fitted(estimator)
    model = getattr(estimator, "estimator_", estimator)
    if not isinstance(model, BaseSparseMLP):
        raise TypeError(
            f"{cls.__name__}.from_estimator needs a SparseMLPClassifier, a SparseMLPRegressor or "
            f"one of their CV classes; got {type(estimator).__name__}."
        )
    return model


def check_path(path, cls):
    """Raise a TypeError if something is not a path."""
    if not isinstance(path, SparseMLPPath):
        raise TypeError(
            f"{cls.__name__}.from_path needs what sparse_mlp_path returns; "
            f"got {type(path).__name__}."
        )
