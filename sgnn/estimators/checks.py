"""What is refused and what is warned of; nothing here changes an estimator."""

import sys
from numbers import Integral

import numpy as np
from scipy import sparse

from sgnn._common.private_sklearn import _check_sample_weight, _fit_and_score
from sgnn._common.warnings import (
    SgnnConvergenceWarning,
    SgnnDataConversionWarning,
    SgnnDenseWarning,
    warn,
)
from sgnn._common.words import brief
from sgnn.networks.activations import ACTIVATIONS
from sgnn.penalties import get_penalty
from sgnn.penalties.strengths import check_numbers, unpenalised_layers
from sgnn.proximal._registry import SOLVERS
from sgnn.training.rows import Rows
from sgnn.training.shard import Shard
from sgnn.training.stream import Stream

_WILD_RATIO = 1e3
_USUAL_MAGNITUDES = 1e-2, 50.0
_WILD_OFFSET = 5.0


def check_types(estimator):
    """Raise a ValueError unless types and ranges of the parameters are right, as `fit` does."""
    estimator._validate_params()


def check_parameters(estimator):
    """Raise ValueError or TypeError unless the parameters are valid, without data."""
    ACTIVATIONS[estimator.activation]
    SOLVERS[estimator.solver]
    for penalty in get_penalty(estimator.penalty):
        penalty.pieces()
        check_numbers(penalty)
    check_device(estimator.device)
    if not SOLVERS[estimator.solver].has_rate:
        _check_for_fixed_objective(estimator)
    check_hidden_layer_sizes(estimator.hidden_layer_sizes)


def takes_parts(estimator):
    """Return whether data may come in parts; an unknown solver is left to `partial_fit`.

    Raises
    ------
    ValueError
        If they may not. Who asks for `partial_fit` sees it as the cause of an AttributeError.
    """
    solver = estimator.solver
    if solver in SOLVERS and not SOLVERS[solver].has_rate:
        raise ValueError(
            f"solver={solver!r} needs all data at once: partial_fit takes 'adam' or 'sgd'."
        )
    return True


def _check_for_fixed_objective(estimator):
    """Raise a ValueError for what changes the objective from epoch to epoch."""
    name = f"solver={estimator.solver!r}"
    if estimator.input_dropout:
        raise ValueError(
            f"input_dropout={estimator.input_dropout!r} changes the data in each epoch, but {name} "
            "needs the same ones: set it to 0, or take solver='adam' or 'sgd'."
        )
    for penalty in get_penalty(estimator.penalty):
        if penalty.warm_up:
            raise ValueError(
                f"{type(penalty).__name__}: warm_up={penalty.warm_up} changes the objective in "
                f"each epoch, but {name} needs the same one: set it to 0, or take solver='adam' or "
                "'sgd'."
            )


def check_hidden_layer_sizes(sizes):
    """Return the hidden layer sizes as a tuple of int.

    Raises
    ------
    ValueError
        If an entry is not a positive integer.
    """
    as_tuple = tuple(sizes) if np.iterable(sizes) else (sizes,)
    kinds = (isinstance(size, Integral) and not isinstance(size, bool) for size in as_tuple)
    if not (all(kinds) and all(1 <= size <= sys.maxsize for size in as_tuple)):
        raise ValueError(
            f"hidden_layer_sizes must hold integers from 1 to {sys.maxsize}; got {brief(sizes)}."
        )
    return tuple(int(size) for size in as_tuple)


def check_device(device):
    """Raise a ValueError if torch cannot compute on a device."""
    import torch

    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device={device!r} cannot be used; it must be 'cpu' or one that torch finds, such "
            f"as 'cuda' or 'cuda:0' ({reason})."
        ) from error


def check_warm_up(estimator):
    """Raise a ValueError if the strength of a penalty is still rising at the end of a fit."""
    for penalty in get_penalty(estimator.penalty):
        if penalty.warm_up > estimator.max_iter:
            raise ValueError(
                f"{type(penalty).__name__}: warm_up={penalty.warm_up} epochs are more than "
                f"max_iter={estimator.max_iter}; the penalty would never have its full strength."
            )


def check_weights(sample_weight, X, dtype=np.float64):
    """Return the sample weights as an array, None for None.

    Raises
    ------
    ValueError
        If the shape is wrong, a weight is negative or not finite, or all are zero.
    """
    if sample_weight is None:
        return None
    return _check_sample_weight(sample_weight, X, dtype=dtype, ensure_non_negative=True)


def column_magnitudes(X):
    """Return the largest absolute value of each column."""
    low, high = column_ends(X)
    return np.maximum(high, -low)


def column_ends(X):
    """Return the least and the largest value of each column."""
    if isinstance(X, (Rows, Shard, Stream)):
        return X.column_ends()
    if sparse.issparse(X):
        return tuple(end(axis=0).toarray().ravel() for end in (X.min, X.max))
    return X.min(axis=0), X.max(axis=0)


