"""Converters of skl2onnx for all estimators; importing this registers them."""

import numpy as np
import skl2onnx
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
    guess_numpy_type,
)
from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from sgnn._common.words import cut
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.onnx import graphs
from sgnn.onnx.nodes import Nodes
from sgnn.onnx.transforming import Transforming, with_roles
from sgnn.paths.cv import SparseMLPClassifierCV, SparseMLPRegressorCV
from sgnn.reduced_rank.cv import SparseReducedRankRegressorCV
from sgnn.reduced_rank.regressor import SparseReducedRankRegressor
from sgnn.selection.knockoffs import KnockoffSelector
from sgnn.selection.selector import SparseMLPSelector
from sgnn.selection.stability import StabilitySelector

CLASSIFIERS = SparseMLPClassifier, SparseMLPClassifierCV
REGRESSORS = SparseMLPRegressor, SparseMLPRegressorCV
REDUCED_RANK = SparseReducedRankRegressor, SparseReducedRankRegressorCV
SELECTORS = KnockoffSelector, SparseMLPSelector, StabilitySelector

_TYPES = {
    np.dtype(np.float32): FloatTensorType,
    np.dtype(np.float64): DoubleTensorType,
    np.dtype(np.int64): Int64TensorType,
    np.dtype(object): StringTensorType,
}


def _predictor(operator):
    model = operator.raw_operator
    model = model.model if isinstance(model, Transforming) else model
    return getattr(model, "estimator_", model)


def _input_dtype(operator):
    """Return the data type of X, that of numbers where columns differ."""
    dtypes = {np.dtype(guess_numpy_type(variable.type)) for variable in operator.inputs}
    return np.result_type(*dtypes) if len(dtypes) > 1 else dtypes.pop()


def _classifier_types(operator):
    model = _predictor(operator)
    targets, n_classes = model._form.targets, len(model.classes_)
    shape = [n_classes] if targets.multilabel else []
    label = np.dtype(np.int64) if targets.multilabel else graphs.label_dtype(targets)
    return [(label, shape), (model.network_.dtype, [n_classes])]


def _regressor_types(operator):
    model = _predictor(operator)
    loss = model._form.targets.loss
    if not graphs.has_known_link(loss):
        raise ValueError(
            f"model: predictions of loss={loss!r} are a function of raw outputs that has no form "
            "in ONNX; those that have are the outputs themselves and their exponentials."
        )
    return [(model.network_.dtype, [model._form.targets.n_outputs])]


def _linear_types(operator):
    model = _predictor(operator)
    return [(model.coef_.dtype, [len(np.atleast_1d(model.intercept_))])]


def _scores_types(operator):
    model = _predictor(operator)
    return [(model.coef_.dtype, [model.n_components_])]


def _selector_types(operator):
    return [(_input_dtype(operator), [len(_predictor(operator).get_support(indices=True))])]


def _register(models, types, graph, options=None):
    """Register converters.

    Parameters
    ----------
    models : tuple of class
    types : callable (operator) -> list of (dtype, shape)
        Of the outputs, without samples.
    graph : callable (op, model, X) -> list of str
        Adds nodes, and returns the outputs.
    options : dict, default=None
    """

    def declare(operator):
        for output, (dtype, shape) in zip(operator.outputs, types(operator), strict=True):
            n_samples = operator.inputs[0].get_first_dimension()
            output.set_type(_TYPES[dtype]([n_samples, *shape]))

    def convert(scope, operator, container):
        dtype = types(operator)[-1][0]
        op = Nodes(scope, container, dtype)
        X = [op.cast(variable.full_name, dtype) for variable in operator.inputs]
        X = X[0] if len(X) == 1 else op("Concat", *X, axis=1)
        names = graph(op, _predictor(operator), X)
        for variable, name in zip(operator.outputs, names, strict=True):
            op("Identity", name, output=variable.full_name)

    for model in models:
        alias = f"Sgnn{model.__name__}"
        update_registered_converter(model, alias, declare, convert, options=options)


def _types_of_transforming(operator):
    linear = isinstance(operator.raw_operator.model, REDUCED_RANK)
    return (_scores_types if linear else _selector_types)(operator)


def _transformed(op, model, X):
    linear = isinstance(model, REDUCED_RANK)
    return (graphs.reduced_rank_scores if linear else graphs.selected_columns)(op, model, X)


_ZIPMAP = {"zipmap": [True, False, "columns"], "nocl": [True, False]}
_register(CLASSIFIERS, _classifier_types, graphs.labels_and_probabilities, _ZIPMAP)
_register(REGRESSORS, _regressor_types, graphs.predictions)
_register(REDUCED_RANK, _linear_types, graphs.linear_predictions)
_register(SELECTORS, _selector_types, graphs.selected_columns)
_register([Transforming], _types_of_transforming, _transformed)


def converted(model, X, target_opset):
    """Return the graph of a fitted model; see :func:`sgnn.to_onnx`.

    Raises
    ------
    TypeError
        If skl2onnx cannot convert a part of it.
    """
    marked = with_roles(model, (*CLASSIFIERS, *REGRESSORS, *REDUCED_RANK))
    options = {id(part): {"zipmap": False} for part in _classifiers(marked)}
    try:
        return skl2onnx.to_onnx(marked, X, target_opset=target_opset, options=options)
    except (MissingShapeCalculator, MissingConverter, NameError, NotImplementedError) as error:
        words = cut(" ".join(str(error).split()), 300)
        raise TypeError(f"model: skl2onnx cannot convert a part of it: {words}") from error


def _classifiers(model):
    """Return what gives probabilities at the end of a model: it, or the last step of it."""
    while isinstance(model, Pipeline):
        model = model[-1]
    return [model] if is_classifier(model) else []
