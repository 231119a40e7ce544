"""What must hold of every fitted estimator, whatever it was fitted to."""

import pickle
from itertools import pairwise

import numpy as np
import torch
from scipy.special import erf, expit, log_expit, log_softmax
from sklearn.base import clone, is_classifier

VALUES = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "tanh": np.tanh,
    "logistic": expit,
    "gelu": lambda z: 0.5 * z * (1 + erf(z / np.sqrt(2))),
}
# Raw outputs from predictions, where they are not the same.
INVERSES, SMALLEST = {"Poisson": np.log, "Gamma": np.log}, np.log(np.finfo("f4").tiny)


def faults_of(model, data, again=None):
    """Yield a sentence for everything about a fitted estimator that is not as it should be.

    Parameters
    ----------
    model : SparseMLPClassifier or SparseMLPRegressor
    data : Data
        What it can predict.
    again : object, default=None
        The same, fitted once more.
    """
    yield from _of_structure(model)
    yield from _of_curves(model)
    yield from _of_predictions(model, data)
    yield from _of_selection(model, data)
    restored = pickle.loads(pickle.dumps(model))
    if not np.array_equal(restored.predict(data.X), model.predict(data.X)):
        yield "another prediction after pickling"
    if again is not None:
        arrays = zip(
            model.coefs_ + model.intercepts_, again.coefs_ + again.intercepts_, strict=True
        )
        if not all(np.array_equal(a, b) for a, b in arrays):
            yield "other weights from the same seed"
    for call in model.summary, lambda: repr(model), model._repr_html_, lambda: clone(model):
        call()


def _on_paths(coefs):
    """Return the units on a path of non-zero weights, layer by layer."""
    forth, back = [np.ones(len(coefs[0]), bool)], [np.ones(coefs[-1].shape[1], bool)]
    for coef in coefs:
        forth.append(((coef != 0) & forth[-1][:, None]).any(axis=0))
    for coef in reversed(coefs):
        back.append(((coef != 0) & back[-1]).any(axis=1))
    return [a & b for a, b in zip(forth, reversed(back), strict=True)]


def _of_structure(model):
    full, kept = model.expand()[0], model.kept_units_
    if not all(np.isfinite(part).all() for part in (*model.coefs_, *model.intercepts_)):
        yield "weights are not finite"
    sizes = [len(mask) for mask in kept]
    hidden = np.atleast_1d(np.array(model.hidden_layer_sizes, dtype=int)).tolist()
    if sizes[1:-1] != hidden or sizes[0] != model.n_features_in_:
        yield f"layers of {sizes} units for {hidden}"
    if [coef.shape for coef in full] != list(pairwise(sizes)):
        yield "expand() has other shapes"
    if model.n_neurons_ != tuple(int(mask.sum()) for mask in kept):
        yield "n_neurons_ is not the number of kept units"
    zeros, total = sum((coef == 0).sum() for coef in full), sum(coef.size for coef in full)
    if abs(model.sparsity_ - zeros / total) > 1e-12:
        yield f"sparsity_ is {model.sparsity_} for {zeros} of {total}"
    paths, blocks = _on_paths(full), model._form.blocks
    used = paths[0] if blocks is None else np.isin(blocks, blocks[paths[0]])
    if not np.array_equal(used, model.support_):
        yield "support_ is not what lies on paths"
    if not all(map(np.array_equal, kept[1:], paths[1:])):
        yield "kept_units_ are not what lies on paths"
    if not np.array_equal(model.selected_features_, np.flatnonzero(model.support_)):
        yield "selected_features_ are not those of support_"
    importances = model.feature_importances_
    if not (np.isfinite(importances).all() and np.array_equal(importances > 0, paths[0])):
        yield "feature_importances_ are not positive just on the paths"


