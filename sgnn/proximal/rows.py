"""Proxes that need all weights of a group, by compiled kernels."""

from abc import ABC, abstractmethod

import numpy as np
import torch

from sgnn import kernels
from sgnn.groups.whole_layers import WholeLayers
from sgnn.networks.parameters import Parameters
from sgnn.proximal.joint import SplitProx
from sgnn.proximal.shapes import for_kernels, is_known

#: With more weights than these torch solves sums on nested groups, in vectorised loops.
_MOST_WEIGHTS = 2**15


def can_solve(parameters, fine, coarse=None):
    """Whether the kernels are there, and know a term, alone or with one on the same groups.

    Parameters
    ----------
    parameters : Parameters
    fine : Term
    coarse : Term or None
        One that is to be a multiple of the norm.
    """
    return (
        fine.shape.by_rows
        and bool(fine.layers)
        and fine.shape.kernel is not None
        and (coarse is None or _is_norm(fine, coarse))
        and _are_for(parameters)
    )


def can_shrink(parameters, term):
    """Whether the kernels are there, and know a term of the norms of groups."""
    groups = term.groups
    return (
        not (groups.single or isinstance(groups, WholeLayers))
        and bool(term.layers)
        and is_known(term.shape)
        and _are_for(parameters)
    )


def can_nest(parameters, fine, coarse):
    """Whether the kernels are there, and know a term of single weights and one of their groups."""
    return (
        fine.groups.single
        and not isinstance(coarse.groups, WholeLayers)
        and is_known(fine.shape)
        and is_known(coarse.shape)
        and _are_for(parameters)
        and len(parameters.weights) <= _MOST_WEIGHTS
    )


def _are_for(parameters):
    is_dense = type(parameters) is Parameters
    return kernels.are_used() and is_dense and parameters.flat.device.type == "cpu"


def _is_norm(fine, coarse):
    """Whether a term is a multiple of the norms of the rows of another that can take it."""
    is_norm = coarse.shape.homogeneous and not coarse.shape.by_rows
    return is_norm and coarse.structure == fine.structure and bool(fine.shape.prox_plus_norm)


class CompiledProx(ABC):
    """The prox of one or two terms on the same groups, by a kernel.

    Parameters
    ----------
    parameters : Parameters
    metric : Groups
        What the steps belong to.
    groups : Groups
        The rows.
    terms : list of Term

    Attributes
    ----------
    rows : kernels.Rows
    """

    def __init__(self, parameters, metric, groups, terms):
        self._terms, self._strengths = terms, None
        self._layers = sorted({index for term in terms for index in term.layers})
        of_groups = metric.refine(torch.arange(len(metric.sizes)), groups).numpy()
        of_rows = np.concatenate([of_groups[groups.slices[index]] for index in self._layers])
        self._places, *starts = _places(parameters, groups, self._layers)
        self.rows = kernels.Rows(self._places, *starts, of_rows, terms[0].shape.graph)

    def __call__(self, parameters, step):
        """Apply the prox in place; `step` is a number, or one per group of the metric."""
        self.prepare()
        self.rows.prox(parameters.flat, step)

    def prepare(self):
        """Make the kernel the prox with the strengths of now."""
        self._set_strengths([term.current for term in self._terms])

    def value(self, parameters):
        """Return the value at full strength, a float."""
        self._set_strengths([term.strength for term in self._terms])
        return self.rows.value(parameters.flat)

    def _set_strengths(self, strengths):
        if strengths != self._strengths:
            self._penalise(*strengths)
            self._strengths = strengths

    @abstractmethod
    def _penalise(self, *strengths):
        """Tell the kernel what it is the prox of."""


