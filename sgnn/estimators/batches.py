"""Training data that come in batches, from disk or elsewhere, anew in each epoch."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import sparse

from sgnn._common.words import brief
from sgnn.estimators.checks import (
    check_weights,
    column_ends,
    resolve_feature_groups,
    warn_if_column,
)
from sgnn.estimators.data import (
    Checked,
    Form,
    check_arrays,
    encoded,
    given_held_out,
    learn_of_targets,
    rows_with_weight,
)
from sgnn.estimators.labels import joined_targets
from sgnn.estimators.moments import Moments
from sgnn.proximal._registry import SOLVERS
from sgnn.training.stream import Stream

_SAMPLES_OF_A_DATASET = 1000


def check_batches(estimator, batches, X_val, y_val, buffer_size):
    """Go through the batches once, check them, and learn their form.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
        Its parameters count; it is not changed.
    batches, X_val, y_val, buffer_size
        As ``fit_batches`` takes them.

    Returns
    -------
    Checked
        Its X is a Stream; targets and weights are those of all samples.

    Raises
    ------
    ValueError, TypeError
        If batches or parameters are invalid.
    """
    _check_parameters(estimator, X_val)
    opened, form, kind, ends, targets, weights = opener(batches), None, None, None, [], []
    for X, y, sample_weight in opened():
        if form is None:
            warn_if_column(y)
        kind = _alike(kind, X, sample_weight)
        X, y, names = check_arrays(estimator, X, y, form)
        if form is None:
            blocks = resolve_feature_groups(estimator.feature_groups, X.shape[1], names)
            form = Form(X.shape[1], names, X.dtype.name, blocks, None)
        targets.append(y.copy())  # Else a column of X might keep all of it.
        weights.append(_weights(sample_weight, y))
        X, *_ = rows_with_weight(X, y, weights[-1])
        ends = _widened(ends, X)
    if form is None:
        raise ValueError("batches: there is none; a callable must return an iterator each time.")
    y = joined_targets(targets, "batches")
    weights = None if weights[0] is None else check_weights(np.concatenate(weights), y, form.dtype)
    form = replace(form, targets=estimator._targets.of(y))
    targets, weights, form = learn_of_targets(estimator, y, weights, form, is_new=True)
    if not form.targets.loss.separable:
        raise ValueError(
            f"loss={form.targets.loss!r}: the loss of a sample depends on all others; use fit."
        )
    if weights is not None:
        targets, weights = targets[weights > 0], weights[weights > 0]
    form.targets.loss.check(targets)
    held_out = given_held_out(estimator, X_val, y_val, form)
    form = replace(form, moments=Moments.of(targets, weights), column_ends=ends)

    def chunks():
        for X, y, sample_weight in opened():
            _alike(kind, X, sample_weight)
            X, y, _ = check_arrays(estimator, X, y, form)
            X, *truth = encoded(estimator, X, y, _weights(sample_weight, y), form)
            yield X if sparse.issparse(X) else np.asarray(X), *truth

    shape = len(targets), form.n_features
    X = Stream(chunks, shape, form.dtype, ends, buffer_size)
    if estimator.checkpoint is not None:
        _check_order(X, targets)
    return Checked(X, targets, weights, held_out, form)


def opener(batches):
    """Return a callable that returns an iterator of X, y and weights or None, each time anew.

    Raises
    ------
    TypeError
        If `batches` can be gone through only once, or not at all.
    """
    torch = sys.modules.get("torch")
    if torch and isinstance(batches, torch.utils.data.Dataset):
        batches = torch.utils.data.DataLoader(batches, batch_size=_SAMPLES_OF_A_DATASET)
    is_table = hasattr(batches, "shape") or isinstance(batches, (str, bytes, dict))
    if is_table or isinstance(batches, Iterator) or not (callable(batches) or _iterable(batches)):
        raise TypeError(
            "batches must be a callable that returns an iterator over (X, y) or (X, y, "
            "sample_weight) each time it is called, or an object that can be iterated over again "
            f"and again, such as a list or a DataLoader of torch; got {brief(batches)}."
        )

    def opened():
        given = batches() if callable(batches) else batches
        if not _iterable(given):
            raise TypeError(
                f"batches: the callable must return an iterator each time; got {brief(given)}."
            )
        for batch in given:
            if not (isinstance(batch, (tuple, list)) and len(batch) in (2, 3)):
                raise TypeError(
                    "batches: each must be a tuple (X, y) or (X, y, sample_weight); got "
                    f"{brief(batch)}."
                )
            yield (*batch, None)[:3]

    return opened


def _iterable(thing):
    """Whether something can be iterated over, told without starting to."""
    return hasattr(thing, "__iter__") or hasattr(thing, "__getitem__")


def _alike(first, X, sample_weight):
    """Return what is in a batch, by name; it must be what is in the first, if that is not None."""
    here = {"sparse X": sparse.issparse(X), "sample weights": sample_weight is not None}
    for name, is_there in here.items():
        if first is not None and is_there != first[name]:
            raise ValueError(f"batches: some hold {name} and some do not; all must, or none.")
    return here


def _check_parameters(estimator, X_val):
    if not SOLVERS[estimator.solver].has_rate:
        raise ValueError(
            f"solver={estimator.solver!r} needs all data at once: fit_batches takes 'adam' or "
            "'sgd'."
        )
    if estimator.data_parallel:
        raise ValueError("data_parallel=True is for fit; give it memory maps of each part.")
    if estimator.early_stopping and X_val is None:
        raise ValueError(
            "early_stopping=True: no part of batches is held out; give X_val and y_val."
        )


def _check_order(X, targets):
    parts = [truth for _, truth, _ in X.read(X.buffer_size, None)]
    if not np.array_equal(np.concatenate(parts), targets):
        raise ValueError(
            "checkpoint: a killed call goes on if the same call reads the same again, and batches "
            "came in another order the second time: leave it to `shuffle` to shuffle them."
        )


def _weights(sample_weight, y):
    """Return the weights of a batch as an array, None for None."""
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (len(y),):
        raise ValueError(
            f"batches: sample_weight of shape {weights.shape} beside {len(y)} samples; it must "
            "hold one number for each."
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("batches: sample_weight must be finite, and not negative.")
    return weights


def _widened(ends, X):
    """Return the ends of columns with those of some more rows, None for no rows yet."""
    if not X.shape[0]:
        return ends
    others = column_ends(X)
    if ends is None:
        return others
    return np.minimum(ends[0], others[0]), np.maximum(ends[1], others[1])
