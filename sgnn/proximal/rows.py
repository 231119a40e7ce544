"""Proxes that need all weights of a group, by compiled kernels."""

import numpy as np
import torch

from sgnn import kernels
from sgnn.groups.whole_layers import WholeLayers
from sgnn.networks.parameters import Parameters
from sgnn.proximal.shapes import for_kernels, is_known

#: With more weights than these torch is faster, whose loops over entries are vectorised.
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
        and (_is_small(parameters) or fine.shape.graph is not None)
    )


def can_shrink(parameters, term):
    """Whether the kernels are there, and know a term of the norms of groups."""
    groups = term.groups
    return (
        not (groups.single or isinstance(groups, WholeLayers))
        and bool(term.layers)
        and is_known(term.shape)
        and _are_for(parameters)
        and _is_small(parameters)
    )


def can_nest(parameters, fine, coarse):
    """Whether the kernels are there, and know a term of single weights and one of their groups."""
    return (
        fine.groups.single
        and not isinstance(coarse.groups, WholeLayers)
        and is_known(fine.shape)
        and is_known(coarse.shape)
        and _are_for(parameters)
        and _is_small(parameters)
    )


def _are_for(parameters):
    is_on_cpu = parameters.flat.device.type == "cpu"
    return kernels.are_used() and type(parameters) is Parameters and is_on_cpu


def _is_small(parameters):
    return len(parameters.weights) <= _MOST_WEIGHTS


def _is_norm(fine, coarse):
    """Whether a term is a multiple of the norms of the rows of another that can take it."""
    is_norm = coarse.shape.homogeneous and not coarse.shape.by_rows
    return is_norm and coarse.structure == fine.structure and bool(fine.shape.prox_plus_norm)


class RowProx:
    """The prox of a function of whole groups, alone or with a multiple of their norms.

    Parameters
    ----------
    parameters : Parameters
    metric : Groups
        What the steps belong to.
    fine : Term
    coarse : Term or None
    """

    def __init__(self, parameters, metric, fine, coarse=None):
        self._fine, self._coarse = fine, coarse
        name, self._parameter = fine.shape.kernel
        self._shape = kernels.ROW_SHAPES[name]
        layers = sorted({*fine.layers, *(coarse.layers if coarse else ())})
        self._rows = _rows_of(parameters, metric, fine.groups, layers, fine.shape.graph)
        self._factors = _factors(fine, layers)
        self._of_norm = None
        if coarse is not None:
            one = torch.ones(1, dtype=torch.float64)
            self._of_norm = _factors(coarse, layers) * float(coarse.shape.value(one, 1.0))

    def __call__(self, parameters, step):
        """Apply the prox in place; `step` is a number, or one per group of the metric."""
        factors = self._factors * self._fine.current
        of_norms = self._coarse and self._of_norm * self._coarse.current
        flat = parameters.flat
        self._rows.prox(flat, step, self._shape, self._parameter, factors, of_norms)

    def value(self, parameters):
        """Return the value at full strength, a float."""
        factors = self._factors * self._fine.strength
        of_norms = self._coarse and self._of_norm * self._coarse.strength
        return self._rows.value(parameters.flat, self._shape, self._parameter, factors, of_norms)


class GroupProx:
    """The prox of a function of the norms of groups.

    Parameters
    ----------
    parameters : Parameters
    metric : Groups
        What the steps belong to.
    term : Term
    """

    def __init__(self, parameters, metric, term):
        self._term = term
        self._rows = _rows_of(parameters, metric, term.groups, term.layers)
        self._factors = _factors(term, term.layers)

    def __call__(self, parameters, step):
        """Apply the prox in place; `step` is a number, or one per group of the metric."""
        shape = for_kernels(self._term.shape, self._term.current)
        self._rows.norm_prox(parameters.flat, step, shape, self._factors)

    def value(self, parameters):
        """Return the value at full strength, a float."""
        shape = for_kernels(self._term.shape, self._term.strength)
        return self._rows.norm_value(parameters.flat, shape, self._factors)


class NestedProx:
    """The joint prox of a function of single weights and one of the norms of their groups.

    Parameters
    ----------
    parameters : Parameters
    metric : Groups
        What the steps belong to.
    fine, coarse : Term
    """

    def __init__(self, parameters, metric, fine, coarse):
        self._fine, self._coarse = fine, coarse
        layers = sorted({*fine.layers, *coarse.layers})
        places, *_ = _places(parameters, coarse.groups, layers)
        self._rows = _rows_of(parameters, metric, coarse.groups, layers)
        of_entries = torch.zeros(len(parameters.flat), dtype=torch.float64)
        of_entries[: len(parameters.weights)] = fine.weights
        self._of_entries, self._of_norms = of_entries.numpy()[places], _factors(coarse, layers)

    def __call__(self, parameters, step):
        """Apply the prox in place; `step` is a number, or one per group of the metric."""
        self._rows.nested_prox(
            parameters.flat,
            step,
            *(for_kernels(term.shape, term.current) for term in (self._fine, self._coarse)),
            self._of_entries,
            self._of_norms,
        )


def _rows_of(parameters, metric, groups, layers, graph=None):
    """Return the groups of some layers as the kernels see them.

    Parameters
    ----------
    parameters : Parameters
    metric : Groups
        What steps belong to.
    groups : Groups
    layers : list of int
    graph : tuple, default=None
        As in :class:`sgnn.penalties.base.RowShape`.
    """
    of_groups = metric.refine(torch.arange(len(metric.sizes)), groups).numpy()
    of_rows = np.concatenate([of_groups[groups.slices[index]] for index in layers])
    return kernels.Rows(*_places(parameters, groups, layers), of_rows, graph)


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
