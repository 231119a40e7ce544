"""Operations with weights: they read units and put out others, or scale them."""

import math

import torch
from torch.fx import Node

from sgnn.torch.removal.flows import Flow, Reader, finite, varying
from sgnn.torch.removal.nodes import arguments, shape_of

aten = torch.ops.aten


def linear(trace, node):
    """A weight of shape (n_outputs, n_inputs), on the last axis."""
    weight = trace.name_of(node.args[1])
    if weight is None:
        return None
    matrix = trace.values[weight][:, :, None]
    return _read(trace, node, matrix, (0, 1), len(shape_of(node)) - 1)


def convolve(n_axes):
    """Return what a convolution over some axes does."""

    def convolution(trace, node):
        given, weight = arguments(node), trace.name_of(node.args[1])
        if weight is None or len(shape_of(node)) != n_axes + 2:
            return None
        values, padding = trace.values[weight], given["padding"]
        is_padded = padding == "same" or (not isinstance(padding, str) and any(padding))
        if given["groups"] > 1:
            return _depthwise(trace, node, given, is_padded)
        if "transpose" in node.target.overloadpacket.__name__:
            matrix, axes = values.flatten(2).transpose(0, 1), (1, 0)
            return _read(trace, node, matrix, axes, 1, "it is read by a transposed convolution")
        why_not = "it is read by a convolution that pads with zeros" if is_padded else None
        return _read(trace, node, values.flatten(2), (0, 1), 1, why_not)

    return convolution


def _read(trace, node, matrix, axes, axis, why_not=None):
    """Let a layer read units.

    Parameters
    ----------
    trace : Trace
    node : torch.fx.Node
    matrix : torch.Tensor of shape (n_outputs, n_inputs, n_places)
    axes : tuple of int
        The axes of the weight with outputs and inputs.
    axis : int
        That of the units in what is read and put out.
    why_not : str, default=None
        Why a constant other than 0 does not give a constant; None where it does.
    """
    given, weight = arguments(node), trace.name_of(node.args[1])
    bias = trace.name_of(given["bias"])
    flow = trace.flow_of(node.args[0])
    if given["bias"] is not None and bias is None:
        return None
    if flow is None:
        if trace.flows.get(node.args[0]) is not None:
            return None
        flow = trace.unknown_flow(axis, matrix.shape[1])
    if flow.axis != axis:
        return None
    matrix, units = matrix.double(), trace.classes.new(matrix.shape[0])
    trace.classes.put_on(weight, axes[0], units)
    trace.classes.put_on(weight, axes[1], flow.units)
    added = torch.zeros(len(units), dtype=torch.float64, device=matrix.device)
    if bias is not None:
        trace.classes.put_on(bias, 0, units)
        added = trace.value_of(given["bias"])
    constants = flow.constants.to(matrix.device)
    totals, nonzero = matrix.sum(2), (matrix != 0).any(2)
    passes = (constants == 0) | (constants.isfinite() & (why_not is None))
    varies = (nonzero & ~passes).any(1)
    after = (added + totals @ constants.nan_to_num(0.0)).masked_fill(varies, math.nan)
    target = _target(trace, node, bias)
    folds = (constants == 0) | (passes & (target is not None))
    of_outputs = units, finite(after.cpu())
    of_weights = totals.cpu(), nonzero.cpu(), folds.cpu()
    reader = Reader(weight, flow, *of_outputs, *of_weights, target, why_not or _NO_BIAS)
    trace.readers.append(reader)
    return Flow(axis, *of_outputs)


_NO_BIAS = "it is read by a layer without a bias of its own"


def _target(trace, node, bias):
    """Return what constants move into: a bias, or the mean of the batch normalisation behind."""
    if bias is not None:
        return None if bias in trace.opaque else (bias, 1)
    behind = next(iter(node.users)) if len(node.users) == 1 else None
    if behind is None or getattr(behind.target, "overloadpacket", None) is not aten.batch_norm:
        return None
    mean = trace.name_of(arguments(behind)["running_mean"])
    usable = mean is not None and mean not in trace.opaque and not arguments(behind)["training"]
    return (mean, -1) if usable else None


def _depthwise(trace, node, given, is_padded):
    """A convolution with a kernel per channel."""
    weight, bias = trace.name_of(node.args[1]), trace.name_of(given["bias"])
    values, flow = trace.values[weight].double(), trace.flow_of(node.args[0])
    n_units = given["groups"]
    if flow is None or flow.axis != 1 or tuple(values.shape[:2]) != (n_units, 1):
        return None
    if "transpose" in node.target.overloadpacket.__name__ or (
        given["bias"] is not None and bias is None
    ):
        return None
    trace.classes.put_on(weight, 0, flow.units)
    added = torch.zeros(n_units, dtype=torch.float64)
    if bias is not None:
        trace.classes.put_on(bias, 0, flow.units)
        added = trace.value_of(given["bias"]).cpu()
    rows = values.flatten(1).cpu()
    constants = flow.constants
    if is_padded:
        constants = constants.where(constants == 0, math.nan)
    constants = added + (rows.sum(1) * constants).masked_fill((rows == 0).all(1), 0)
    return Flow(1, flow.units, finite(constants))


def normalise(trace, node):
    """Batch normalisation with running statistics: an affine function of each unit."""
    given, flow = arguments(node), trace.flow_of(node.args[0])
    parts = ("running_mean", "running_var", "weight", "bias")
    names = {part: trace.name_of(given[part]) for part in parts}
    is_known = all(names[part] is not None or given[part] is None for part in parts)
    if flow is None or flow.axis != 1 or given["training"] or not is_known:
        return None
    if given["running_mean"] is None or given["running_var"] is None:
        return None
    for name in names.values():
        if name is not None:
            trace.classes.put_on(name, 0, flow.units)
    values = {part: trace.value_of(given[part]).cpu() for part in parts if names[part]}
    scale = (values["running_var"] + given["eps"]).rsqrt() * values.get("weight", 1.0)
    shift = values.get("bias", torch.zeros_like(scale))
    moved = (flow.constants - values["running_mean"]) * scale
    return Flow(1, flow.units, finite(shift + moved.masked_fill(scale == 0, 0)))


def embed(trace, node):
    """A table whose columns are units."""
    name = trace.name_of(node.args[0])
    if name is None or not isinstance(node.args[1], Node):
        return None
    table = trace.value_of(node.args[0]).cpu()
    units = trace.classes.new(table.shape[1])
    trace.classes.put_on(name, 1, units)
    same = (table == table[0]).all(0)
    constants = table[0].where(same, varying(len(units)))
    return Flow(len(shape_of(node)) - 1, units, finite(constants))
