"""The terms of an objective, and their joint prox."""

from dataclasses import replace
from functools import partial

import torch

from sgnn.groups.weights import SingleWeights
from sgnn.groups.whole_layers import WholeLayers
from sgnn.networks.parameters import to_tensor
from sgnn.proximal.base import Regulariser
from sgnn.proximal.chains import chains_of, clusters_of, in_order, is_sequential
from sgnn.proximal.joint import SplitProx, nested_prox
from sgnn.proximal.rows import (
    CompiledProx,
    GroupProx,
    NestedProx,
    RowProx,
    can_nest,
    can_shrink,
    can_solve,
    split,
)


class Terms(Regulariser):
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

    Raises
    ------
    ValueError
        If the joint prox of the terms is not known.
    """

    def __init__(self, parameters, terms):
        self.terms = in_order(terms)
        self.is_zero = not self.terms
        self.is_convex = self._convex_now()
        self.warm_up = max((term.warm_up for term in terms), default=0)
        self.metric = self._metric(parameters)
        self._proxes, self._summands = [], []
        for chains in clusters_of(chains_of(self.terms)):
            proxes = [self._chain_prox(parameters, chain) for chain in chains]
            self.is_exact &= len(chains) == 1
            for prox, chain in zip(proxes, chains, strict=True):
                self._summands += [prox] if isinstance(prox, CompiledProx) else chain
            self._proxes += proxes if len(chains) == 1 else [split(parameters, proxes)]

    def _convex_now(self):
        return bool(self.terms) and all(t.shape.convex and t.strength for t in self.terms)

    def _metric(self, parameters):
        coarse = {term.structure: term.groups for term in self.terms if not term.groups.single}
        if len(coarse) > 1:
            with_bias = any(groups.with_bias for groups in coarse.values())
            return WholeLayers(parameters, SingleWeights(parameters), with_bias)
        return self.terms[-1].groups if self.terms else SingleWeights(parameters)

    @property
    def fused(self):
        if self.is_zero:
            return None, None
        *entries, last = self.terms
        if self.metric.single:
            return None if entries or last.shape.by_rows else (last, None)
        if last.groups is not self.metric or last.shape.by_rows or len(entries) > 1:
            return None
        entry = entries[0] if entries else None
        if entry and not (entry.groups.single and entry.shape.soft and entry.shape.homogeneous):
            return None
        return entry, last

    def on_units(self, kept, parameters):
        small = Terms(parameters, [term.on_units(kept, parameters) for term in self.terms])
        if all(term.groups is not small.metric for term in small.terms):
            small.metric.sizes = self.metric.sizes[self.metric.survivors(kept)]
        return small

    def set_strength(self, strength):
        for term in self.terms:
            term.strength = term.current = float(strength)
        self.is_convex = self._convex_now()

    def begin_epoch(self, epoch):
        for term in self.terms:
            term.begin_epoch(epoch)

    def state(self):
        return [prox.duals.cpu().numpy() for prox in self._split]

    def restore(self, state):
        for prox, duals in zip(self._split, state, strict=True):
            prox.duals = to_tensor(duals, prox.duals.device)

    @property
    def _split(self):
        return [prox for prox in self._proxes if isinstance(prox, SplitProx)]

    def concave_scale(self):
        last = self.terms[-1] if self.terms else None
        if last is None or self.is_convex or last.shape.by_rows or last.groups is not self.metric:
            return 0.0
        if last.groups.single:
            return last.strength
        return last.strength * last.weights / last.groups.sizes.sqrt()

    def value(self, parameters):
        return float(sum(part.value(parameters) for part in self._summands))

    def prox_(self, parameters, step):
        for prox_ in self._proxes:
            prox_(parameters, step=step)

    def _chain_prox(self, parameters, chain):
        if len(chain) <= 2 and can_solve(parameters, *chain):
            return RowProx(parameters, self.metric, *chain)
        if len(chain) == 1 and self.fused is None and can_shrink(parameters, *chain):
            return GroupProx(parameters, self.metric, *chain)
        if is_sequential(chain):
            return partial(_apply_in_turn, metric=self.metric, terms=chain)
        fine, coarse = chain
        if can_nest(parameters, fine, coarse):
            return NestedProx(parameters, self.metric, fine, coarse)
        factors = [
            _factor_rows(fine, coarse, layer, i) for i, layer in enumerate(parameters.layers)
        ]
        return partial(
            _solve_jointly, metric=self.metric, fine=fine, coarse=coarse, factors=factors
        )


def _apply_in_turn(parameters, step, metric, terms):
    for term in terms:
        if not _is_vector(step):
            term.prox_(parameters, step)
        elif metric.single or not term.groups.single:
            term.prox_(parameters, metric.refine(step, term.groups))
        else:
            term.prox_in_metric_(parameters, metric, step)


def _solve_jointly(parameters, step, metric, fine, coarse, factors):
    if _is_vector(step):
        step = metric.refine(step, coarse.groups)
    for index in sorted({*fine.layers, *coarse.layers}):
        layer = parameters.layers[index]
        rows = coarse.groups.rows(layer, index)
        steps = step[coarse.groups.slices[index], None] if _is_vector(step) else step
        of_fine, of_coarse = steps * factors[index], coarse.steps_of(step, index)
        coarse.groups.set_rows_(layer, index, _solve_rows(rows, fine, coarse, of_fine, of_coarse))


def _is_vector(step):
    return getattr(step, "ndim", 0) > 0


def _factor_rows(fine, coarse, layer, index):
    """Arrange the factors of a term as the rows of a coarser structure: a number, or a tensor."""
    factor = fine.factors[index]
    if not fine.groups.single:
        return factor[:, None] if torch.is_tensor(factor) else factor
    if not (torch.is_tensor(factor) or coarse.groups.with_bias):
        return factor
    weight = torch.ones_like(layer.weight)
    weight *= factor.view_as(weight) if torch.is_tensor(factor) else factor
    bias = None if layer.bias is None else torch.zeros_like(layer.bias)
    layer = replace(layer, weight=weight, bias=bias)
    return coarse.groups.rows(layer, index).clone()


def _solve_rows(rows, fine, coarse, of_fine, of_coarse):
    if not fine.groups.single and fine.shape.prox_plus_norm and coarse.shape.homogeneous:
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
