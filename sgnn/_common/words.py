"""Words of refusals: short ones, whatever is refused."""

import re
import sys
from collections.abc import Callable
from functools import wraps
from traceback import walk_tb
from typing import Any, TypeVar, cast

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
_LIMIT = 480
_PLACES = re.compile(r"'sgnn\.(?:\w+\.)*(\w+)'")


def brief(value, limit=80):
    """Return the representation of a value, without its middle where it is long.

    Parameters
    ----------
    value : object
    limit : int, default=80
        Characters at most.
    """
    try:
        words = " ".join(repr(value).split())
    except ValueError:
        words = f"<{type(value).__name__} of too many digits>"
    return cut(words, limit)


def cut(words, limit):
    """Return words without their middle where they are long."""
    half = limit // 2
    return words if len(words) <= limit else f"{words[:half]} ... {words[5 - half :]}"


def check_plain(name, value):
    """Raise unless a number is an int or a float, of Python or numpy, and a float can hold it."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        kind = type(value).__name__
        raise TypeError(
            f"{name} must be a number of Python or numpy; got {brief(value)} of type {kind}."
        )
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise ValueError(f"{name} must be a number that a float can hold; got {brief(value)}.")


def refuses(function: F) -> F:
    """Let a function refuse by a ValueError or TypeError of less than 500 characters.

    A longer one keeps its class, such as scikit-learn's InvalidParameterError, and its attributes;
    so does one that names a class of ours by its module, which is then named as users import it.
    A number that no float can hold is one more ValueError. What callbacks raise stays as it is.
    """

    @wraps(function)
    def refusing(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (ValueError, TypeError, OverflowError) as error:
            words = _PLACES.sub(r"\1", str(error))
            is_short = len(words) < _LIMIT and words == str(error)
            if is_of_callback(error) or (type(error) is not OverflowError and is_short):
                raise
            if isinstance(error, OverflowError):
                words = f"A number of the data or parameters is too large for a float: {words}."
                raise ValueError(cut(words, _LIMIT)) from error
            raise _like(error, cut(words, _LIMIT)) from error

    return cast(F, refusing)


def _like(error, words):
    """Return an error like another, of its class and with its attributes, in other words."""
    kind = type(error)
    other = kind.__new__(kind)
    vars(other).update(vars(error))
    other.args = (words,)
    return other


def is_of_callback(error):
    """Whether an error comes from a callback of the user."""
    return _has_passed(error, "sklearn.callback")


def is_of_batches(error):
    """Whether an error comes from the batches of the user."""
    return _has_passed(error, "sgnn.estimators.batches")


def _has_passed(error, module):
    names = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    return any(name.startswith(module) for name in names)
