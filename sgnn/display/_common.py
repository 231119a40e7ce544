"""What the displays share: axes, colours and checks."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sgnn.estimators.base import BaseSparseMLP
from sgnn.paths.path import SparseMLPPath

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
PINK, SKY, RED = "#CC79A7", "#56B4E9", "#D55E00"
GREY, FAINT = "#8A8F94", "#8A8F9455"


def axes_for(display, ax, figsize=None):
    """Return the axes that a display is drawn on, new ones for None."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        name = type(display).__name__
        raise ImportError(f'{name} needs matplotlib: pip install "sgnn[plot]"') from error

    return plt.subplots(figsize=figsize, layout="constrained")[1] if ax is None else ax


def fitted_part(estimator, attribute):
    """Return what has a fitted attribute: an estimator, or the last such step of a pipeline.

    A search stands for its best estimator. Where nothing has it, the estimator is returned.
    """
    check_is_fitted(estimator)
    estimator = getattr(estimator, "best_estimator_", estimator)
    steps = [step for _, step in estimator.steps] if isinstance(estimator, Pipeline) else []
    return next((step for step in reversed(steps) if hasattr(step, attribute)), estimator)


def fitted_model(estimator, cls):
    """Return a fitted network, that of a path, a selector's or a pipeline's too, for a display."""
    part = fitted_part(estimator, "network_")
    model = getattr(part, "estimator_", part)
    if not isinstance(model, BaseSparseMLP):
        raise TypeError(
            f"{cls.__name__}.from_estimator needs a SparseMLPClassifier, a SparseMLPRegressor, "
            "one of their CV classes, or a pipeline with one of these; got "
            f"{type(estimator).__name__}."
        )
    return model


def path_of(thing, cls):
    """Return a path, or that of a fitted selector, a cross-validation or a pipeline with one."""
    path = thing
    if not isinstance(thing, SparseMLPPath) and hasattr(thing, "fit"):
        path = getattr(fitted_part(thing, "path_"), "path_", thing)
    if not isinstance(path, SparseMLPPath):
        raise TypeError(
            f"{cls.__name__}.from_path needs what sparse_mlp_path returns, or something fitted "
            f"that has a path_; got {type(thing).__name__}."
        )
    return path
