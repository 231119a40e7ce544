"""Training data of which each of several processes has a part."""

from dataclasses import replace

import numpy as np

from sgnn._common.fingerprints import fingerprint
from sgnn._common.words import brief
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
from sgnn.estimators.labels import joined_targets
from sgnn.estimators.moments import Moments
from sgnn.training.shard import Shard

#: Parameters that may differ between the processes.
_OWN = {"checkpoint", "n_threads", "random_state", "verbose"}


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
    told = {
        "the kind of estimator": type(estimator).__name__,
        "the number of columns of X": X.shape[1],
        "the data type of X": X.dtype.name,
        "the names of the columns of X": names,
        "whether sample_weight is given": weights is not None,
        "whether X_val is given": X_val is not None,
        "whether checkpoint is given": estimator.checkpoint is not None,
        "whether a warm start goes on": estimator.warm_start and hasattr(estimator, "network_"),
    }
    parameters = estimator.get_params(deep=False)
    _check_same(group, told | {n: v for n, v in parameters.items() if n not in _OWN})
    blocks = resolve_feature_groups(estimator.feature_groups, X.shape[1], names)
    of_all = joined_targets(group.gather(y), "processes")
    form = Form(X.shape[1], names, X.dtype.name, blocks, estimator._targets.of(of_all))
    *_, form = learn_of_targets(estimator, of_all, _joined(group, weights), form, is_new=True)
    loss = form.targets.loss
    if not loss.separable:
        raise ValueError(
            f"loss={loss!r}: the loss of a sample depends on all others, so that they cannot be in "
            "several processes; set data_parallel=False."
        )
    X, targets, weights = encoded(estimator, X, y, weights, form)
    if not len(targets):
        raise ValueError(
            "data_parallel=True: all samples of this process have weight 0, by sample_weight or "
            "class_weight; each process needs some that count."
        )
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


def _check_same(group, told):
    """Raise a ValueError unless all processes tell the same, which names what they do not."""
    here = {name: (fingerprint(value), brief(value)) for name, value in told.items()}
    for there in group.gather(here):
        for name, (value, words) in here.items():
            other, other_words = there.get(name, (None, "missing"))
            if value != other:
                raise ValueError(
                    f"data_parallel=True: {name} must be the same in all processes; here it is "
                    f"{words}, elsewhere {other_words}."
                )


def _joined(group, array):
    """Return the arrays of all processes as one, None for None."""
    return None if array is None else np.concatenate(group.gather(array))
