"""What an optimiser remembers, told by what it belongs to."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from sgnn.networks.units import n_products


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
        of_parameters = {n: _of_units(one, old, new) for n, one in self.of_parameters.items()}
        of_groups = self.of_groups
        if of_groups:
            here, there = (metric.survivors(kept).cpu().numpy() for kept in (old, new))
            of_groups = {n: _of_places(one, here, there) for n, one in of_groups.items()}
        return OptimizerState(self.numbers, of_parameters, of_groups)


def _of_places(array, old, new):
    """Return an array for some places, of one for others; both are masks of all."""
    moved = np.zeros(new.sum(), dtype=array.dtype)
    moved[old[new]] = array[new[old]]
    return moved


def _of_units(flat, old, new):
    """Return a flat buffer for the parameters of some units, of one for others, layer by layer."""
    n_old, n_new = ([int(mask.sum()) for mask in masks] for masks in (old, new))
    moved = np.zeros(n_products(n_new) + sum(n_new[1:]), dtype=flat.dtype)
    at, bias, to, bias_to = 0, n_products(n_old), 0, n_products(n_new)
    for before, after in zip(pairwise(old), pairwise(new), strict=True):
        n_in, n_out = (mask.sum() for mask in before)
        rows, columns = (mask.sum() for mask in after)
        (from_rows, to_rows), (from_columns, to_columns) = (
            (there[here], here[there]) for here, there in zip(before, after, strict=True)
        )
        of_layer = flat[at : at + n_in * n_out].reshape(n_in, n_out)
        there = moved[to : to + rows * columns].reshape(rows, columns)
        there[np.ix_(to_rows, to_columns)] = of_layer[np.ix_(from_rows, from_columns)]
        of_biases = _of_places(flat[bias : bias + n_out], before[1], after[1])
        moved[bias_to : bias_to + columns] = of_biases
        at, bias = at + n_in * n_out, bias + n_out
        to, bias_to = to + rows * columns, bias_to + columns
    return moved
