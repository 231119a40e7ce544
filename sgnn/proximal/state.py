"""What an optimiser remembers, told by what it belongs to."""

from dataclasses import dataclass, field

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
        from sgnn.networks.parameters import positions

        sizes = [len(mask) for mask in old]
        n_parameters = n_products(sizes) + sum(sizes[1:])
        parameters = n_parameters, positions(old), positions(new)
        groups = (metric.survivors(kept).cpu().numpy() for kept in (old, new))
        groups = len(metric.sizes), *groups
        return OptimizerState(
            self.numbers, _moved(self.of_parameters, *parameters), _moved(self.of_groups, *groups)
        )


def _moved(arrays, size, here, there):
    moved = {}
    for name, array in arrays.items():
        full = np.zeros(size, dtype=array.dtype)
        full[here] = array
        moved[name] = full[there]
    return moved
