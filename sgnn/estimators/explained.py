"""What goes wrong in the engine, in one sentence that says what to change."""

from contextlib import contextmanager
from numbers import Real

import numpy as np

from sgnn._common.words import brief, is_of_callback
from sgnn.estimators.checks import advice_to_scale, column_magnitudes

_LARGE_MAGNITUDE, _LARGE_ALPHA = 1e2, 1e10
_OUT_OF_MEMORY = "alloc", "out of memory", "enough memory", "array is too big", "dimension exceeded"


@contextmanager
def explained(estimator, X):
    """Turn what the engine raises into a ValueError, or a MemoryError, that says what to change.

    Nothing that numpy warns of comes out: what is not finite in the end is refused.

    Parameters
    ----------
    estimator : SparseMLPClassifier or SparseMLPRegressor
    X : ndarray or CSR of shape (n_samples, n_features)
    """
    try:
        with np.errstate(all="ignore"):
            yield
    except Exception as error:
        if is_of_callback(error):
            raise
        if _is_of_memory(error):
            raise MemoryError(_of_memory(estimator, X)) from error
        if isinstance(error, FloatingPointError):
            raise ValueError(
                f"Training stopped: the objective is no longer finite; {_cause(estimator, X)}."
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


def _cause(estimator, X):
    largest = column_magnitudes(X).max(initial=0)
    if largest > _LARGE_MAGNITUDE:
        return f"the columns of X reach {largest:.3g}: {advice_to_scale(X)}"
    if isinstance(estimator.alpha, Real) and estimator.alpha > _LARGE_ALPHA:
        return f"lower alpha={estimator.alpha!r}"
    return f"lower learning_rate_init={estimator.learning_rate_init!r}"


def _of_the_rest(estimator, X, error):
    given = {name: getattr(estimator, name) for name in ("alpha", "l2", "learning_rate_init")}
    values = ", ".join(f"{name}={brief(value, 40)}" for name, value in given.items())
    return (
        f"Training stopped: penalty={brief(estimator.penalty)}, {values} cannot be computed with "
        f"in {X.dtype}; take less extreme values ({type(error).__name__}: {brief(str(error))})."
    )
