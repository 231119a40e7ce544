"""Schedules: how strongly each layer and each group is penalised, apart from ``alpha``."""

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np

from sgnn._common.checks import check_interval

_PILOT_OFFSET = 1e-3


@dataclass(frozen=True)
class Ramp:
    r"""Factors that rise from the first layer to the last, or their complements to 1.

    :math:`\mu_l = m + (1 - 2m)(l - 1)/(L - 1)`, and :math:`\mu_1 = m` for :math:`L = 1`.

    Parameters
    ----------
    min_share : float in [0, 1]
        The share :math:`m` of the first layer.
    falling : bool, default=False
        Whether the factors are :math:`1 - \mu_l`.

    References
    ----------
    Yoon & Hwang (2017), "Combined group and exclusive sparsity for deep neural networks", ICML.
    """

    min_share: float
    falling: bool = False

    def __call__(self, sizes):
        """Return a list with one factor per layer of weights; `sizes` are those of all layers."""
        n_layers = len(sizes) - 1
        steps = np.arange(n_layers) / max(n_layers - 1, 1)
        rising = self.min_share + (1 - 2 * self.min_share) * steps
        return (1 - rising if self.falling else rising).tolist()


def check_schedule(penalty, n_layers):
    """Raise ValueError or TypeError unless the schedule of a penalty fits a network."""
    layer_factors(penalty, n_layers)
    check_numbers(penalty)
    if isinstance(penalty.fraction, (list, tuple)):
        if len(penalty.fraction) != n_layers:
            raise ValueError(
                f"{type(penalty).__name__}: fraction has {len(penalty.fraction)} masks, and the "
                f"network has {n_layers} layers of weights."
            )
    elif isinstance(penalty.fraction, np.ndarray):
        raise ValueError(
            f"{type(penalty).__name__}: fraction must be a number in (0, 1] or a list with one "
            "array of booleans per layer of weights; got an array of shape "
            f"{penalty.fraction.shape}."
        )
    else:
        check_interval(penalty, "fraction", low=0, high=1, closed="right")


def check_numbers(penalty):
    """Raise ValueError or TypeError unless the numbers that need no network are right."""
    check_interval(penalty, "warm_up", low=0, integer=True)
    check_interval(penalty, "adaptive", low=0, high=float("inf"), closed="left")


def unpenalised_layers(penalties, sizes):
    """Return the indices of the layers of which some weights bear no penalty.

    Parameters
    ----------
    penalties : list of Penalty
    sizes : sequence of int
        Units per layer, inputs first, outputs last.
    """
    covered, n_layers = set(), len(sizes) - 1
    for penalty in penalties:
        of_layers = layer_factors(penalty, n_layers)
        whole = _wholly_penalised(penalty, n_layers)
        for piece in penalty.pieces():
            ramp = piece.layers(sizes) if piece.layers else of_layers
            covered |= {i for i in whole if piece.weight * of_layers[i] * ramp[i] > 0}
    return [index for index in range(n_layers) if index not in covered]


def _wholly_penalised(penalty, n_layers):
    if isinstance(penalty.fraction, (list, tuple)):
        return [index for index, mask in enumerate(penalty.fraction) if np.all(mask)]
    return range(n_layers) if penalty.fraction == 1 else []


def layer_factors(penalty, n_layers):
    """Return the factor of each layer.

    Parameters
    ----------
    penalty : Penalty
    n_layers : int

    Returns
    -------
    list of float

    Raises
    ------
    ValueError
        If ``penalty.layers`` is not what :class:`Penalty` allows.
    """
    layers = penalty.layers
    if isinstance(layers, str) and layers in ("all", "input", "cges"):
        if layers == "cges":
            return Ramp(0.2)([1] * (n_layers + 1))
        return [1.0] + [float(layers == "all")] * (n_layers - 1)
    numbers = isinstance(layers, (list, tuple, np.ndarray)) and np.ndim(layers) == 1
    if not numbers or not all(isinstance(one, Real) and 0 <= one < np.inf for one in layers):
        raise ValueError(
            f"{type(penalty).__name__}: layers must be 'all', 'input', 'cges' or a list of "
            f"numbers >= 0, one per layer of weights; got {layers!r}."
        )
    if len(layers) != n_layers:
        raise ValueError(
            f"{type(penalty).__name__}: layers has {len(layers)} factors, and the network has "
            f"{n_layers} layers of weights."
        )
    return [float(one) for one in layers]


def draw_mask(penalty, shapes, rng):
    """Return which groups are penalised, or None for all.

    Parameters
    ----------
    penalty : Penalty
    shapes : list of tuple of int
        The groups of each layer: their number, or the shape of the weights that are one each.
    rng : numpy.random.RandomState

    Returns
    -------
    ndarray of float, 0 or 1, shape (n_groups,), or None
    """
    fraction = penalty.fraction
    if isinstance(fraction, (list, tuple)):
        masks = [np.asarray(mask) for mask in fraction]
        for layer, (mask, shape) in enumerate(zip(masks, shapes, strict=True)):
            if mask.dtype != bool or mask.shape not in (shape, (np.prod(shape),)):
                raise ValueError(
                    f"{type(penalty).__name__}: fraction[{layer}] must be an array of booleans of "
                    f"shape {shape}; got shape {mask.shape} of type {mask.dtype}."
                )
        return np.concatenate([mask.ravel() for mask in masks]).astype(float)
    if fraction == 1:
        return None
    masks = []
    for size in map(math.prod, shapes):
        masks.append(np.zeros(size))
        masks[-1][rng.permutation(size)[: round(fraction * size)]] = 1
    mask = np.concatenate(masks)
    if not mask.any():
        sizes = ", ".join(map(str, map(math.prod, shapes)))
        raise ValueError(
            f"{type(penalty).__name__}: fraction={fraction!r} of the groups of each layer, of "
            f"{sizes}, rounds to none; raise it."
        )
    return mask


def adaptive_weights(norms, exponent):
    """Return ``1 / (norms + 1e-3) ** exponent``.

    Raises
    ------
    ValueError
        If that overflows.
    """
    weights = (norms + _PILOT_OFFSET) ** -exponent
    if not float(weights.max()) < np.inf:
        raise ValueError(f"adaptive={exponent!r} makes infinite weights; lower it (1 is usual).")
    return weights
