"""From what a user gives to data that can be trained on, and what is learnt of their form."""

from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import is_regressor
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import validate_data

from sgnn._common.columns import naming_columns
from sgnn._common.private_sklearn import _safe_indexing
from sgnn._common.words import brief
from sgnn.estimators.checks import check_weights, column_ends, resolve_feature_groups
from sgnn.estimators.moments import Moments, n_effective
from sgnn.estimators.targets import Targets
from sgnn.training.problem import HeldOut
from sgnn.training.rows import NARROW, Rows, as_trained_on


@dataclass(frozen=True)
class Form:
    """What is learnt of data before training, and what later data must agree with.

    Attributes
    ----------
    n_features : int
    feature_names : ndarray of str or None
    dtype : str
        Of X, and so of the network.
    blocks : ndarray of int, shape (n_features,), or None
        Blocks of inputs that stand or fall together.
    targets : Targets
    moments : Moments or None
        Of the targets of all samples so far: what "auto" and natural scales follow from.
    column_ends : ndarray of shape (2, n_features) or None
        Least and largest value of each column of X in all samples so far.
    class_counts : ndarray of shape (n_columns_of_y, n_classes) or None
        Samples of each class so far, with their weights, where classes are weighted.
    """

    n_features: int
    feature_names: np.ndarray | None
    dtype: str
    blocks: np.ndarray | None
    targets: Targets
    moments: Moments | None = None
    column_ends: np.ndarray | None = None
    class_counts: np.ndarray | None = None

    @property
    def input_attributes(self):
        """The fitted attributes of an estimator that tell its inputs, by name."""
        attributes = {"n_features_in_": self.n_features}
        if self.feature_names is not None:
            attributes["feature_names_in_"] = self.feature_names
        return attributes

    def check_goes_on_from(self, last):
        """Raise a ValueError if inputs or outputs of a network for `last` would change meaning."""
        self.targets.check_goes_on_from(last.targets)
        names, before = self.feature_names, last.feature_names
        if names is None or before is None or len(names) != len(before):
            return
        moved = np.flatnonzero(names != before)
        if moved.size:
            first = moved[0]
            raise ValueError(
                f"warm_start=True: column {first} of X is {brief(names[first])}, and in the last "
                f"fit it was {brief(before[first])}: keep names and order of the columns."
            )


@dataclass(frozen=True)
class Checked:
    """Data as training wants them.

    Attributes
    ----------
    X : ndarray, CSR or Rows of shape (n_samples, n_features)
    targets : ndarray
        As the loss wants them.
    sample_weight : ndarray of shape (n_samples,) or None
    held_out : HeldOut or None
    form : Form
    """

    X: object
    targets: np.ndarray
    sample_weight: np.ndarray | None
    held_out: HeldOut | None
    form: Form


def check_data(
    estimator, X, y, sample_weight=None, X_val=None, y_val=None, *, rng, classes=None, known=None
):
    """Check data, hold out a part where `early_stopping` wants one, and learn their form.

    Samples of weight 0 are left out, once classes are known.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
        Its parameters count; it is not changed.
    X, y, sample_weight, X_val, y_val
        As ``fit`` takes them.
    rng : numpy.random.RandomState
        Draws what is held out.
    classes : array-like, default=None
        All classes that will ever occur.
    known : Form, default=None
        What the data must agree with; None learns it.

    Returns
    -------
    Checked

    Raises
    ------
    ValueError, TypeError
        If the data are invalid.
    """
    if estimator.data_parallel:
        raise ValueError("data_parallel=True is for fit alone; set it to False for the rest.")
    X, targets, weights, form = check_training(estimator, X, y, sample_weight, classes, known)
    held_out = given_held_out(estimator, X_val, y_val, form)
    if held_out is None and estimator.early_stopping:
        X, targets, weights, held_out = hold_out(estimator, X, targets, weights, form, rng)
    loss = form.targets.loss
    moments, ends = Moments.of(targets, weights), column_ends(X)
    if known is not None:
        moments = known.moments.merged(moments)
        low, high = known.column_ends
        ends = np.minimum(ends[0], low), np.maximum(ends[1], high)
    form = replace(form, moments=moments, column_ends=ends)
    order = loss.order(targets)
    if order is not None:
        X, targets = X[order], targets[order]
        weights = None if weights is None else weights[order]
    return Checked(X, targets, weights, held_out, form)


def given_held_out(estimator, X_val, y_val, form):
    """Check data that a user holds out, and return them as a HeldOut, None for None."""
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val must be given together.")
    if X_val is None:
        return None
    X_val, y_val, _ = _check_pair(estimator, X_val, y_val, None, form)
    held_out = HeldOut(X_val, form.targets.encode(y_val, X_val.dtype))
    _check_held_out(estimator, held_out, form)
    return held_out


def _check_held_out(estimator, held_out, form):
    loss = form.targets.loss
    loss.check(held_out.targets)
    n_held_out = n_effective(len(held_out.targets), held_out.sample_weight)
    if n_held_out < loss.least_scored:
        raise ValueError(
            f"The validation set is too small: {loss.score_name} needs at least "
            f"{loss.least_scored} held-out samples; got {n_held_out:.6g} (see X_val and "
            f"validation_fraction={estimator.validation_fraction})."
        )


