"""From penalty objects to the terms of an objective, in the order in which their prox is exact."""

from dataclasses import dataclass
from itertools import pairwise

from sgnn.groups import Groups, SingleWeights, make_groups
from sgnn.penalties.base import Shape


@dataclass(frozen=True)
class Term:
    """One shape on the groups of a network, with the schedule of each group.

    Attributes
    ----------
    shape : Shape
    groups : Groups
    weights : float or torch.Tensor of shape (n_groups,)
        Factor of each group, >= 0.
    strength : float
        ``alpha``.
    """

    shape: Shape
    groups: Groups
    weights: object
    strength: float

    def value(self, parameters):
        """Return the penalty, a tensor with one number."""
        values = self.shape.value(self.groups.norms(parameters), self.strength)
        return (self.weights * values).sum()


class Terms:
    """All terms of an objective, and the structure inside which a metric must be constant.

    Parameters
    ----------
    parameters : Parameters
        The full-size network.
    terms : list of Term

    Attributes
    ----------
    terms : list of Term
        Finest structure first.
    metric : Groups
        The coarsest structure that occurs; single weights where there is no term.
    is_norm : bool
        Whether the sum of the terms is a norm and not zero, so that its prox has no jumps.

    Raises
    ------
    ValueError
        If the sum of the terms has no exact joint prox.
    """

    def __init__(self, parameters, terms):
        self.terms = sorted(
            terms, key=lambda t: (not isinstance(t.groups, SingleWeights), not t.shape.homogeneous)
        )
        self.metric = self.terms[-1].groups if self.terms else SingleWeights(parameters)
        self.is_norm = bool(terms) and all(t.shape.homogeneous and t.strength for t in terms)
        for finer, coarser in pairwise(self.terms):
            _check_joint_prox(finer, coarser)

    def value(self, parameters):
        """Return the summed penalty."""
        return float(sum(term.value(parameters) for term in self.terms))

    def prox_(self, parameters, step):
        """Apply the joint prox in place.

        Parameters
        ----------
        parameters : Parameters
        step : float or torch.Tensor of shape (n_groups,)
            One number per group of `metric`.
        """
        one_step = getattr(step, "ndim", 0) == 0
        for term in self.terms:
            finer = isinstance(term.groups, SingleWeights)
            if one_step or not finer or isinstance(self.metric, SingleWeights):
                term.groups.prox_(parameters, term.shape, step * term.weights, term.strength)
            else:
                term.groups.prox_in_metric_(
                    parameters, term.shape, self.metric, step, term.weights, term.strength
                )


def _check_joint_prox(finer, coarser):
    same = type(finer.groups) is type(coarser.groups)
    if not (same or isinstance(finer.groups, SingleWeights)):
        raise ValueError(
            "penalty: outgoing and incoming groups of the same layer overlap, and their sum has no "
            "closed proximal operator; use one of the two, alone or with single weights."
        )
    if not finer.shape.homogeneous:
        raise ValueError(
            f"penalty: {finer.shape} has no exact joint prox with {coarser.shape} on the same or "
            "coarser groups; only one penalty of a list, the one on the coarsest groups, may be "
            "concave."
        )


def build_terms(penalties, parameters, alpha, blocks=None):
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

    Returns
    -------
    Terms

    Raises
    ------
    ValueError
        If the sum of the penalties has no exact joint prox, or a parameter is out of range.
    """
    terms = []
    for piece in (piece for penalty in penalties for piece in penalty.pieces()):
        groups = make_groups(piece.groups, parameters, blocks)
        weights = piece.weight * (groups.sizes.sqrt() if piece.size_scaling else 1.0)
        terms.append(Term(piece.shape, groups, weights, alpha))
    return Terms(parameters, terms)


class KeptZeros:
    """In place of a penalty: weights that are zero now stay zero.

    It is used as :class:`Terms`; its prox is the projection onto the support.

    Parameters
    ----------
    parameters : Parameters
    """

    def __init__(self, parameters):
        self.terms = [self]
        self.is_norm = False
        self.metric = SingleWeights(parameters)
        self._support = (parameters.weights != 0).to(parameters.weights)

    def value(self, parameters):
        """Return 0."""
        return 0.0

    def prox_(self, parameters, step):
        """Set what is outside the support to zero, whatever the step."""
        parameters.weights.mul_(self._support)