def _of_curves(model):
    for name in ("loss_curve_", "objective_curve_", "n_neurons_curve_"):
        curve = getattr(model, name)
        if len(curve) != model.n_iter_ or not np.isfinite(np.array(curve, dtype=float)).all():
            yield f"{name} is not finite or has another length"
    for name in ("validation_loss_curve_", "validation_scores_"):
        curve = getattr(model, name)
        if curve is not None and (np.isnan(curve) | np.isposinf(curve)).any():
            yield f"{name} is not finite"
    least, is_deviance = -1e-6 * max(1, model.loss_curve_[0]), model._form.targets.loss.separable
    if is_deviance and min(model.loss_curve_) < least:
        yield f"a loss of {min(model.loss_curve_)}"
    most = np.finfo(float).max if model.support_.any() else np.inf
    if not 0 <= model.alpha_ <= most:
        yield f"alpha_ is {model.alpha_}"


def _outputs_with_error(model, X):
    """Return raw outputs in float64, and a bound on the error of rounding in any order of sums."""
    eps = float(np.finfo(model.coefs_[0].dtype).eps)
    values, error = X, np.zeros(X.shape)
    layers = list(zip(*model.expand(), strict=True))
    for number, (coef, intercept) in enumerate(layers):
        coef, intercept = coef.astype(float), intercept.astype(float)
        size = np.abs(values) @ np.abs(coef) + np.abs(intercept)
        error = error @ np.abs(coef) + eps * (len(coef) + 8) * size
        values = values @ coef + intercept
        if number < len(layers) - 1:
            values = VALUES[model.activation](values)
            error = 1.2 * error + eps * 8 * np.abs(values)
    return values, error + 8 * eps * np.abs(values).max(initial=0) + 1e-300


def _of_predictions(model, data):
    with np.errstate(all="ignore"):
        seen = data.dense.astype(model.coefs_[0].dtype).astype(float)
        raw, error = _outputs_with_error(model, seen)
    is_small = np.isfinite(error).all() and np.abs(raw).max() < 1e30
    prediction = np.asarray(model.predict(data.X))
    if not is_classifier(model):
        if not np.isfinite(prediction).all():
            yield "predictions are not finite"
            return
        with np.errstate(all="ignore"):
            inverse = INVERSES.get(type(model._form.targets.loss).__name__, lambda z: z)
            found = inverse(prediction.astype(float)).reshape(raw.shape)
            error = error + 2 * np.finfo(prediction.dtype).eps
        found = np.where(np.isneginf(found) & (raw < SMALLEST), raw, found)
        if is_small and (np.abs(found - raw) > error).any():
            yield "predictions are not those of expand()"
        return
    probabilities, logs = model.predict_proba(data.X), model.predict_log_proba(data.X)
    is_multilabel, weightless = model._form.targets.multilabel, model._form.targets.weightless
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-6)).all():
        yield "probabilities are not in [0, 1]"
    if not (np.isfinite(logs) & (logs <= 1e-6)).all():
        yield "logarithms of probabilities are not finite or positive"
    if not np.isin(prediction, (0, 1) if is_multilabel else model.classes_).all():
        yield "an unknown class is predicted"
    if not is_multilabel and np.abs(probabilities.sum(axis=1) - 1).max() > 1e-5:
        yield "probabilities do not sum to 1"
    if not is_small or weightless is not None:
        return
    if is_multilabel:
        expected = log_expit(raw)
    elif raw.shape[1] == 1:
        expected, error = np.hstack([log_expit(-raw), log_expit(raw)]), np.hstack([error] * 2)
    else:
        expected, error = log_softmax(raw, axis=1), 2 * error.max(axis=1, keepdims=True)
    eps = np.finfo(model.coefs_[0].dtype).eps
    if (np.abs(logs - expected) > error + 8 * eps).any():
        yield "logarithms of probabilities are not those of expand()"


def _of_selection(model, data):
    n_left = int(model.support_.sum())
    if model.transform(data.X).shape != (len(data.dense), n_left):
        yield "transform() has another shape than the support"
    if len(model.get_feature_names_out()) != n_left:
        yield "get_feature_names_out() is not as long as the support"
    if n_left:
        with torch.no_grad(), np.errstate(all="ignore"):
            inputs = data.dense[:, model.support_].astype(model.coefs_[0].dtype)
            outputs = model.to_torch()(torch.from_numpy(np.ascontiguousarray(inputs)))
        if outputs.shape != (len(data.dense), model._form.targets.n_outputs):
            yield "to_torch() has another shape of outputs"
