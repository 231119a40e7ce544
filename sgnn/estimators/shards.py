"""Training data of which each of several processes has a part."""

from dataclasses import replace

import numpy as np

from sgnn.estimators.checks import check_weights, column_ends, resolve_feature_groups
from sgnn.estimators.data import (
    Checked,
    Form,
    check_arrays,
    encoded,
    given_held_out,
    hold_out,
    learn_of_targets,
)
from sgnn.estimators.moments import Moments
from sgnn.training.shard import Shard


def check_shard(estimator, X, y, sample_weight, X_val, y_val, *, rng, group):
    """Check the samples of this process, and learn the form of those of all.

    Parameters
    ----------
    estimator, X, y, sample_weight, X_val, y_val, rng
        As for :func:`check_data`; the samples of this process.
    group : Together

    Returns
    -------
    Checked
        Its X is a Shard, and so knows the targets of this process; the targets are those of all.

    Raises
    ------
    ValueError, TypeError
        If the data are invalid, or of other columns or types than those of the other processes.
    """
    X, y, names = check_arrays(estimator, X, y, None)
    weights = check_weights(sample_weight, X, X.dtype)
    names_told = None if names is None else [*names]
    told = X.shape[1], X.dtype.name, names_told, weights is None, estimator.checkpoint is None
    for other in group.gather(told):
        if other != told:
            raise ValueError(
                "data_parallel=True: X must have the same columns, names and data type in all "
                "processes, and sample_weight and checkpoint be given in all or none; here it has "
                f"{told[0]} columns of {told[1]}, elsewhere {other[0]} of {other[1]}."
            )
    blocks = resolve_feature_groups(estimator.feature_groups, X.shape[1], names)
    of_all = _joined(group, y)
    form = Form(X.shape[1], names, X.dtype.name, blocks, estimator._targets.of(of_all))
    *_, form = learn_of_targets(estimator, of_all, _joined(group, weights), form, is_new=True)
    loss = form.targets.loss
    if not loss.separable:
        raise ValueError(
            f"loss={loss!r}: the loss of a sample depends on all others, so that they cannot be in "
            "several processes; set data_parallel=False."
        )
    X, targets, weights = encoded(estimator, X, y, weights, form)
    loss.check(targets)
    held_out = given_held_out(estimator, X_val, y_val, form)
    if held_out is None and estimator.early_stopping:
        X, targets, weights, held_out = hold_out(estimator, X, targets, weights, form, rng)
    low, high = zip(*group.gather(column_ends(X)), strict=True)
    ends = np.min(low, axis=0), np.max(high, axis=0)
    targets_of_all, weights_of_all = _joined(group, targets), _joined(group, weights)
    moments = Moments.of(targets_of_all, weights_of_all)
    form = replace(form, moments=moments, column_ends=ends)
    X = Shard(X, targets, weights, ends)
    return Checked(X, targets_of_all, weights_of_all, held_out, form)


def _joined(group, array):
    """Return the arrays of all processes as one, None for None."""
    return None if array is None else np.concatenate(group.gather(array))
