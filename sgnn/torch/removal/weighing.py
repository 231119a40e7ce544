"""Operations with weights: they read units and put out others."""

import math

import torch
from torch.fx import Node

from sgnn.torch.removal.flows import Even, Flow, Part, Reader, finite, varying
from sgnn.torch.removal.nodes import arguments, aten, is_operation, shape_of


def linear(trace, node):
    """A weight of shape (n_outputs, n_inputs), on the last axis."""
    weight = trace.part_of(node.args[1])
    if weight is None:
        return None
    matrix = trace.values_of(weight)[:, :, None]
    return _read(trace, node, weight, matrix, (0, 1), len(shape_of(node)) - 1)


def convolve(n_axes):
    """Return what a convolution over some axes does."""

    def convolution(trace, node):
        given, name = arguments(node), trace.name_of(node.args[1])
        if name is None or len(shape_of(node)) != n_axes + 2:
            return None
        values, padding = trace.values[name].flatten(2), given["padding"]
        parts = values.unflatten(0, (given["groups"], -1))
        axes, why_not = (0, 1), None
        if is_operation(node, *_TRANSPOSED):
            parts, axes = parts.transpose(1, 2), (1, 0)
            why_not = "it is read by a transposed convolution"
        elif padding == "same" or (not isinstance(padding, str) and any(padding)):
            why_not = "it is read by a convolution that pads with zeros"
        return _read(trace, node, Part(name), parts, axes, 1, why_not)

    return convolution


_TRANSPOSED = aten.conv_transpose1d, aten.conv_transpose2d, aten.conv_transpose3d


def _read(trace, node, weight, parts, axes, axis, why_not=None):
    """Let a layer read units.

    Parameters
    ----------
    trace : Trace
    node : torch.fx.Node
    weight : Part
    parts : torch.Tensor of shape ((n_groups,) n_outputs, n_inputs, n_places)
        A matrix for each group of a convolution, of its own outputs and inputs.
    axes : tuple of int
        The axes of the weight with outputs and inputs.
    axis : int
        That of the units in what is read and put out.
    why_not : str, default=None
        Why a constant other than 0 does not give a constant; None where it does.
    """
    given = arguments(node)
    bias = trace.part_of(given["bias"])
    if given["bias"] is not None and bias is None:
        return None
    parts = parts.double().reshape(-1, *parts.shape[-3:])
    totals = torch.block_diag(*parts.sum(3))
    nonzero = torch.block_diag(*(parts != 0).any(3)) != 0
    flow = trace.read_flow(node.args[0], axis, totals.shape[1])
    if flow is None:
        return None
    units = trace.classes.new(len(totals))
    _put_on(trace, weight, axes, (units, flow.units), len(parts))
    added = torch.zeros(len(units), dtype=torch.float64, device=totals.device)
    if bias is not None:
        _put_on_first(trace, bias, units)
        added = trace.values_of(bias).double()
    constants = flow.constants.to(totals.device)
    passes = (constants == 0) | (constants.isfinite() & (why_not is None))
    varies = (nonzero & ~passes).any(1)
    after = (added + totals @ constants.nan_to_num(0.0)).masked_fill(varies, math.nan)
    target = _target(trace, node, bias)
    folds = (constants == 0) | (passes & (target is not None))
    of_outputs = units, finite(after.cpu())
    of_weights = totals.cpu(), nonzero.cpu(), folds.cpu()
    reader = Reader(weight.name, flow, *of_outputs, *of_weights, target, why_not or _NO_BIAS)
    trace.readers.append(reader)
    return Flow(axis, *of_outputs)


_NO_BIAS = "it is read by a layer without a bias of its own"


def _put_on(trace, weight, axes, sides, n_groups):
    """Put outputs and inputs on the axes of a weight."""
    if n_groups > 1:
        tables = tuple(units.view(n_groups, -1) for units in sides)
        reason = f"as many must stay in each group of {weight.name}"
        trace.evens.append(Even(tables, True, reason))
    for axis, units in zip(axes, sides, strict=True):
        if axis == 0:
            _put_on_first(trace, weight, units)
        else:
            of_axis = units.view(n_groups, -1) if n_groups > 1 else units
            trace.classes.put_on(weight.name, axis, of_axis)


def _put_on_first(trace, part, units):
    if part.rows is ...:
        trace.classes.put_on(part.name, 0, units)
    else:
        trace.classes.put_on_rows(part, len(trace.values[part.name]), units)


def _target(trace, node, bias):
    """Return what constants move into: a bias, or the mean of the batch normalisation behind."""
    if bias is not None:
        return None if bias.name in trace.opaque else (bias, 1)
    behind = next(iter(node.users)) if len(node.users) == 1 else None
    if not is_operation(behind, aten.batch_norm):
        return None
    mean = trace.name_of(arguments(behind)["running_mean"])
    usable = mean is not None and mean not in trace.opaque and not arguments(behind)["training"]
    return (Part(mean), -1) if usable else None


def embed(trace, node):
    """A table whose columns are units."""
    name = trace.name_of(node.args[0])
    if name is None or not isinstance(node.args[1], Node):
        return None
    table = trace.value_of(node.args[0])
    units = trace.classes.new(table.shape[1])
    trace.classes.put_on(name, 1, units)
    same = (table == table[0]).all(0)
    constants = table[0].where(same, varying(len(units)))
    return Flow(len(shape_of(node)) - 1, units, finite(constants))