def rows_with_weight(X, y, weights):
    """Return the rows of X, y and weights, an array or None, whose weight is not 0."""
    if weights is None or weights.all():
        return X, y, weights
    rows = np.flatnonzero(weights)
    X = X[rows] if isinstance(X, Rows) else _safe_indexing(X, rows)
    return X, _safe_indexing(y, rows), weights[rows]


def check_scored(estimator, X, y, sample_weight=None):
    """Check data that a fitted estimator is scored on; samples of weight 0 are left out.

    Returns
    -------
    X : ndarray or CSR of shape (n_samples, n_features)
    targets : ndarray
        As the loss wants them.
    sample_weight : ndarray of shape (n_samples,) or None
    """
    return check_training(estimator, X, y, sample_weight, known=estimator._form)[:-1]


def check_form(estimator, X, y, sample_weight=None):
    """Check training data as :func:`check_data` does, and return their form."""
    return check_training(estimator, X, y, sample_weight)[-1]


def check_training(estimator, X, y, sample_weight=None, classes=None, known=None):
    """Check training data as :func:`check_data` does, and hold nothing out.

    Returns
    -------
    X, targets, sample_weight
        As in :class:`Checked`.
    form : Form
    """
    X, y, form = _check_pair(estimator, X, y, classes, known)
    weights = check_weights(sample_weight, X, X.dtype)
    targets, weights, form = learn_of_targets(estimator, y, weights, form, known is None)
    X, targets, weights = rows_with_weight(X, targets, weights)
    form.targets.loss.check(targets)
    return X, targets, weights, form


def learn_of_targets(estimator, y, weights, form, is_new):
    """Return targets as the loss wants them, weights with those of classes, and what is learnt.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    y : ndarray
        As its targets read it.
    weights : ndarray of shape (n_samples,) or None
    form : Form
        With the targets.
    is_new : bool
        Whether these are the first samples.
    """
    targets = form.targets.encode(y, form.dtype)
    class_weight = estimator.get_params(deep=False).get("class_weight")
    if class_weight is not None:
        counts = form.targets.counts(targets, weights)
        counts = counts if form.class_counts is None else counts + form.class_counts
        form = replace(form, class_counts=counts)
        weights = form.targets.weigh(class_weight, targets, counts, weights)
        if not weights.any():
            raise ValueError(
                f"class_weight={brief(class_weight)} times sample_weight: all samples have "
                "weight 0."
            )
    of_weighted = form.targets.weighted(targets, weights, not is_new)
    return targets, weights, replace(form, targets=of_weighted)


def encoded(estimator, X, y, weights, form):
    """Return X, targets and weights of some of the samples that a form was learnt of."""
    targets = form.targets.encode(y, form.dtype)
    if form.class_counts is not None:
        class_weight = estimator.class_weight
        weights = form.targets.weigh(class_weight, targets, form.class_counts, weights)
    return rows_with_weight(X, targets, weights)


def _check_pair(estimator, X, y, classes, known):
    """Return X and y, checked, and their form."""
    X, y, names = check_arrays(estimator, X, y, known)
    blocks = resolve_feature_groups(estimator.feature_groups, X.shape[1], names)
    if known is None:
        targets = estimator._targets.of(y, classes)
        return X, y, Form(X.shape[1], names, X.dtype.name, blocks, targets)
    targets = known.targets.again(estimator._targets, classes)
    return X, y, replace(known, blocks=blocks, targets=targets)


def check_arrays(estimator, X, y, known):
    """Return X as it is trained on, y as it is read, both checked, and the names of the columns.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    X, y
        As ``fit`` takes them.
    known : Form or None
        What X must agree with.
    """
    reader = copy(estimator)
    if known is not None:
        vars(reader).pop("feature_names_in_", None)
        reader.n_features_in_ = known.n_features
        if known.feature_names is not None:
            reader.feature_names_in_ = known.feature_names
    wanted = [np.float64, np.float32] if estimator.dtype is None else [estimator.dtype]
    wanted = wanted if known is None else [known.dtype]
    numbers = y if is_regressor(estimator) else None
    with naming_columns(X, numbers), np.errstate(over="ignore", invalid="ignore"):
        X, y = validate_data(
            reader,
            X,
            estimator._targets.plain(y),
            accept_sparse="csr",
            dtype=[*wanted, *NARROW],
            order="C",
            multi_output=True,
            y_numeric=is_regressor(estimator),
            reset=known is None,
        )
    X = as_trained_on(X, X.dtype if X.dtype in wanted else wanted[0])
    return X, estimator._targets.read(y), getattr(reader, "feature_names_in_", None)


def hold_out(estimator, X, targets, weights, form, rng):
    """Return the training part, and the held-out part as a HeldOut."""
    fraction = estimator.validation_fraction
    try:
        rows, held_out = train_test_split(
            np.arange(len(targets)),
            test_size=fraction,
            random_state=rng,
            stratify=form.targets.strata(targets),
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True: validation_fraction={fraction} of the samples cannot be held "
            f"out: {error}"
        ) from error
    X_val, targets_val = X[held_out], targets[held_out]
    weights_val = None if weights is None else weights[held_out]
    weights = None if weights is None else weights[rows]
    held_out = HeldOut(X_val, targets_val, weights_val)
    _check_held_out(estimator, held_out, form)
    return X[rows], targets[rows], weights, held_out
