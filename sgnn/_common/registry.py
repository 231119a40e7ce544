"""Things by name; an unknown name is refused, and the nearest known one is said."""

from difflib import get_close_matches
from pkgutil import resolve_name


class Registry:
    """Things of one kind by name.

    Parameters
    ----------
    parameter : str
        What the names are given as, for messages.
    entries : dict of str to object
        A str is a place, ``"package.module:attribute"``, which is imported when it is asked for.
    check : callable, default=None
        Raises TypeError for an object that may not be registered.
    """

    def __init__(self, parameter, entries, check=None):
        self._parameter, self._entries, self._check = parameter, dict(entries), check

    def __iter__(self):
        return iter(self._entries)

    def __contains__(self, name):
        return isinstance(name, str) and name in self._entries

    def __getitem__(self, name):
        """Return the thing of a name.

        Raises
        ------
        TypeError
            If `name` is not a str.
        ValueError
            If it is unknown.
        """
        if not isinstance(name, str):
            raise TypeError(f"{self._parameter} must be a str; got {name!r}.")
        if name not in self._entries:
            raise ValueError(f"{self._parameter}={name!r} is unknown; {self._allowed(name)}")
        entry = self._entries[name]
        return resolve_name(entry) if isinstance(entry, str) else entry

    def names(self):
        """Return all names, sorted.

        Returns
        -------
        list of str
        """
        return sorted(self._entries)

    def register(self, name, entry):
        """Add a thing, or its place.

        Raises
        ------
        TypeError
            If `name` is not a str, or `entry` not of the kind.
        ValueError
            If the name is taken.
        """
        if not isinstance(name, str):
            raise TypeError(f"name must be a str; got {name!r}.")
        if name in self._entries:
            taken_by = getattr(self[name], "__name__", self[name])
            raise ValueError(f"The name {name!r} is taken by {taken_by}.")
        if self._check is not None and not isinstance(entry, str):
            self._check(entry)
        self._entries[name] = entry

    def _allowed(self, name):
        near = get_close_matches(name.lower(), self._entries, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        if self._check is not None:
            hint = (
                " A name that another process has registered is unknown here: give the object."
                + hint
            )
        return f"it must be one of {', '.join(self.names())}.{hint}"
