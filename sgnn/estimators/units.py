"""The units in which a network is trained, and those in which what was trained is told.

Targets are divided by their units, so that the engine always sees numbers of about 1. Where one
strength says the same in both units, as under a norm on the weights of a network of homogeneous
units with one output, the strength is converted and nothing else changes. Else ``alpha="auto"`` is
the strength in natural units, each output in its own; and a strength that is given holds for the
targets as they are, so that these are trained on as they are, and only the optimisers know units.
"""

from dataclasses import dataclass, replace

import numpy as np

from sgnn.groups import structures_of
from sgnn.networks.activations import ACTIVATIONS
from sgnn.training.scales import Scales

_WITHOUT_BIAS = {"weights", "outgoing", "layer", "layer of outgoing"}


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
    """

    divisors: np.ndarray | None
    scales: Scales
    told: Scales | None = None
    alpha: float = 1.0
    l2: float = 1.0

    def divided(self, targets):
        """Return targets in their units."""
        return targets if self.divisors is None else (targets / self.divisors).astype(targets.dtype)


def units_of(loss, moments, n_layers, activation, penalties, as_given):
    """Return the units to train in.

    Parameters
    ----------
    loss : Loss
    moments : Moments
        Of the targets.
    n_layers : int
    activation : str
    penalties : list of Penalty
    as_given : {"all", "common", "none"}
        What a strength holds for, unless it can be converted: the targets as they are; or brought
        to the unit that they have in common; or divided by their units.
    """
    units = loss.units(moments.mean, moments.variance)
    natural = Scales.natural(n_layers)
    if units is None:
        return Units(None, natural)
    homogeneous = ACTIVATIONS[activation].is_homogeneous
    unit, loss_unit = np.sqrt(np.mean(units**2)), loss.loss_unit(units)
    tied = homogeneous and len(units) == 1 and all(map(_is_norm, penalties))
    shared = Scales.of_targets(unit, n_layers, homogeneous=tied, loss=loss_unit)
    if tied:
        share = shared.weights[0]
        return Units(units, natural, shared, loss_unit / share, loss_unit / share**2)
    if as_given == "none":
        return Units(units, natural, shared.with_outputs(units / unit))
    scales = Scales.of_targets(unit, n_layers, homogeneous, loss_unit)
    if as_given == "all" or len(units) == 1:
        return Units(None, scales)
    ratios = units / unit
    common = replace(natural.with_outputs(ratios), loss=1.0)
    return Units(ratios, scales, common)


def _is_norm(penalty):
    """Whether a penalty is a sum of norms of weights, whatever the network."""
    return not penalty.adaptive and all(
        piece.shape.homogeneous and _WITHOUT_BIAS.issuperset(structures_of(piece.groups))
        for piece in penalty.pieces()
    )
