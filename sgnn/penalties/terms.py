"""From penalty objects to the terms of each layer, in the order in which their prox is exact."""

from dataclasses import dataclass
from itertools import pairwise

from sgnn.groups import Groups, SingleWeights, make_groups
from sgnn.penalties.base import Shape


@dataclass(frozen=True)
class Term:
    """One shape on the groups of one layer, with the schedule of each group.

    Attributes
    ----------
    shape : Shape
    groups : Groups
    weights : torch.Tensor
        Factor of each group (or one for all), >= 0.
    strength : float
        ``alpha``.
    """

    shape: Shape
    groups: Groups
    weights: object
    strength: float

    def value(self, layer):
        """Return the penalty of one layer, a tensor with one number."""
        return (self.weights * self.shape.value(self.groups.norms(layer), self.strength)).sum()

    def prox_(self, layer, step):
        """Apply the prox in place; `step` is one number, or one per group."""
        self.groups.prox_(layer, self.shape, step * self.weights, self.strength)


class LayerTerms:
    """All terms of one layer, and the structure inside which an optimiser's metric is constant.

    Attributes
    ----------
    terms : list of Term
        Finest structure first.
    metric : Groups
        The coarsest structure that occurs; single weights where there is no term.
    """

    def __init__(self, layer, terms):
        self.terms = sorted(
            terms, key=lambda t: (not isinstance(t.groups, SingleWeights), not t.shape.homogeneous)
        )
        self.metric = self.terms[-1].groups if self.terms else SingleWeights(layer)
        self._check_joint_prox()

    def _check_joint_prox(self):
        for finer, coarser in pairwise(self.terms):
            same = type(finer.groups) is type(coarser.groups)
            if not (same or isinstance(finer.groups, SingleWeights)):
                raise ValueError(
                    "penalty: outgoing and incoming groups of the same layer overlap, and their "
                    "sum has no closed proximal operator; use one of the two, alone or with "
                    "single weights."
                )
            if not finer.shape.homogeneous:
                raise ValueError(
                    f"penalty: {finer.shape} has no exact joint prox with {coarser.shape} on the "
                    "same or coarser groups; only one penalty of a list, the one on the coarsest "
                    "groups, may be concave."
                )

    def value(self, layer):
        """Return the summed penalty of the layer, a tensor with one number."""
        return sum(term.value(layer) for term in self.terms)

    def prox_(self, layer, step):
        """Apply the joint prox in place; `step` is one number, or one per group of the metric."""
        for term in self.terms:
            fits = isinstance(step, float) or not isinstance(term.groups, SingleWeights)
            term.prox_(layer, step if fits else self.metric.spread(step))


def build_terms(penalties, layers, alpha, blocks=None):
    """Instantiate penalties on the layers of a network.

    Parameters
    ----------
    penalties : list of Penalty
    layers : list of Layer
        The full-size network, first layer first.
    alpha : float
        Strength.
    blocks : array of int, shape (n_features,), default=None
        Blocks of inputs that stand or fall together.

    Returns
    -------
    list of LayerTerms

    Raises
    ------
    ValueError
        If a sum of penalties has no exact joint prox, or a penalty's parameter is out of range.
    """
    pieces = [piece for penalty in penalties for piece in penalty.pieces()]
    result = []
    for index, layer in enumerate(layers):
        terms = []
        for piece in pieces:
            groups = make_groups(piece.groups, layer, blocks if index == 0 else None)
            weights = piece.weight * (groups.sizes.sqrt() if piece.size_scaling else 1.0)
            terms.append(Term(piece.shape, groups, weights, alpha))
        result.append(LayerTerms(layer, terms))
    return result


class KeptZeros:
    """In place of a penalty: weights that are zero now stay zero.

    It is used as a :class:`LayerTerms`; its prox is the projection onto the support.
    """

    def __init__(self, layer):
        self.terms = [self]
        self.metric = SingleWeights(layer)
        self._support = (layer.weight != 0).to(layer.weight)

    def value(self, layer):
        """Return 0."""
        return 0.0

    def prox_(self, layer, step):
        """Set what is outside the support to zero, whatever the step."""
        layer.weight.mul_(self._support)


def keep_zeros(layers):
    """Return terms that hold every layer to its present support.

    Parameters
    ----------
    layers : list of Layer

    Returns
    -------
    list of KeptZeros
    """
    return [KeptZeros(layer) for layer in layers]
