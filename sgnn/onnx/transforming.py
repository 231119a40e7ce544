"""Steps of pipelines that only transform, where sgnn has predictors that are also transformers."""

from copy import copy

from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline


class Transforming(BaseEstimator):
    """The `transform` of a fitted predictor.

    Parameters
    ----------
    model : estimator
    """

    def __init__(self, model):
        self.model = model


def with_roles(model, predictors, transforms=False):
    """Return a model in which each predictor that only transforms is marked as such.

    Parameters
    ----------
    model : estimator or str
    predictors : tuple of class
        Those that transform too.
    transforms : bool, default=False
        Whether the model is asked to transform.

    Returns
    -------
    estimator or str
        A copy where something is marked.
    """
    if hasattr(model, "best_estimator_"):
        return with_roles(model.best_estimator_, predictors, transforms)
    if isinstance(model, Pipeline):
        marked = copy(model)
        marked.steps = [
            (name, with_roles(step, predictors, transforms or step is not model[-1]))
            for name, step in model.steps
        ]
        return marked
    if isinstance(model, ColumnTransformer):
        marked = copy(model)
        marked.transformers_ = [
            (name, with_roles(step, predictors, True), columns)
            for name, step, columns in model.transformers_
        ]
        return marked
    if isinstance(model, FeatureUnion):
        marked = copy(model)
        marked.transformer_list = [
            (name, with_roles(step, predictors, True)) for name, step in model.transformer_list
        ]
        return marked
    return Transforming(model) if transforms and isinstance(model, predictors) else model
