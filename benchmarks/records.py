"""Records of a benchmark: chosen, grouped and averaged."""

from functools import reduce
from operator import getitem

import numpy as np


class Records(tuple):
    """Records of a benchmark, in order.

    A tuple of dicts: a case, and what was measured. A *path* below is a key of a record and, where
    a record nests, the keys and places that lead on from there.

    Parameters
    ----------
    records : iterable of dict, default=()
    """

    __slots__ = ()

    def where(self, /, **values):
        """Return the records with these values; one that lacks a key is not among them."""
        wanted = values.items()
        return Records(
            record
            for record in self
            if all(key in record and record[key] == value for key, value in wanted)
        )

    def distinct(self, key):
        """Return the values of a key, each once, in order."""
        return list(dict.fromkeys(record[key] for record in self))

    def by(self, *keys):
        """Group by the first key, each group by the second, and so on.

        Yields
        ------
        *values, records
            What the records of a group have for the keys, and these records.
        """
        if not keys:
            yield (self,)
            return
        first, *others = keys
        for value in self.distinct(first):
            for group in self.where(**{first: value}).by(*others):
                yield value, *group

    def values(self, *path):
        """Return what stands at a path, an array with a row for each record."""
        return np.array([reduce(getitem, path, record) for record in self])

    def mean(self, *path):
        """Return the mean over records, entry by entry where a list stands at the path."""
        return np.mean(self.values(*path), axis=0)

    def median(self, *path):
        """Return the median over records, entry by entry where a list stands at the path."""
        return np.median(self.values(*path), axis=0)
