"""Which classes of units stay, and why."""

import torch


class Kept:
    """The classes of units that something depends on.

    A class stays if it is frozen, or if a layer of which an output stays weighs it, by a weight
    that is not zero, and it is no constant that can move into the bias of that layer. Then all
    others can go at once, but where as many must stay in each row. One unit of each axis stays.

    Parameters
    ----------
    trace : Trace

    Attributes
    ----------
    reasons : dict of int to str
        The classes that stay, and why.
    """

    def __init__(self, trace):
        self._trace, self._roots = trace, trace.classes.roots()
        self._stays = torch.zeros(len(self._roots), dtype=torch.bool)
        self.reasons = {}
        for unit, reason in trace.classes.frozen.items():
            self._keep(unit, reason)
        self._settle()
        for units in trace.classes.axes.values():
            if not self.mask(units).any():
                self._keep(units.ravel()[0], "it is the last unit")
                self._settle()

    def mask(self, units):
        """Return which of some units stay."""
        return self._stays[self._roots[units]]

    def reason(self, unit):
        """Return why a unit stays."""
        return self.reasons[int(self._roots[unit])]

    def _keep(self, unit, reason):
        root = int(self._roots[unit])
        self._stays[root] = True
        self.reasons.setdefault(root, reason)

    def _settle(self):
        """Add what those that stay ask for."""
        self._close()
        while any([self._make_even(even) for even in self._trace.evens]):
            self._close()

    def _make_even(self, even):
        """Keep one more unit in each row that has too few; return whether there was any."""
        masks = [self.mask(table) for table in even.tables]
        alive = torch.stack([mask.any(1) for mask in masks]).any(0) | (not even.rows_go)
        rows = alive.nonzero()[:, 0].tolist()
        missing = []
        for table, mask in zip(even.tables, masks, strict=True):
            counts = mask.sum(1)
            least = counts.max().clamp(min=1)
            missing += [table[row][~mask[row]][0] for row in rows if counts[row] < least]
        for unit in missing:
            self._keep(unit, even.reason)
        return bool(missing)

    def _close(self):
        """Add the classes that those that stay depend on."""
        n_before = -1
        while n_before < len(self.reasons):
            n_before = len(self.reasons)
            for reader in self._trace.readers:
                read = reader.nonzero[self.mask(reader.outputs)].any(0) & ~reader.folds
                read &= ~self.mask(reader.flow.units)
                for index in read.nonzero()[:, 0].tolist():
                    is_constant = reader.flow.constants[index].isfinite()
                    reason = reader.why_not if is_constant else f"{reader.weight} depends on it"
                    self._keep(reader.flow.units[index], reason)
