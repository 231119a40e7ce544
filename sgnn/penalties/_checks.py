"""Checks of the parameters of penalties."""

from numbers import Real


def check_groups(penalty, allowed):
    if penalty.groups not in allowed:
        names = ", ".join(repr(name) for name in allowed)
        raise ValueError(
            f"{type(penalty).__name__}: groups must be one of {names}; got {penalty.groups!r}."
        )
    if not isinstance(penalty.size_scaling, bool):
        raise TypeError(
            f"{type(penalty).__name__}: size_scaling must be True or False; "
            f"got {penalty.size_scaling!r}."
        )


def check_interval(penalty, name, low, high=float("inf"), closed="both"):
    value = getattr(penalty, name)
    where = f"{type(penalty).__name__}: {name} must be a number"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{where}; got {value!r} of type {type(value).__name__}.")
    inside = low <= value <= high if closed == "both" else low < value < high
    if not inside:
        span = f"[{low}, {high}]" if closed == "both" else f"({low}, {high})"
        raise ValueError(f"{where} in {span}; got {value!r}.")
