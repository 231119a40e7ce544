"""Warnings of a class of our own, given at the line of the user."""

import sys
import warnings

from sklearn.exceptions import (
    ConvergenceWarning,
    DataConversionWarning,
    UndefinedMetricWarning,
)

_NOT_THE_USER = {"sgnn", "sklearn", "joblib"}


class SgnnWarning(UserWarning):
    """Something that deserves a look: data, parameters or a result."""


class SgnnConvergenceWarning(SgnnWarning, ConvergenceWarning):
    """Training ended before the objective stood still."""


class SgnnDenseWarning(SgnnWarning):
    """A penalty took nothing away."""


class SgnnDataConversionWarning(SgnnWarning, DataConversionWarning):
    """Data were given in another form than they are used in."""


class SgnnInconsistentVersionWarning(SgnnWarning):
    """Something was stored by another version of sgnn than the one that loads it."""


class SgnnUndefinedMetricWarning(SgnnWarning, UndefinedMetricWarning):
    """A score has no value."""


def warn(message, category=SgnnWarning):
    """Warn at the first line outside of sgnn, scikit-learn and joblib.

    Parameters
    ----------
    message : str
    category : type, default=SgnnWarning
    """
    frame, level = sys._getframe(1), 2
    while frame is not None and _package(frame) in _NOT_THE_USER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
