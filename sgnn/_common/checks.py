"""Checks of the parameters of penalties and losses."""

from numbers import Integral

import numpy as np

from sgnn._common.words import check_plain


def check_interval(owner, name, low, high=float("inf"), closed="both", integer=False):
    """Raise unless a parameter is a number between two bounds.

    Parameters
    ----------
    owner : object
        Whose parameter it is.
    name : str
    low, high : float
    closed : {"both", "neither", "left", "right"}, default="both"
        Which bounds belong to the interval.
    integer : bool, default=False
        Whether the number must be an integer.
    """
    value = getattr(owner, name)
    kind = "an integer" if integer else "a number"
    where = f"{type(owner).__name__}: {name} must be {kind}"
    plain = Integral if integer else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, plain):
        raise TypeError(f"{where}; got {value!r} of type {type(value).__name__}.")
    check_plain(f"{type(owner).__name__}: {name}", value)
    above = low <= value if closed in ("both", "left") else low < value
    below = value <= high if closed in ("both", "right") else value < high
    if not (above and below):
        left = "[" if closed in ("both", "left") else "("
        right = "]" if closed in ("both", "right") else ")"
        raise ValueError(f"{where} in {left}{low}, {high}{right}; got {value!r}.")
