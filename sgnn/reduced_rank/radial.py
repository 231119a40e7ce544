"""Penalties on the norms of rows: shapes of :mod:`sgnn.penalties`, as functions on numpy arrays."""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from sgnn.penalties import GroupPenalty, Shape, available, get_penalty
from sgnn.penalties._registry import PENALTIES

_NEUTRAL = {"layers": "all", "fraction": 1.0, "warm_up": 0, "adaptive": 0.0}
_N_HALVINGS = 52


@dataclass(frozen=True)
class RadialPenalty:
    """A shape of a given strength, on the norms of rows.

    Parameters
    ----------
    shape : Shape
    strength : float
    """

    shape: Shape
    strength: float

    def value(self, norms):
        """Return what each norm costs."""
        return self.shape.value(_tensor(norms), self.strength).numpy()

    def prox(self, norms, steps):
        """Return the norms that the proximal operator leaves, each with a step of its own."""
        return self.shape.prox(_tensor(norms), _tensor(steps), self.strength).numpy()

    def slope(self, norms):
        """Return the derivative at each norm."""
        if self.shape.homogeneous:
            return np.repeat(self.value([1.0]), len(norms))
        x = _tensor(norms).requires_grad_()
        total = self.shape.value(x, self.strength).sum()
        if not total.requires_grad:
            return np.zeros(len(norms))
        total.backward()
        return x.grad.numpy()

    def threshold(self, curvature):
        """Return the largest pull under which a row of this curvature stays zero."""
        if self.shape.homogeneous:
            return float(self.value([1.0])[0])
        curvature = np.array([curvature])

        def stays(pull):
            return not self.prox(pull / curvature, 1 / curvature).any()

        return boundary(stays)[0]


def _tensor(values):
    import torch

    return torch.from_numpy(np.asarray(values, dtype=np.float64))


def boundary(holds):
    """Return two numbers > 0 next to each other: something holds up to the first only."""
    high = 1.0
    while holds(high) and high < 1e300:
        high *= 2
    while not holds(high) and high > 1e-300:
        high /= 2
    low, high = high, 2 * high
    for _ in range(_N_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low, high


def radial_shape(penalty):
    """Return the shape of a penalty that is a function of the norm of a row.

    Parameters
    ----------
    penalty : str or Penalty

    Raises
    ------
    ValueError, TypeError
        If it is another kind of penalty, or says something of layers, epochs or other groups.
    """
    found = get_penalty(penalty)
    if len(found) != 1 or not _is_radial(found[0]):
        names = ", ".join(name for name in available() if _is_radial(_by_name(name)))
        raise ValueError(
            f"penalty={penalty!r} is not a function of the norm of a row; it must be one of "
            f"{names}, or one object of their classes."
        )
    one = found[0]
    for name, neutral in _NEUTRAL.items():
        value = getattr(one, name)
        if not (isinstance(value, (type(neutral), Real)) and value == neutral):
            raise ValueError(
                f"penalty={penalty!r}: {name} must be {neutral!r}, because there are neither "
                f"layers nor epochs here; got {value!r}."
            )
    if one.groups not in ("outgoing", type(one).groups):
        raise ValueError(
            f"penalty={penalty!r}: groups must be 'outgoing', because the groups are the rows of "
            f"the coefficients, one for each feature; got {one.groups!r}."
        )
    one.pieces()
    return one.shape()


def _is_radial(penalty):
    return isinstance(penalty, GroupPenalty) and not penalty.shape().by_rows


def _by_name(name):
    return PENALTIES[name]()
