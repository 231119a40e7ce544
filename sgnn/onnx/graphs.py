"""What fitted models compute, as nodes of a graph."""

import numpy as np

from sgnn.losses.base import Loss
from sgnn.losses.kinds import LogLinkLoss
from sgnn.networks.activations import ACTIVATIONS

_FEW = 0.15
_LINKS = {Loss.predicted: "Identity", LogLinkLoss.predicted: "Exp"}


def labels_and_probabilities(op, model, X):
    """Return the labels and the probabilities of a classifier."""
    targets = model._form.targets
    outputs = _raw_outputs(op, model.network_, X)
    if targets.certain is not None:
        mask, value = targets.certain
        outputs = op("Where", mask, value, outputs)
    if targets.loss.exclusive:
        places = op("ArgMax", outputs, axis=1, keepdims=0)
        return _labels(op, targets, places), op("Softmax", outputs, axis=1)
    places = op.cast(op("Greater", outputs, 0.0), np.int64)
    if targets.multilabel:
        return places, op("Sigmoid", outputs)
    places = op("Reshape", places, np.array([-1]))
    both = op("Concat", op("Neg", outputs), outputs, axis=1)
    return _labels(op, targets, places), op("Sigmoid", both)


def label_dtype(targets):
    """Return the data type of the labels of classes: whole numbers, or strings."""
    return np.dtype(np.int64 if targets.classes.dtype.kind in "biuf" else object)


def predictions(op, model, X):
    """Return the predictions of a regressor, one column per output."""
    loss = model._form.targets.loss
    return [op(_LINKS[type(loss).predicted], _raw_outputs(op, model.network_, X))]


def has_known_link(loss):
    """Whether predictions follow from raw outputs as they are, or as logarithms."""
    return type(loss).predicted in _LINKS


def linear_predictions(op, model, X):
    """Return the predictions of a reduced-rank regressor, one column per target."""
    features = model.selected_features_
    coef = np.atleast_2d(model.coef_)[:, features].T.astype(op.dtype)
    return [
        op(
            "Gemm",
            _columns(op, X, features, model.n_features_in_),
            coef,
            _row(op, model.intercept_),
        )
    ]


def reduced_rank_scores(op, model, X):
    """Return the scores of a reduced-rank regressor."""
    features = model.selected_features_
    rotations = model.x_rotations_[features]
    shift = -(model._x_mean[features] @ rotations)
    weights = rotations.astype(op.dtype)
    return [op("Gemm", _columns(op, X, features, model.n_features_in_), weights, _row(op, shift))]


def selected_columns(op, model, X):
    """Return the columns of the features that are selected."""
    return [_columns(op, X, model.get_support(indices=True), model.n_features_in_)]


def _raw_outputs(op, network, values):
    last = len(network.coefs) - 1
    if network.n_features < len(network.support):
        values = _columns(op, values, network.features, len(network.support))
    for layer, (coef, bias) in enumerate(zip(network.coefs, network.intercepts, strict=True)):
        values = op("Gemm", values, coef, bias)
        if layer < last:
            values = ACTIVATIONS[network.activation].onnx(op, values)
    return values


def _labels(op, targets, places):
    return op("Gather", targets.classes.astype(label_dtype(targets)), places)


def _columns(op, X, features, n_features):
    """Return some of the columns of X.

    onnxruntime picks numbers of a row one by one, for the time of ten that are transposed.
    """
    features = features.astype(np.int64)
    if len(features) < _FEW * n_features:
        return op("Gather", X, features, axis=1)
    rows = op("Gather", op("Transpose", X, perm=[1, 0]), features, axis=0)
    return op("Transpose", rows, perm=[1, 0])


def _row(op, values):
    return np.atleast_1d(values).astype(op.dtype)
