"""What of a table is no number."""

from contextlib import contextmanager

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing

from sgnn._common.words import brief, cut

_NUMBERS = "fiub"


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
        if not _is_number(column):
            yield f"X: column {brief(name)} holds {brief(_first(column))}"
    if y is not None and not sparse.issparse(y):
        values = np.asarray(y)
        if values.dtype.kind not in _NUMBERS and not _is_number(values.ravel()):
            yield f"y holds {brief(_first(values.ravel().astype(object)))}"


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


def _first(values):
    return next(value for value in values if not _is_number([value]))


def _is_number(values):
    try:
        np.array([*values], dtype=object).astype(float)
    except (ValueError, TypeError):
        return False
    return True
