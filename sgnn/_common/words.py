"""Words of messages."""


def brief(value, limit=80):
    """Return the representation of a value, without its middle where it is long.

    Parameters
    ----------
    value : object
    limit : int, default=80
        Characters at most.
    """
    words = " ".join(repr(value).split())
    if len(words) <= limit:
        return words
    return f"{words[: limit // 2]} ... {words[5 - limit // 2 :]}"
