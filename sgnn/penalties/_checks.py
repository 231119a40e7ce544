"""Checks of the parameters of penalties."""

from difflib import get_close_matches

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
