"""The units in which a network is trained, and those in which what was trained is told.

Targets are divided by their units, so that the engine sees numbers of about 1. Where one strength
says the same in both units, as of raw outputs that are logarithms, or under a norm of the weights
of a network of homogeneous units with one output, the strength is converted and nothing else
changes. Else ``alpha="auto"`` is a strength in natural units, each output in its own, while a
strength that is given holds for the targets as they are, and only the optimisers know the unit.
Outputs whose units are too far apart for that are brought to the one that they have in common: of
a sum of squares no small output would be learnt.
"""

from dataclasses import dataclass, replace

import numpy as np

from sgnn.groups import structures_of
from sgnn.networks.activations import ACTIVATIONS
from sgnn.training.scales import Scales

_WITHOUT_BIAS = {"weights", "outgoing", "layer", "layer of outgoing"}
FAR_APART = 10


@dataclass(frozen=True)
class Units:
    """What targets are divided by, and how results are told.

    Attributes
    ----------
    divisors : ndarray of shape (n_outputs,) or None
    scales : Scales
        Of the optimisers.
    told : Scales or None
        What is trained, times these, is told.
    alpha, l2 : float
        What is trained with a strength is told with the strength times this.
    far_apart : bool
        Whether a strength that is given does not hold for outputs as they are.
    """

    divisors: np.ndarray | None
    scales: Scales
    told: Scales | None = None
    alpha: float = 1.0
    l2: float = 1.0
    far_apart: bool = False

    def divided(self, targets):
        """Return targets in their units."""
        return targets if self.divisors is None else (targets / self.divisors).astype(targets.dtype)


def units_of(form, sizes, activation, penalties, as_given):
    """Return the units to train in.

    Parameters
    ----------
    form : Form
    sizes : sequence of int
        Units per layer.
    activation : str
    penalties : list of Penalty
    as_given : bool
        Whether a strength holds for the targets as they were given; else for natural units.

    Raises
    ------
    ValueError
        If the unit is out of the range of floating-point numbers.
    """
    loss, n_layers = form.targets.loss, len(sizes) - 1
    units = loss.units(form.moments.mean, form.moments.variance)
    natural = Scales.natural(n_layers)
    if units is None:
        return Units(None, natural)
    unit, loss_unit = np.sqrt(np.mean(units**2)), loss.loss_unit(units)
    _check_range(unit, loss_unit, np.dtype(np.float64), power=2)
    if loss.log_link:
        units = np.full_like(units, units.mean()) if as_given else units
        told = replace(natural, loss=loss_unit, shift=np.log(units))
        return Units(units, natural, told, loss_unit, loss_unit)
    homogeneous = ACTIVATIONS[activation].is_homogeneous
    tied = homogeneous and len(units) == 1 and all(map(_is_norm, penalties))
    if tied or not as_given:
        told = Scales.of_targets(unit, n_layers, tied, loss_unit)
        if tied:
            share = told.weights[0]
            return Units(units, natural, told, loss_unit / share, loss_unit / share**2)
        return Units(units, natural, told.with_outputs(units / unit))
    _check_range(unit, loss_unit, np.dtype(form.dtype), power=6)
    scales = Scales.of_targets(unit, n_layers, homogeneous, loss_unit)
    if units.max() <= FAR_APART * units.min():
        return Units(None, scales)
    ratios = units / unit
    return Units(ratios, scales, natural.with_outputs(ratios), far_apart=True)


def _is_norm(penalty):
    """Whether a penalty is a sum of norms of weights, whatever the network."""
    return not penalty.adaptive and all(
        piece.shape.homogeneous and _WITHOUT_BIAS.issuperset(structures_of(piece.groups))
        for piece in penalty.pieces()
    )


def _check_range(unit, loss_unit, dtype, power):
    """Raise a ValueError unless a power of the unit is a number of a data type."""
    least = float(np.finfo(dtype).tiny) ** (1 / power)
    if not (least < unit < 1 / least and 0 < loss_unit < np.inf):
        raise ValueError(
            f"y varies by about {unit:.3g}, too {'little' if unit < 1 else 'much'} for {dtype.name}"
            " to train on: scale y, for instance with sklearn.compose.TransformedTargetRegressor."
        )