class RowProx(CompiledProx):
    """The prox of a function of whole groups, alone or with a multiple of their norms."""

    def __init__(self, parameters, metric, fine, coarse=None):
        super().__init__(parameters, metric, fine.groups, [fine, coarse] if coarse else [fine])
        name, self._parameter = fine.shape.kernel
        self._shape = kernels.ROW_SHAPES[name]
        self._factors, self._of_norms = _factors(fine, self._layers), None
        if coarse is not None:
            one = torch.ones(1, dtype=torch.float64)
            self._of_norms = _factors(coarse, self._layers) * float(coarse.shape.value(one, 1.0))

    def _penalise(self, fine, coarse=None):
        of_norms = None if coarse is None else self._of_norms * coarse
        self.rows.penalise_rows(self._shape, self._parameter, self._factors * fine, of_norms)


class GroupProx(CompiledProx):
    """The prox of a function of the norms of groups."""

    def __init__(self, parameters, metric, term):
        super().__init__(parameters, metric, term.groups, [term])
        self._shape, self._factors = term.shape, _factors(term, self._layers)

    def _penalise(self, strength):
        self.rows.penalise_norms(for_kernels(self._shape, strength), self._factors)


class NestedProx(CompiledProx):
    """The joint prox of a function of single weights and one of the norms of their groups."""

    def __init__(self, parameters, metric, fine, coarse):
        super().__init__(parameters, metric, coarse.groups, [fine, coarse])
        of_entries = torch.zeros(len(parameters.flat), dtype=torch.float64)
        of_entries[: len(parameters.weights)] = fine.weights
        self._of_entries = of_entries.numpy()[self._places]
        self._of_norms = _factors(coarse, self._layers)

    def _penalise(self, *strengths):
        pairs = zip(self._terms, strengths, strict=True)
        shapes = (for_kernels(term.shape, strength) for term, strength in pairs)
        self.rows.penalise_both(*shapes, self._of_entries, self._of_norms)


class CompiledSplit(SplitProx):
    """The joint prox of two that are compiled."""

    def __init__(self, parameters, proxes):
        super().__init__(parameters, proxes)
        self._proxes, self._kernel = proxes, kernels.Split(*(prox.rows for prox in proxes))

    def __call__(self, parameters, step):
        for prox in self._proxes:
            prox.prepare()
        self.duals = self.duals.clone()
        self._kernel.prox(parameters.flat, step, self.duals)


def split(parameters, proxes):
    """Return the joint prox of several on groups that overlap, compiled where it is known.

    Parameters
    ----------
    parameters : Parameters
    proxes : list of callable
        As in :class:`SplitProx`.
    """
    are_compiled = all(isinstance(prox, CompiledProx) for prox in proxes)
    kind = CompiledSplit if are_compiled and len(proxes) == 2 else SplitProx
    return kind(parameters, proxes)


def _factors(term, layers):
    """Return the factor of each group of some layers."""
    ones = torch.ones(len(term.groups.sizes), dtype=torch.float64)
    for index in layers:
        ones[term.groups.slices[index]] *= term.factors[index]
    return np.concatenate([ones[term.groups.slices[index]].numpy() for index in layers])


def _places(parameters, groups, layers):
    """Return where the entries of rows are in the flat buffer, and where members and rows start.

    A structure is asked for the rows of a network whose parameters are 1, 2, 3, ...; what it fills
    up with, and what is not penalised, is 0.
    """
    numbered = Parameters(parameters.sizes, torch.float64, torch.device("cpu"))
    numbered.flat.copy_(torch.arange(1, len(numbered.flat) + 1))
    of_members = isinstance(groups, WholeLayers) and not groups.of.single
    entries, lengths, n_members = [], [], []
    for index in layers:
        rows = (groups.of if of_members else groups).rows(numbered.layers[index], index).numpy()
        if of_members and groups.penalised is not None:
            rows = rows[groups.penalised[groups.of.slices[index]].numpy() > 0]
        n_members.append(len(rows))
        entries.append(rows[rows > 0].astype(np.int64) - 1)
        lengths.append((rows > 0).sum(axis=1))
    places = np.concatenate([*entries, np.empty(0, np.int64)])
    starts = _starts(np.concatenate([*lengths, np.empty(0, np.int64)]))
    return (places, starts, _starts(n_members)) if of_members else (places, None, starts)


def _starts(lengths):
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
