"""Paragraphs that several docstrings share: each stands once, and in holes of the others."""

from inspect import cleandoc


def fill(**paragraphs):
    """Return a class decorator that puts paragraphs into the ``{holes}`` of a docstring.

    Parameters
    ----------
    **paragraphs : str
        What stands in for ``{name}``; other braces stay.
    """

    def decorate(cls):
        cls.__doc__ = cleandoc(cls.__doc__)
        for name, text in paragraphs.items():
            cls.__doc__ = cls.__doc__.replace(f"{{{name}}}", text.strip())
        return cls

    return decorate
