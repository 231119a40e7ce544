"""What is known of the tensors between the operations of a module, and of its units.

Units are numbered. Units that must stay or go together, because they are added, or because they are
one channel under several layers, are in one class.
"""

import math
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Flow:
    """A tensor between two operations.

    Attributes
    ----------
    axis : int
        The axis that tells units apart.
    units : torch.Tensor of int, shape (n_units,)
        Their numbers; one may occur several times.
    constants : torch.Tensor of float64, shape (n_units,)
        What a unit puts out for whatever sample and place, nan where it varies.
    """

    axis: int
    units: torch.Tensor
    constants: torch.Tensor


@dataclass(frozen=True)
class Reader:
    """A linear or convolutional layer, which weighs units.

    Attributes
    ----------
    weight : str
        Name of the parameter.
    flow : Flow
        What it reads.
    outputs : torch.Tensor of int, shape (n_outputs,)
        The units that it puts out.
    constants : torch.Tensor of float64, shape (n_outputs,)
        What these put out for whatever sample and place, nan where it varies.
    totals : torch.Tensor of float64, shape (n_outputs, n_inputs)
        Sums of the weights over the places of a kernel.
    nonzero : torch.Tensor of bool, shape (n_outputs, n_inputs)
        Where any of them is not zero.
    folds : torch.Tensor of bool, shape (n_inputs,)
        The constants that can move into what the layer adds.
    target : tuple of (str, int) or None
        The parameter or buffer that they would move into, and the sign.
    why_not : str
        What keeps constants from moving, for the report.
    """

    weight: str
    flow: Flow
    outputs: torch.Tensor
    constants: torch.Tensor
    totals: torch.Tensor
    nonzero: torch.Tensor
    folds: torch.Tensor
    target: tuple | None
    why_not: str


@dataclass
class Classes:
    """Classes of units, and the axes of parameters that they are on.

    Attributes
    ----------
    parents : list of int
        A forest: two units of one tree are of one class.
    frozen : dict of int to str
        Units that stay, and why.
    axes : dict of (str, int) to torch.Tensor of int
        The units on the axes of parameters and buffers.
    """

    parents: list = field(default_factory=list)
    frozen: dict = field(default_factory=dict)
    axes: dict = field(default_factory=dict)

    def new(self, n_units):
        """Return the numbers of new units."""
        start = len(self.parents)
        self.parents += range(start, start + n_units)
        return torch.arange(start, start + n_units)

    def root(self, unit):
        """Return the unit that stands for a class."""
        while self.parents[unit] != unit:
            self.parents[unit] = self.parents[self.parents[unit]]
            unit = self.parents[unit]
        return unit

    def roots(self):
        """Return the class of each unit."""
        return torch.tensor([self.root(unit) for unit in range(len(self.parents))])

    def join(self, some, others):
        """Put pairs of units into one class."""
        for one, other in zip(some.tolist(), others.tolist(), strict=True):
            self.parents[self.root(one)] = self.root(other)

    def put_on(self, name, axis, units):
        """Put units on an axis of a parameter."""
        self.join(self.axes.setdefault((name, axis), units), units)

    def freeze(self, units, reason):
        """Let units stay."""
        for unit in units.tolist():
            self.frozen.setdefault(unit, reason)


def varying(n_units):
    """Return constants of units that all vary."""
    return torch.full((n_units,), math.nan, dtype=torch.float64)


def finite(constants):
    """Return constants, those that are not finite as varying."""
    return constants.where(constants.isfinite(), torch.tensor(math.nan, dtype=torch.float64))
