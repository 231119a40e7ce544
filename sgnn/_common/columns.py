"""What of a table is no number."""

from contextlib import contextmanager, suppress

import numpy as np
from scipy import sparse

from sgnn._common.private_sklearn import _safe_indexing
from sgnn._common.words import brief, cut

_NUMBERS = "fiubc"


@contextmanager
def naming_columns(X, y=None):
    """Let a refusal of what is no number say where it is: the column of X, or y if these are given.

    Columns are told by name in a DataFrame, else by index.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        place = next(_places(X, y), None)
        if place is None:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{place}, which is no number: {cut(str(error), 200)}") from error


def _places(X, y):
    """Yield a few words for each column that holds something else than numbers."""
    for name, column in _columns(X):
        yield from (f"X: column {brief(name)} holds {brief(value)}" for value in _others(column))
    if y is not None and not sparse.issparse(y):
        try:
            values = np.asarray(y)
        except ValueError:  # Rows of different lengths.
            return
        if values.dtype.kind not in (*_NUMBERS, "V"):  # Void is of structured arrays.
            values = values.ravel().astype(object)
            yield from (f"y holds {brief(value)}" for value in _others(values))


def _columns(X):
    """Yield name and values of the columns of a table that may be no numbers."""
    if hasattr(X, "columns"):
        columns = ((name, _safe_indexing(X, i, axis=1)) for i, name in enumerate(X.columns))
        yield from ((a, b) for a, b in columns if np.asarray(b).dtype.kind not in _NUMBERS)
    elif not sparse.issparse(X):
        try:
            table = np.asarray(X)
        except ValueError:  # Rows of different lengths.
            return
        if table.ndim == 2 and table.dtype.kind not in _NUMBERS:
            yield from enumerate(np.asarray(X, dtype=object).T)


def _others(values):
    """Yield the values that cannot be converted to numbers."""
    with suppress(ValueError, TypeError):
        np.array([*values], dtype=object).astype(float)
        return
    yield from (value for value in values if not _is_number(value))


def _is_number(value):
    try:
        float(np.nan if value is None else value)
    except (ValueError, TypeError):
        return False
    return True
