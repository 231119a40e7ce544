"""Checks of the parameters of penalties."""

from difflib import get_close_matches
from numbers import Integral

import numpy as np

from sgnn._common.words import check_plain
from sgnn.groups import AROUND_UNITS


def check_choice(penalty, name, allowed):
    """Raise unless a parameter is one of some names."""
    value = getattr(penalty, name)
    if not (isinstance(value, str) and value in allowed):
        names = ", ".join(repr(choice) for choice in allowed)
        near = get_close_matches(str(value).lower(), allowed, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"{type(penalty).__name__}: {name} must be one of {names}; got {value!r}.{hint}"
        )


def check_groups(penalty, also=()):
    """Raise unless ``groups`` is a structure around units, or one of some more names."""
    check_choice(penalty, "groups", (*AROUND_UNITS, *also))


def check_flag(penalty, name):
    """Raise unless a parameter is True or False."""
    value = getattr(penalty, name)
    if not isinstance(value, bool):
        raise TypeError(f"{type(penalty).__name__}: {name} must be True or False; got {value!r}.")


def check_interval(penalty, name, low, high=float("inf"), closed="both", integer=False):
    """Raise unless a parameter is a number between two bounds.

    Parameters
    ----------
    penalty : Penalty
    name : str
    low, high : float
    closed : {"both", "neither", "left", "right"}, default="both"
        Which bounds belong to the interval.
    integer : bool, default=False
        Whether the number must be an integer.
    """
    value = getattr(penalty, name)
    kind = "an integer" if integer else "a number"
    where = f"{type(penalty).__name__}: {name} must be {kind}"
    plain = Integral if integer else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, plain):
        raise TypeError(f"{where}; got {value!r} of type {type(value).__name__}.")
    check_plain(f"{type(penalty).__name__}: {name}", value)
    above = low <= value if closed in ("both", "left") else low < value
    below = value <= high if closed in ("both", "right") else value < high
    if not (above and below):
        left = "[" if closed in ("both", "left") else "("
        right = "]" if closed in ("both", "right") else ")"
        raise ValueError(f"{where} in {left}{low}, {high}{right}; got {value!r}.")
