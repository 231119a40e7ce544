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
        and _is_small(parameters)
    )


def can_nest(parameters, fine, coarse):
    """Whether the kernels are there, and know a term of single weights and one of their groups."""
    return (
        fine.groups.single
        and not isinstance(coarse.groups, WholeLayers)
        and is_known(fine.shape)
        and is_known(coarse.shape)
        and _is_small(parameters)
    )


def _is_small(parameters):
    return (
        kernels.are_used()
        and type(parameters) is Parameters
        and parameters.flat.device.type == "cpu"
        and len(parameters.weights) <= _MOST_WEIGHTS
    )


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
        self._rows = kernels.Rows(*_places(parameters, fine.groups, layers))
        self._steps = Steps(metric, fine.groups, layers)
        self._factors = _factors(fine, layers)
        self._of_norm = None
        if coarse is not None:
            one = torch.ones(1, dtype=torch.float64)
            self._of_norm = _factors(coarse, layers) * float(coarse.shape.value(one, 1.0))

    def __call__(self, parameters, step):
        """Apply the prox in place; `step` is a number, or one per group of the metric."""
        steps = self._steps.of_rows(step)
        areas = steps * (self._factors * self._fine.current)
        thresholds = self._coarse and steps * (self._of_norm * self._coarse.current)
        self._rows.prox(parameters.flat, self._shape, self._parameter, areas, thresholds)


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
        places, *others = _places(parameters, coarse.groups, layers)
        self._rows = kernels.Rows(places, *others)
        self._steps = Steps(metric, coarse.groups, layers)
        of_entries = torch.zeros(len(parameters.flat), dtype=torch.float64)
        of_entries[: len(parameters.weights)] = fine.weights
        self._of_entries, self._of_norms = of_entries.numpy()[places], _factors(coarse, layers)

    def __call__(self, parameters, step):
        """Apply the prox in place; `step` is a number, or one per group of the metric."""
        self._rows.nested_prox(
            parameters.flat,
            *(for_kernels(term.shape, term.current) for term in (self._fine, self._coarse)),
            self._steps.of_rows(step),
            self._of_entries,
            self._of_norms,
        )


class Steps:
    """The steps of the groups of some layers, in the order of these.

    Parameters
    ----------
    metric : Groups
        What the steps belong to.
    groups : Groups
        In which of its groups each row is.
    layers : list of int
    """

    def __init__(self, metric, groups, layers):
        of_groups = metric.refine(torch.arange(len(metric.sizes)), groups).numpy()
        self._places = np.concatenate([of_groups[groups.slices[index]] for index in layers])
        self._is_all = np.array_equal(self._places, np.arange(len(metric.sizes)))

    def of_rows(self, step):
        """Return one float64 per row; `step` is a number, or one per group of the metric."""
        if not getattr(step, "ndim", 0):
            return np.full(len(self._places), float(step))
        steps = step.numpy()
        return (steps if self._is_all else steps[self._places]).astype(np.float64, copy=False)


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
    rows, entries = [], []
    for index in layers:
        layer = numbered.layers[index]
        if of_members:
            members = list(groups.of.rows(layer, index))
            if groups.penalised is not None:
                kept = groups.penalised[groups.of.slices[index]]
                members = [m for m, is_kept in zip(members, kept, strict=True) if is_kept]
            rows.append(len(members))
            entries += members
        else:
            entries += list(groups.rows(layer, index))
    entries = [row[row > 0].numpy().astype(np.int64) - 1 for row in entries]
    starts = _starts([len(row) for row in entries])
    places = np.concatenate([*entries, np.empty(0, np.int64)])
    return (places, starts, _starts(rows)) if of_members else (places, None, starts)


def _starts(lengths):
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
