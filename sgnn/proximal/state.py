"""What an optimiser remembers, told by what it belongs to."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class OptimizerState:
    """The memory of an optimiser between two steps.

    Attributes
    ----------
    numbers : dict of str to number
        What it has once, such as the number of steps.
    of_parameters : dict of str to ndarray of shape (n_parameters,)
        What it has for each entry of the flat buffer.
    of_groups : dict of str to ndarray of shape (n_groups,)
        What it has for each group of its metric.
    """

    numbers: dict = field(default_factory=dict)
    of_parameters: dict = field(default_factory=dict)
    of_groups: dict = field(default_factory=dict)

    def moved(self, old, new, metric):
        """Return the state for other units; what is new to it starts from zero.

        Parameters
        ----------
        old, new : list of ndarray of bool
            The units that it is for, and that it is to be for.
        metric : Groups
            The metric of the optimiser on the full-size network.
        """
        if all(np.array_equal(one, other) for one, other in zip(old, new, strict=True)):
            return self
        here, there = _shared(old, new), _shared(new, old)
        of_parameters = {n: _moved(one, here, there) for n, one in self.of_parameters.items()}
        of_groups = self.of_groups
        if of_groups:
            before, after = (metric.survivors(kept).cpu().numpy() for kept in (old, new))
            here, there = after[before], before[after]
            of_groups = {n: _moved(one, here, there) for n, one in of_groups.items()}
        return OptimizerState(self.numbers, of_parameters, of_groups)


def _moved(array, here, there):
    """Return an array with the entries of another from `here` in the places `there`, two masks."""
    moved = np.zeros(len(there), dtype=array.dtype)
    moved[there] = array[here]
    return moved


def _shared(units, others):
    """Return which parameters of some units are also those of others, along the flat buffer."""
    masks = [other[unit] for unit, other in zip(units, others, strict=True)]
    weights = [np.logical_and.outer(*pair).ravel() for pair in pairwise(masks)]
    return np.concatenate([*weights, *masks[1:]])
