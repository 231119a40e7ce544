"""From a fitted model to ONNX."""

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from sgnn._common.words import brief

_OPSETS = 13, 22
_DTYPES = "float32", "float64", "int64"


def to_onnx(model, X, *, target_opset=None):
    """Return a fitted model as a graph of ONNX, which runs without Python.

    The graph has the compact network: inputs, units and weight matrices that were removed are not
    in it. It computes in the data type of the network, what comes before it in a pipeline in that
    of X.

    Parameters
    ----------
    model : estimator
        A fitted estimator, cross-validation or selector of sgnn, or a
        :class:`~sklearn.pipeline.Pipeline`, :class:`~sklearn.compose.ColumnTransformer` or search
        of scikit-learn with such and what else skl2onnx knows.
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        A row at least, as the graph will get them: an array in float32, float64 or int64 is one
        input ``X`` of that type, a DataFrame an input per column, of shape (n_samples, 1).
    target_opset : int from 13 to 22, default=None
        Version of the operators, for older runtimes; None is the latest that skl2onnx has been
        tested with.

    Returns
    -------
    onnx.ModelProto
        The first output is what `predict` returns: labels of shape (n_samples,), integers or
        strings, or (n_samples, n_labels) for multilabel targets; or predictions of shape
        (n_samples, n_outputs), which is a column for one output. The second output of classifiers
        is what `predict_proba` returns. A selector has the columns that it selects.

    Raises
    ------
    ImportError
        If skl2onnx is not installed: ``pip install "sgnn[onnx]"``.
    NotFittedError
        If `model` is not fitted.
    TypeError
        If `model` or a part of it, or X, is nothing that can be converted.
    ValueError
        If X has another number of columns than the model, `target_opset` is out of range, or
        predictions under a loss of your own are neither raw outputs nor their exponentials.

    Notes
    -----
    Nothing is checked while the graph runs: missing values go through it. ``import
    sgnn.onnx.converters`` makes sgnn's models known to the functions of skl2onnx.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sgnn import SparseMLPClassifier, to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = SparseMLPClassifier((20,), random_state=0).fit(X, y)
    >>> graph = to_onnx(clf, X[:1])  # doctest: +SKIP
    >>> [output.name for output in graph.graph.output]  # doctest: +SKIP
    ['label', 'probabilities']
    """
    try:
        from sgnn.onnx.converters import converted
    except ImportError as error:
        raise ImportError(
            f'to_onnx needs onnx and skl2onnx: pip install "sgnn[onnx]" ({error}).'
        ) from error
    _check_model(model)
    _check_rows(model, X)
    _check_opset(target_opset)
    return converted(model, X, target_opset)


def _check_model(model):
    if not hasattr(model, "fit"):
        raise TypeError(
            "model must be a fitted estimator; of a path, path.at(...) and path.best() are ones; "
            f"got {brief(model)} of type {type(model).__name__}."
        )
    check_is_fitted(model)


def _check_rows(model, X):
    is_table = hasattr(X, "columns") and hasattr(X, "iloc")
    if sparse.issparse(X) or not (is_table or isinstance(X, np.ndarray)):
        raise TypeError(
            f"X must be rows as a dense ndarray or a pandas DataFrame; got {type(X).__name__}."
        )
    if not is_table and str(X.dtype) not in _DTYPES:
        raise TypeError(f"X must be in {', '.join(_DTYPES)}, or a DataFrame; got {X.dtype}.")
    if X.ndim != 2 or len(X) == 0:
        raise ValueError(f"X must have two dimensions and a row at least; got shape {X.shape}.")
    n_features = getattr(model, "n_features_in_", X.shape[1])
    if X.shape[1] != n_features:
        raise ValueError(f"X has {X.shape[1]} columns and the model was fitted on {n_features}.")


def _check_opset(target_opset):
    low, high = _OPSETS
    if target_opset is not None and target_opset not in range(low, high + 1):
        raise ValueError(
            f"target_opset must be an integer from {low} to {high}; got {brief(target_opset)}."
        )
