"""The terms of an objective, and their joint prox."""

from dataclasses import dataclass, replace
from functools import partial

import torch

from sgnn.groups import Groups, Layers, SingleWeights
from sgnn.penalties.base import Shape
from sgnn.proximal.chains import chains_of, clusters_of, fineness, is_sequential
from sgnn.proximal.joint import SplitProx, nested_prox


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
        self.current = self.strength
        used = [bool((f > 0).any()) if torch.is_tensor(f) else f > 0 for f in self.factors]
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
        survivors = self.groups.survivors(kept)
        parts = zip(self.factors, self.groups.slices, strict=True)
        return replace(
            self,
            shape=self.shape.on_inputs(kept[0]),
            groups=self.groups.on_units(kept, parameters),
            factors=[f[survivors[part]] if torch.is_tensor(f) else f for f, part in parts],
        )

    def begin_epoch(self, epoch):
        """Set the strength of an epoch, counted from 0."""
        self.current = self.strength * min(1.0, (epoch + 1) / max(self.warm_up, 1))

    def value(self, parameters):
        """Return the penalty at full strength, a tensor with one number."""
        if not self.shape.by_rows:
            values = self.shape.value(self.groups.norms(parameters), self.strength)
            return (self.weights * values).sum()
        total = parameters.flat.new_zeros(())
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
        The coarsest structure that occurs, whole layers where there are several; single weights
        where there is no term.
    is_convex : bool
        Whether the sum of the terms is convex and not zero, so that its prox has no jumps.
    warm_up : int
        Epochs until all terms have their full strength.

    Raises
    ------
    ValueError
        If the joint prox of the terms is not known.
    """

    def __init__(self, parameters, terms):
        self.terms = sorted(terms, key=fineness)
        self.is_convex = self._convex_now()
        self.warm_up = max((term.warm_up for term in terms), default=0)
        self.metric = self._metric(parameters)
        self._proxes = []
        for chains in clusters_of(chains_of(self.terms)):
            proxes = [self._chain_prox(parameters, chain) for chain in chains]
            self._proxes += proxes if len(chains) == 1 else [SplitProx(parameters, proxes)]

    def _convex_now(self):
        return bool(self.terms) and all(t.shape.convex and t.strength for t in self.terms)

    def _metric(self, parameters):
        coarse = {term.structure: term.groups for term in self.terms if term.groups.level}
        if len(coarse) > 1:
            with_bias = any(groups.with_bias for groups in coarse.values())
            return Layers(parameters, SingleWeights(parameters), with_bias)
        return self.terms[-1].groups if self.terms else SingleWeights(parameters)

    def on_units(self, kept, parameters):
        """Return the terms on the network that some units form; see :meth:`Groups.on_units`."""
        small = Terms(parameters, [term.on_units(kept, parameters) for term in self.terms])
        small.metric.sizes = self.metric.sizes[self.metric.survivors(kept)]
        return small

    def set_strength(self, strength):
        """Set ``alpha``, past all warm-up."""
        for term in self.terms:
            term.strength = term.current = strength
        self.is_convex = self._convex_now()

    def begin_epoch(self, epoch):
        """Set the strengths of an epoch, counted from 0."""
        for term in self.terms:
            term.begin_epoch(epoch)

    def concave_scale(self):
        """Return the root mean square of the gradient of a group at the edge of being zero.

        One number per group of `metric`, or one for all, under a penalty that is not convex; 0
        where it is convex or of no such scale.
        """
        last = self.terms[-1] if self.terms else None
        if last is None or self.is_convex or last.shape.by_rows or last.groups is not self.metric:
            return 0.0
        if not last.groups.level:
            return last.strength
        return last.strength * last.weights / last.groups.sizes.sqrt()

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
        for prox_ in self._proxes:
            prox_(parameters, step=step)

    def _chain_prox(self, parameters, chain):
        if is_sequential(chain):
            return partial(self._apply_in_turn, terms=chain)
        fine, coarse = chain
        factors = [
            _factor_rows(fine, coarse, layer, i) for i, layer in enumerate(parameters.layers)
        ]
        return partial(self._solve_jointly, fine=fine, coarse=coarse, factors=factors)

    def _apply_in_turn(self, parameters, step, terms):
        for term in terms:
            if not _is_vector(step):
                term.prox_(parameters, step)
            elif term.groups.level or not self.metric.level:
                term.prox_(parameters, self.metric.refine(step, term.groups))
            else:
                term.prox_in_metric_(parameters, self.metric, step)

    def _solve_jointly(self, parameters, step, fine, coarse, factors):
        if _is_vector(step):
            step = self.metric.refine(step, coarse.groups)
        for index in sorted({*fine.layers, *coarse.layers}):
            layer = parameters.layers[index]
            rows = coarse.groups.rows(layer, index)
            steps = step[coarse.groups.slices[index], None] if _is_vector(step) else step
            of_fine, of_coarse = steps * factors[index], coarse.steps_of(step, index)
            coarse.groups.set_rows_(
                layer, index, _solve_rows(rows, fine, coarse, of_fine, of_coarse)
            )


def _is_vector(step):
    return getattr(step, "ndim", 0) > 0


def _factor_rows(fine, coarse, layer, index):
    """Arrange the factors of a term as the rows of a coarser structure: a number, or a tensor."""
    factor = fine.factors[index]
    if fine.groups.level:
        return factor[:, None] if torch.is_tensor(factor) else factor
    if not (torch.is_tensor(factor) or coarse.groups.with_bias):
        return factor
    weight = torch.ones_like(layer.weight)
    weight *= factor.view_as(weight) if torch.is_tensor(factor) else factor
    layer = replace(layer, weight=weight, bias=torch.zeros_like(layer.bias))
    return coarse.groups.rows(layer, index).clone()


def _solve_rows(rows, fine, coarse, of_fine, of_coarse):
    if fine.groups.level and fine.shape.prox_plus_norm and coarse.shape.homogeneous:
        threshold = of_coarse * coarse.shape.value(rows.new_ones(1), coarse.current)
        return fine.shape.prox_plus_norm(rows, of_fine, fine.current, threshold)
    return nested_prox(
        rows,
        lambda x, c: fine.shape.prox(x, c * of_fine, fine.current),
        lambda z: _row_values(fine.shape, z, of_fine, fine.current),
        lambda r: coarse.shape.prox(r, of_coarse, coarse.current),
        lambda r: of_coarse * coarse.shape.value(r, coarse.current),
    )


def _row_values(shape, rows, step, strength):
    values = shape.value(rows, strength)
    if shape.by_rows:
        return (step * values[:, None])[:, 0]
    return (step * values).sum(1)


class KeptZeros:
    """In place of a penalty: weights that are zero now stay zero.

    It is used as :class:`Terms`; its prox is the projection onto the support.

    Parameters
    ----------
    parameters : Parameters
    """

    def __init__(self, parameters):
        self.terms = [self]
        self.is_convex = False
        self.warm_up = 0
        self.metric = SingleWeights(parameters)
        self._support = (parameters.weights != 0).to(parameters.weights)

    def begin_epoch(self, epoch):
        """Do nothing."""

    def concave_scale(self):
        """Return 0."""
        return 0.0

    def value(self, parameters):
        """Return 0."""
        return 0.0

    def prox_(self, parameters, step):
        """Set what is outside the support to zero, whatever the step."""
        parameters.weights.mul_(self._support)
