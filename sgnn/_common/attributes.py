"""Attributes that one estimator takes over from another."""


def take_over(target, source, names):
    """Copy some attributes; those that the source does not have are removed.

    Parameters
    ----------
    target, source : object
    names : iterable of str
    """
    for name in names:
        if hasattr(source, name):
            setattr(target, name, getattr(source, name))
        else:
            vars(target).pop(name, None)
