"""Ctrl-C always goes on to the caller, and takes along what was trained until then."""

from contextlib import contextmanager


def interrupted(trained):
    """Return a KeyboardInterrupt that takes along what was trained until then.

    Parameters
    ----------
    trained : object
        Becomes the attribute `trained` of the exception.

    Returns
    -------
    KeyboardInterrupt
    """
    interrupt = KeyboardInterrupt(
        f"what was trained until then is kept: a {type(trained).__name__}, the attribute `trained` "
        "of this exception."
    )
    interrupt.trained = trained
    return interrupt


@contextmanager
def keeping(trained):
    """Let a KeyboardInterrupt take along what was trained before, see :func:`interrupted`."""
    try:
        yield
    except KeyboardInterrupt:
        raise interrupted(trained) from None