def warn_if_badly_scaled(X, ends):
    """Warn when one learning rate cannot fit all columns, or the usual one hardly any.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
    ends : tuple of two ndarray of shape (n_features,)
        As :func:`column_ends` returns them, of X or of all data so far.
    """
    low, high = (end.astype(np.float64) for end in ends)
    magnitudes = np.maximum(high, -low)
    used = magnitudes[magnitudes > 0]
    if not used.size:
        return
    typical = np.median(used)
    if used.max() / _WILD_RATIO > used.min():
        problem = (
            f"The columns of X reach magnitudes from {used.min():.3g} to {used.max():.3g}; neither "
            "the learning rate nor the penalty can suit all"
        )
    elif not _USUAL_MAGNITUDES[0] <= typical <= _USUAL_MAGNITUDES[1]:
        problem = (
            f"The columns of X reach magnitudes of about {typical:.3g}; the learning rate and the "
            "penalty are made for unit scale"
        )
    elif (offset := _typical_offset(low, high)) > _WILD_OFFSET:
        problem = f"The columns of X are about {offset:.3g} times further from 0 than they vary"
    else:
        return
    warn(f"{problem}: {advice_to_scale(X)}.")


def advice_to_scale(X):
    """Return what to do about the scale of X; centring would fill a sparse one."""
    scaler = "MaxAbsScaler" if sparse.issparse(X) else "StandardScaler"
    return f"scale X first, for instance with sklearn.preprocessing.{scaler}"


def warn_if_column(y):
    """Warn when targets of one dimension are given as a column."""
    shape = np.asarray(y).shape
    if len(shape) == 2 and shape[1] == 1:
        message = "A column-vector y was passed when a 1d array was expected: give y.ravel()."
        warn(message, SgnnDataConversionWarning)


def _typical_offset(low, high):
    """Return how far columns reach from 0, in halves of their widths; 0 if all are constant."""
    varies = high > low
    if not varies.any():
        return 0.0
    low, high = low[varies], high[varies]
    return np.median(2 * np.maximum(high, -low) / (high - low))


def warn_if_unpenalised(problem, sizes):
    """Warn when weights without penalty can take over what the penalised ones lose."""
    if not problem.has_penalty or len(sizes) <= 2 or problem.l2:
        return
    layers = unpenalised_layers(problem.penalties, sizes)
    if layers:
        warn(
            f"Layers {layers} of weights are not penalised, or only in part: the penalty can be "
            "made small by scaling the other weights down and these up. Set l2 > 0, for instance "
            "l2=1e-4."
        )


def warn_of_nothing_removed(alpha):
    """Warn that the penalty left all weights, with a strength that was given.

    Nothing is said of the candidates of a search, but of the one that it chooses.
    """
    if _is_of_candidate():
        return
    warn(
        f"The penalty took nothing away: raise alpha={alpha!r}, or leave alpha='auto'. What "
        "MLPClassifier and MLPRegressor call alpha, the strength of the ridge, is l2 here.",
        SgnnDenseWarning,
    )


def _is_of_candidate():
    """Whether a search fits one of its candidates."""
    frame = sys._getframe()
    while frame is not None and frame.f_code is not _fit_and_score.__code__:
        frame = frame.f_back
    return frame is not None and frame.f_locals["candidate_progress"] is not None


def warn_of_too_few_epochs(estimator, histories):
    """Warn that training was cut short, in one of its runs."""
    cut_short = [history for history in histories if not history.converged]
    limit = f"max_iter={estimator.max_iter} epochs were over"
    if any(len(history.loss) < estimator.max_iter for history in cut_short):
        limit = f"max_fun={estimator.max_fun} gradients were used up"
    warn(
        f"The objective still changed by more than tol={estimator.tol} when {limit}.",
        SgnnConvergenceWarning,
    )


def warn_of_worse_than_constant(what, learning_rate_init):
    """Warn that something has a larger training loss than the best constant."""
    warn(
        f"The training loss of {what} is above that of the best constant: lower learning_rate_init="
        f"{learning_rate_init!r}, or raise max_iter."
    )


def resolve_feature_groups(feature_groups, n_features, feature_names):
    """Number the block of each input.

    Parameters
    ----------
    feature_groups : None or list of lists of int or str
        Inputs that stand or fall together; inputs that are not named stand alone.
    n_features : int
    feature_names : ndarray of str or None

    Returns
    -------
    ndarray of int, shape (n_features,), or None
        Blocks numbered from 0.

    Raises
    ------
    ValueError
        If an input is unknown or in two groups.
    """
    if feature_groups is None:
        return None
    positions = {
        name: index for index, name in enumerate(() if feature_names is None else feature_names)
    }
    block = np.full(n_features, -1)
    for number, group in enumerate(feature_groups):
        if isinstance(group, (str, bytes)) or not np.iterable(group):
            raise ValueError(
                "feature_groups must be a list of lists of columns; entry "
                f"{number} is {brief(group)}."
            )
        for column in group:
            index = _column_index(column, n_features, positions)
            if block[index] >= 0:
                raise ValueError(
                    f"feature_groups: column {column!r} is named twice; groups must not overlap."
                )
            block[index] = number
    alone = block < 0
    block[alone] = len(feature_groups) + np.arange(alone.sum())
    return np.unique(block, return_inverse=True)[1]


def _column_index(column, n_features, positions):
    if isinstance(column, str):
        if column not in positions:
            known = f"columns are {brief([*positions])}" if positions else "X has no column names"
            raise ValueError(f"feature_groups: there is no column {brief(column)}; {known}.")
        return positions[column]
    if isinstance(column, (bool, np.bool_)):
        raise ValueError(
            f"feature_groups: columns are names or integers, not masks; got {column!r}. Give "
            "np.flatnonzero(mask)."
        )
    if not isinstance(column, Integral) or not 0 <= column < n_features:
        raise ValueError(
            f"feature_groups: columns are names or integers from 0 to {n_features - 1}; "
            f"got {column!r}."
        )
    return int(column)
