"""One term of an objective: a shape on groups, with a schedule."""

from dataclasses import dataclass, replace

import torch

from sgnn.groups.base import Groups
from sgnn.penalties.base import Shape


@dataclass
class Term:
    """One shape on the groups of a network, with the schedule of each group.

    Attributes
    ----------
    shape : Shape
    groups : Groups
    structure : str
        Name of the groups.
    factors : list of float or torch.Tensor
        Factor of the groups of each layer, >= 0: one number, or one per group.
    strength : float
        ``alpha``.
    warm_up : int
        Epochs over which the strength rises.
    owner : object
        The piece of a penalty that it comes from; two terms are of one piece under "both".
    """

    shape: Shape
    groups: Groups
    structure: str
    factors: list
    strength: float
    warm_up: int = 0
    owner: object = None

    def __post_init__(self):
        self.strength = self.current = float(self.strength)
        used = [bool(f.any()) if torch.is_tensor(f) else f > 0 for f in self.factors]
        self.layers = [index for index, is_used in enumerate(used) if is_used]
        self.weights = self._merged()
        self.is_uniform = not torch.is_tensor(self.weights) and self.weights == 1

    def _merged(self):
        """Return the factors as one number, or as one number per group of the whole network."""
        first = self.factors[0]
        if not any(torch.is_tensor(f) for f in self.factors) and len(set(self.factors)) == 1:
            return first
        merged = torch.ones_like(self.groups.sizes)
        for part, factor in zip(self.groups.slices, self.factors, strict=True):
            merged[part] = factor
        return merged

    def on_units(self, kept, parameters):
        """Return the term on the network that some units form; see :meth:`Groups.on_units`."""
        factors = self.factors
        if any(map(torch.is_tensor, factors)):
            survivors = self.groups.survivors(kept)
            parts = zip(factors, self.groups.slices, strict=True)
            factors = [f[survivors[part]] if torch.is_tensor(f) else f for f, part in parts]
        return replace(
            self,
            shape=self.shape.on_inputs(kept[0]),
            groups=self.groups.on_units(kept, parameters),
            factors=factors,
        )

    def begin_epoch(self, epoch):
        """Set the strength of an epoch, counted from 0."""
        self.current = self.strength * min(1.0, (epoch + 1) / max(self.warm_up, 1))

    def value(self, parameters):
        """Return the penalty at full strength, a tensor with one number."""
        if not self.shape.by_rows:
            values = self.shape.value(self.groups.norms(parameters), self.strength)
            return (self.weights * values).sum()
        total = self.groups.sizes.new_zeros(())
        for index in self.layers:
            rows = self.groups.rows(parameters.layers[index], index)
            total += (self.factors[index] * self.shape.value(rows, self.strength)).sum()
        return total

    def prox_(self, parameters, step):
        """Apply the prox in place; `step` is a number, or one per group."""
        if self.shape.by_rows:
            for index in self.layers:
                layer = parameters.layers[index]
                rows = self.groups.rows(layer, index)
                steps = self.steps_of(step, index)
                self.groups.set_rows_(layer, index, self.shape.prox(rows, steps, self.current))
        else:
            steps = step if self.is_uniform else step * self.weights
            self.groups.prox_(parameters, self.shape, steps, self.current, self.layers)

    def prox_in_metric_(self, parameters, metric, step):
        """Apply the prox to single weights where the steps belong to a coarser structure."""
        self.groups.prox_in_metric_(
            parameters, self.shape, metric, step, self.factors, self.current, self.layers
        )

    def steps_of(self, step, index):
        """Return the steps of one layer times its factors: a number, or a column."""
        if torch.is_tensor(step) and step.ndim:
            step = step[self.groups.slices[index], None]
        factor = self.factors[index]
        return step * (factor[:, None] if torch.is_tensor(factor) else factor)
