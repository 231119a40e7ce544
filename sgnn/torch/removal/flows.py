"""What is known of the tensors between the operations of a module, and of its units.

Units are numbered. Units that must stay or go together, because they are added, or because they are
one channel under several layers, are in one class.
"""

import math
from dataclasses import dataclass, field
from types import EllipsisType

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
class Grid:
    """A tensor with units on two axes, as those of heads, or of the layers of a recurrent network.

    Attributes
    ----------
    axes : tuple of two int
    units : torch.Tensor of int, shape (n_rows, n_units)
    constants : torch.Tensor of float64, shape (n_rows, n_units)
        As in :class:`Flow`.
    """

    axes: tuple
    units: torch.Tensor
    constants: torch.Tensor


@dataclass(frozen=True)
class Part:
    """A parameter or buffer, or a part of its first axis.

    Attributes
    ----------
    name : str
    rows : slice or Ellipsis
    """

    name: str
    rows: slice | EllipsisType = ...


@dataclass(frozen=True)
class Even:
    """Units of which as many must stay in each row of a table.

    Attributes
    ----------
    tables : tuple of torch.Tensor of int, shape (n_rows, n_units)
        With as many rows; each counts for itself.
    rows_go : bool
        Whether a row goes of which no unit stays in any table.
    reason : str
        Why a unit stays for the sake of others, for the report.
    """

    tables: tuple
    rows_go: bool
    reason: str


@dataclass(frozen=True)
class Reader:
    """A linear, convolutional or recurrent layer, which weighs units.

    Attributes
    ----------
    weight : str
        Name of the parameter.
    flow : Flow
        What it reads.
    outputs : torch.Tensor of int, shape (n_outputs,)
        The units that it puts out; one may occur several times, as with several gates.
    constants : torch.Tensor of float64, shape (n_outputs,)
        What these put out for whatever sample and place, nan where it varies.
    totals : torch.Tensor of float64, shape (n_outputs, n_inputs)
        Sums of the weights over the places of a kernel.
    nonzero : torch.Tensor of bool, shape (n_outputs, n_inputs)
        Where any of them is not zero.
    folds : torch.Tensor of bool, shape (n_inputs,)
        The constants that can move into what the layer adds.
    target : tuple of (Part, int) or None
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
        The units on the axes of parameters and buffers. Those on the second axis of a convolution
        in groups are a table with a row per group.
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
        for one, other in zip(some.ravel().tolist(), others.ravel().tolist(), strict=True):
            self.parents[self.root(one)] = self.root(other)

    def put_on(self, name, axis, units):
        """Put units on an axis of a parameter."""
        self.join(self.axes.setdefault((name, axis), units), units)

    def put_on_rows(self, part, n_rows, units):
        """Put units on a part of the first axis of a parameter."""
        if (part.name, 0) not in self.axes:
            self.axes[part.name, 0] = self.new(n_rows)
        self.join(self.axes[part.name, 0][part.rows], units)

    def freeze(self, units, reason):
        """Let units stay."""
        for unit in units.ravel().tolist():
            self.frozen.setdefault(unit, reason)


def varying(*shape):
    """Return constants of units that all vary."""
    return torch.full(shape, math.nan, dtype=torch.float64)


def only_zeros(constants):
    """Return constants, those other than 0 as varying."""
    return constants.where(constants == 0, math.nan)


def finite(constants):
    """Return constants, those that are not finite as varying."""
    return constants.where(constants.isfinite(), torch.tensor(math.nan, dtype=torch.float64))
