"""Operations that move, join and part the places of units, and compute nothing."""

import math

import torch

from sgnn.torch.removal.flows import Even, Flow, Part
from sgnn.torch.removal.grids import heads, order_of
from sgnn.torch.removal.nodes import arguments, aten, is_operation, shape_of


def _repeated(flow, axis, n_times):
    """Units of which each is followed by others of the same number, as channels are flattened."""
    return Flow(
        axis, flow.units.repeat_interleave(n_times), flow.constants.repeat_interleave(n_times)
    )


def flatten(trace, node):
    flow, given, shape = trace.flow_of(node.args[0]), arguments(node), shape_of(node.args[0])
    if flow is None:
        return None
    start, end = given["start_dim"] % len(shape), given["end_dim"] % len(shape)
    if flow.axis == start:
        return _repeated(flow, start, math.prod(shape[start + 1 : end + 1]))
    if start < flow.axis <= end:
        return None
    return Flow(flow.axis - (end - start) * (flow.axis > end), flow.units, flow.constants)


def view(trace, node):
    """Only a size of -1 follows the number of units; others are written in the module."""
    flow, sizes, shape = trace.flow_of(node.args[0]), node.args[1], shape_of(node.args[0])
    if flow is None or -1 not in sizes:
        return None
    axis, after = sizes.index(-1), shape_of(node)
    if (axis == 0) != (flow.axis == 0) or math.prod(after[:axis]) != math.prod(shape[: flow.axis]):
        return None
    if after[axis:] == (*_rows(shape[flow.axis], after, axis), *shape[flow.axis + 1 :]):
        return heads(trace, flow, axis, after[axis + 1])
    n_times, left = divmod(after[axis], shape[flow.axis])
    ends = range(flow.axis + 1, len(shape) + 1)
    if left or not any(math.prod(shape[flow.axis + 1 : end]) == n_times for end in ends):
        return None
    return _repeated(flow, axis, n_times)


def _rows(n_units, sizes, axis):
    """Return two sizes that `n_units` may have been split into, or nothing."""
    pair = sizes[axis : axis + 2]
    return pair if len(pair) == 2 and math.prod(pair) == n_units else ()


def unflatten(trace, node):
    flow, given = trace.flow_of(node.args[0]), arguments(node)
    axis, sizes = given["dim"] % len(shape_of(node.args[0])), given["sizes"]
    if flow is None or (axis == flow.axis and (len(sizes) != 2 or sizes[0] != -1)):
        return None
    if axis == flow.axis:
        return heads(trace, flow, axis, sizes[1])
    more = (len(given["sizes"]) - 1) * (axis < flow.axis)
    return Flow(flow.axis + more, flow.units, flow.constants)


def order(trace, node):
    flow = trace.flow_of(node.args[0])
    return flow and Flow(order_of(node).index(flow.axis), flow.units, flow.constants)


def unsqueeze(trace, node):
    flow, axis = trace.flow_of(node.args[0]), node.args[1] % len(shape_of(node))
    return flow and Flow(flow.axis + (axis <= flow.axis), flow.units, flow.constants)


def without_axes(trace, node):
    """`squeeze` and `select` of other axes."""
    flow, shape = trace.flow_of(node.args[0]), shape_of(node.args[0])
    if flow is None or len(node.args) < 2:
        return None
    axes = node.args[1] if isinstance(node.args[1], (list, tuple)) else [node.args[1]]
    axes = {axis % len(shape) for axis in axes}
    if flow.axis in axes:
        return None
    if node.target.overloadpacket is aten.squeeze:
        axes = {axis for axis in axes if shape[axis] == 1}
    before = sum(axis < flow.axis for axis in axes)
    return Flow(flow.axis - before, flow.units, flow.constants)


def slice_(trace, node):
    flow, axis = trace.flow_of(node.args[0]), arguments(node)["dim"] % len(shape_of(node))
    return None if flow is None or axis == flow.axis else flow


def cat(trace, node):
    given, shape = arguments(node), shape_of(node)
    flows = [trace.flow_of(tensor) for tensor in given["tensors"]]
    axes = {flow.axis for flow in flows if flow is not None}
    if len(axes) != 1:
        return None
    [axis] = axes
    for index, tensor in enumerate(given["tensors"]):
        if flows[index] is None:
            flows[index] = trace.unknown_flow(axis, shape_of(tensor)[axis])
    if axis == given["dim"] % len(shape):
        units, constants = ([getattr(f, name) for f in flows] for name in ("units", "constants"))
        return Flow(axis, torch.cat(units), torch.cat(constants))
    first, *others = flows
    constants = first.constants
    for other in others:
        trace.classes.join(first.units, other.units)
        constants = constants.where(constants == other.constants, math.nan)
    return Flow(axis, first.units, constants)


def split(trace, node):
    flow, parts = trace.flow_of(node.args[0]), node.meta["val"]
    axis = arguments(node)["dim"] % len(shape_of(node.args[0]))
    sizes = [part.shape[axis] for part in parts]
    name, is_even = trace.name_of(node.args[0]), is_operation(node, aten.chunk)
    is_even = is_even and len({*sizes}) == 1
    if name is not None and axis == 0 and is_even:
        return [Part(name, slice(i * sizes[0], (i + 1) * sizes[0])) for i in range(len(parts))]
    if flow is None:
        return None
    if axis != flow.axis:
        return [flow for _ in parts]
    if is_even:
        table = flow.units.view(len(parts), -1)
        trace.evens.append(Even((table,), False, "as many must stay in each part of a chunk"))
    else:
        trace.classes.freeze(flow.units, "it is split into parts of fixed sizes")
    pieces = zip(flow.units.split(sizes), flow.constants.split(sizes), strict=True)
    return [Flow(flow.axis, *piece) for piece in pieces]
