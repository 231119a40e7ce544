"""Docstrings that take parts over from others: each paragraph is written once.

In the docstring of a class ::

    tol, momentum
        As in :class:`Base`.

is replaced by the entries of ``tol`` and ``momentum`` in the docstring of ``Base``, so that each
parameter has an entry of its own; ``tol, ..., momentum`` is all from one to the other. A section
whose whole text is ``As in :class:`Base`.`` is replaced by that section.
"""

import re
from collections.abc import Callable
from inspect import cleandoc, getdoc
from typing import TypeVar

T = TypeVar("T")
_SECTION = re.compile(r"^(\S.*)\n(-+)\n", re.MULTILINE)
_AS_IN = re.compile(r"As in :(?:class|func):`~?[\w.]+`\.")


def takes_over(*sources: object) -> Callable[[type[T]], type[T]]:
    """Return a class decorator that fills in what the docstring takes over from others.

    Parameters
    ----------
    *sources : class or function
        Whose docstrings have the parts, the first that has one counts.
    """

    def decorate(cls: type[T]) -> type[T]:
        of_sources = [_sections(getdoc(source)) for source in sources]
        text, sections = _sections(cleandoc(cls.__doc__))
        parts = [text]
        for title, body in sections.items():
            there = [other[title] for _, other in of_sources if title in other]
            parts.append(f"{title}\n{'-' * len(title)}\n{_filled(body, there)}")
        cls.__doc__ = "\n\n".join(parts) + "\n"
        return cls

    return decorate


def entries(section):
    """Return the entries of a section, by the names before the colon.

    Parameters
    ----------
    section : str

    Returns
    -------
    dict of str to str
    """
    parts = re.split(r"^(?=\S)", section, flags=re.MULTILINE)
    return {part.partition("\n")[0].partition(" : ")[0]: part.rstrip() for part in parts if part}


def _sections(doc):
    """Return the text before the first section, and the sections by title."""
    text, *parts = _SECTION.split(doc)
    titles, bodies = parts[::3], parts[2::3]
    return text.strip(), dict(zip(titles, (body.strip() for body in bodies), strict=True))


def _filled(body, sources):
    if not _AS_IN.search(body):
        return body
    if sources and _AS_IN.fullmatch(body):
        return sources[0]
    known = [entries(source) for source in sources]
    filled = []
    for head, entry in entries(body).items():
        first, _, rest = entry.partition("\n")
        names = head.split(", ")
        found = [of for of in known if {*names} - {"..."} <= {*of}]
        is_taken = head == first and found and _AS_IN.fullmatch(rest.strip())
        filled += _taken(names, found[0]) if is_taken else [entry]
    return "\n".join(filled)


def _taken(names, known):
    """Return the entries of some names; an ellipsis is all between its neighbours."""
    order, taken = list(known), []
    for before, name, after in zip([None, *names], names, [*names[1:], None], strict=False):
        between = order[order.index(before) + 1 : order.index(after)] if name == "..." else [name]
        taken += between
    return [known[name] for name in taken]
