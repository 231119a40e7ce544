"""What goes wrong in the engine, in one sentence that says what to change."""

from contextlib import contextmanager
from numbers import Real

import numpy as np

from sgnn._common.words import brief, is_of_batches, is_of_callback
from sgnn.estimators.checks import advice_to_scale, column_magnitudes
from sgnn.penalties import get_penalty

_LARGE_MAGNITUDE, _LARGE_ALPHA, _LARGE_RATE, _LARGE_STEP = 1e2, 1e10, 0.1, 1
_LARGE_NUMBER, _LARGE_POWER = 1e6, 4
_OUT_OF_MEMORY = "alloc", "out of memory", "enough memory", "array is too big", "dimension exceeded"


@contextmanager
def explained(estimator, X):
    """Turn what the engine raises into a ValueError, or a MemoryError, that says what to change.

    Nothing that numpy warns of comes out: what is not finite in the end is refused.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    X : ndarray, CSR, Rows or Stream of shape (n_samples, n_features)
    """
    try:
        with np.errstate(all="ignore"):
            yield
    except Exception as error:
        if is_of_callback(error) or is_of_batches(error):
            raise
        if _is_of_memory(error):
            raise MemoryError(_of_memory(estimator, X)) from error
        if isinstance(error, FloatingPointError):
            raise ValueError(
                f"Training stopped: the objective is no longer finite; {_advice(estimator, X)}."
            ) from error
        if isinstance(error, (RuntimeError, ArithmeticError, LookupError, AttributeError)):
            raise ValueError(_of_the_rest(estimator, X, error)) from error
        raise


def _is_of_memory(error):
    words = str(error).lower()
    by_words = isinstance(error, (RuntimeError, ValueError)) and any(
        part in words for part in _OUT_OF_MEMORY
    )
    return isinstance(error, MemoryError) or by_words


def _of_memory(estimator, X):
    return (
        f"Out of memory: hidden_layer_sizes={brief(estimator.hidden_layer_sizes)} on {X.shape[0]} "
        f"samples of {X.shape[1]} features in {X.dtype}, batch_size={estimator.batch_size!r}. Take "
        "fewer units, or smaller batches."
    )


def _advice(estimator, X):
    rate = estimator.learning_rate_init
    return ", and ".join(_unusual(estimator, X)) or f"lower learning_rate_init={rate!r}"


def _unusual(estimator, X):
    """Return what to change: a list of all that is out of the usual range."""
    causes, rate = [], estimator.learning_rate_init
    largest = column_magnitudes(X).max(initial=0)
    if largest > _LARGE_MAGNITUDE:
        causes.append(f"the columns of X reach {largest:.3g}: {advice_to_scale(X)}")
    penalties = get_penalty(estimator.penalty) if estimator.alpha else []
    if penalties and isinstance(estimator.alpha, Real) and estimator.alpha > _LARGE_ALPHA:
        causes.append(f"lower alpha={estimator.alpha!r}")
    if estimator.l2 * rate > _LARGE_STEP:
        causes.append(f"lower l2={estimator.l2!r}")
    causes += [
        f"take less extreme values in penalty={brief(penalty)}"
        for penalty in penalties
        if _is_extreme(penalty)
    ]
    if rate > _LARGE_RATE:
        causes.append(f"lower learning_rate_init={rate!r}")
    return causes


def _is_extreme(penalty):
    """Whether a number of a penalty is far from 1, or the power of adaptive weights large."""
    layers = [] if isinstance(penalty.layers, str) else penalty.layers
    numbers = [one for one in [*vars(penalty).values(), *layers] if isinstance(one, Real) and one]
    usual = all(1 / _LARGE_NUMBER < one < _LARGE_NUMBER for one in numbers)
    return not usual or penalty.adaptive > _LARGE_POWER


def _of_the_rest(estimator, X, error):
    given = {name: getattr(estimator, name) for name in ("alpha", "l2", "learning_rate_init")}
    values = ", ".join(f"{name}={brief(value, 40)}" for name, value in given.items())
    all_of_them = f"take other values of penalty={brief(estimator.penalty)}, {values}"
    return (
        f"Training stopped: {', and '.join(_unusual(estimator, X)) or all_of_them}, for numbers of "
        f"{X.dtype} ({type(error).__name__}: {brief(str(error))})."
    )
