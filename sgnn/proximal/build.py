"""From penalty objects to the terms of an objective on a network."""

from dataclasses import replace

import numpy as np
import torch

from sgnn.groups import STRUCTURES, structures_of
from sgnn.groups.whole_layers import WholeLayers
from sgnn.penalties.strengths import adaptive_weights, draw_mask, layer_factors
from sgnn.proximal.term import Term
from sgnn.proximal.terms import Terms


def build_terms(penalties, parameters, alpha, blocks=None, seed=0, pilot=None):
    """Instantiate penalties on a network.

    Parameters
    ----------
    penalties : list of Penalty
    parameters : Parameters
        The full-size network.
    alpha : float
        Strength.
    blocks : array of int, shape (n_features,), default=None
        Blocks of inputs that stand or fall together.
    seed : int, default=0
        Of the draw of the groups that are penalised, where only a fraction is.
    pilot : Parameters, default=None
        The network from which adaptive weights come; without it they are 1.

    Returns
    -------
    Terms

    Raises
    ------
    ValueError
        If the sum of the penalties has no joint prox, or a parameter is out of range.
    """
    rng = np.random.RandomState(seed)
    n_layers = len(parameters.layers)
    terms = []
    for index, penalty in enumerate(penalties):
        pieces = {
            (index, number, name): replace(piece, groups=name)
            for number, piece in enumerate(penalty.pieces())
            for name in structures_of(piece.groups)
        }
        names = dict.fromkeys(piece.groups for piece in pieces.values())
        structures = {name: STRUCTURES[name](parameters, blocks) for name in names}
        masks = _draw_masks(penalty, structures, parameters, rng)
        of_layers = layer_factors(penalty, n_layers)
        for (*owner, _), piece in pieces.items():
            groups = structures[piece.groups]
            ramp = piece.layers(parameters.sizes) if piece.layers else [1.0] * n_layers
            factors = [
                float(piece.weight) * one * other
                for one, other in zip(of_layers, ramp, strict=True)
            ]
            per_group = masks.get(piece.groups)
            if piece.size_scaling:
                per_group = _times(per_group, groups.sizes.sqrt())
            if penalty.adaptive and pilot is not None:
                weights = adaptive_weights(groups.norms(pilot), penalty.adaptive)
                per_group = _times(per_group, weights)
            if per_group is not None:
                parts = zip(factors, groups.slices, strict=True)
                factors = [factor * per_group[part] for factor, part in parts]
            terms.append(
                Term(
                    piece.shape.on_network(parameters.sizes, blocks),
                    groups,
                    piece.groups,
                    factors,
                    alpha,
                    warm_up=penalty.warm_up,
                    owner=owner,
                )
            )
    return Terms(parameters, terms)


def _draw_masks(penalty, structures, parameters, rng):
    """Draw which groups of each structure are penalised; None means all.

    Single weights follow the groups that they are in, where the penalty has any.
    """
    masks = {}
    for name, groups in structures.items():
        if isinstance(groups, WholeLayers):
            groups.penalised = _draw_mask(penalty, groups.of, rng)
        elif not groups.single:
            masks[name] = _draw_mask(penalty, groups, rng)
    if "weights" in structures:
        owners = [(structures[name], mask) for name, mask in masks.items() if mask is not None]
        masks["weights"] = (
            torch.cat(
                [
                    owner.spread(mask, index).expand_as(layer.weight).reshape(-1)
                    for owner, mask in owners[:1]
                    for index, layer in enumerate(parameters.layers)
                ]
            )
            if owners
            else _draw_mask(penalty, structures["weights"], rng)
        )
    return masks


def _draw_mask(penalty, groups, rng):
    mask = draw_mask(penalty, groups.shapes, rng)
    return None if mask is None else torch.as_tensor(mask).to(groups.sizes)


def _times(one, other):
    return other if one is None else one * other
