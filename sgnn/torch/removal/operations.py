"""What the operations of torch do to units; whatever is not here is not known."""

import math

import torch
from torch.fx import Node

from sgnn.torch.removal.flows import Flow, finite, varying
from sgnn.torch.removal.nodes import arguments, shape_of
from sgnn.torch.removal.weighing import convolve, embed, linear, normalise

aten = torch.ops.aten


def _identity(trace, node):
    return trace.flow_of(node.args[0])


def _elementwise(trace, node):
    """A function of each entry, with numbers as its other arguments."""
    flow = trace.flow_of(node.args[0])
    if flow is None or len(node.all_input_nodes) > 1 or node.kwargs.get("rounding_mode"):
        return None
    constants = node.target(flow.constants.clone(), *node.args[1:], **node.kwargs)
    return Flow(flow.axis, flow.units, finite(constants))


def _dropout(trace, node):
    return None if arguments(node)["train"] else trace.flow_of(node.args[0])


def _prelu(trace, node):
    flow, name = trace.flow_of(node.args[0]), trace.name_of(node.args[1])
    if flow is None or name is None or flow.axis != 1:
        return None
    slope = trace.value_of(node.args[1])
    if len(slope) == len(flow.units) > 1:
        trace.classes.put_on(name, 0, flow.units)
    constants = flow.constants.where(flow.constants > 0, slope * flow.constants)
    return Flow(1, flow.units, constants)


def _binary(trace, node):
    """A function of two entries, one of which may be broadcast."""
    if not isinstance(node.args[1], Node):
        return _elementwise(trace, node)
    if node.kwargs.get("rounding_mode"):
        return None
    shape, sides = shape_of(node), node.args[:2]
    flows = [trace.flow_of(side) for side in sides]
    known = next((flow for flow in flows if flow is not None), None)
    if known is None:
        return None
    from_end = len(shape_of(sides[flows.index(known)])) - known.axis
    if shape[-from_end] != len(known.units):
        return None
    constants = []
    for side, flow in zip(sides, flows, strict=True):
        if flow is None:
            of_side = _constants_beside(trace, side, from_end, known.units)
        else:
            fits = len(shape_of(side)) - flow.axis == from_end
            of_side = flow.constants if fits and len(flow.units) == len(known.units) else None
        if of_side is None:
            return None
        constants.append(of_side)
    if None not in flows:
        trace.classes.join(flows[0].units, flows[1].units)
    one, other = constants
    result = node.target(one.clone(), other, **node.kwargs)
    if node.target.overloadpacket in (aten.mul, aten.mul_):
        result = result.masked_fill((one == 0) | (other == 0), 0)
    return Flow(len(shape) - from_end, known.units, finite(result))


def _constants_beside(trace, node, from_end, units):
    """Return the constants of a tensor without units beside some; None if it has its own."""
    shape, name, n_units = shape_of(node), trace.name_of(node), len(units)
    has_units = len(shape) >= from_end and shape[-from_end] != 1
    if has_units and (name is None or shape[-from_end] != n_units):
        return None
    if has_units:
        trace.classes.put_on(name, len(shape) - from_end, units)
    if name is not None and math.prod(shape) in (1, n_units if has_units else 1):
        return trace.value_of(node).reshape(-1).expand(n_units)
    return varying(n_units)


def _pool(n_axes):
    def pool(trace, node):
        flow, given = trace.flow_of(node.args[0]), arguments(node)
        if not _is_on_channels(flow, node.args[0], n_axes):
            return None
        constants = flow.constants
        is_average = node.target.overloadpacket.__name__.startswith("avg")
        if is_average and (any(given["padding"]) or given["ceil_mode"]):
            constants = constants.where(constants == 0, math.nan)
        if given.get("divisor_override") is not None:
            constants = constants.where(constants == 0, math.nan)
        pooled = Flow(1, flow.units, constants)
        return [pooled, None] if isinstance(node.meta["val"], tuple) else pooled

    return pool


def _is_on_channels(flow, node, n_axes):
    return flow is not None and flow.axis == 1 and len(shape_of(node)) == n_axes + 2


def _pad(trace, node):
    flow, given = trace.flow_of(node.args[0]), arguments(node)
    if flow is None or flow.axis >= len(shape_of(node)) - len(given["pad"]) // 2:
        return None
    constants = flow.constants
    if given["mode"] == "constant":
        constants = constants.where(constants == (given["value"] or 0), math.nan)
    return Flow(flow.axis, flow.units, constants)


def _reduce(trace, node):
    flow, given = trace.flow_of(node.args[0]), arguments(node)
    if flow is None or not given.get("dim"):
        return None
    n_axes = len(shape_of(node.args[0]))
    axes = {axis % n_axes for axis in given["dim"]}
    if flow.axis in axes:
        return None
    constants = flow.constants
    if node.target.overloadpacket is aten.sum:
        constants = constants.where(constants == 0, math.nan)
    before = 0 if given["keepdim"] else sum(axis < flow.axis for axis in axes)
    return Flow(flow.axis - before, flow.units, constants)


def _repeated(flow, axis, n_times):
    """Units of which each is followed by others of the same number, as channels are flattened."""
    return Flow(
        axis, flow.units.repeat_interleave(n_times), flow.constants.repeat_interleave(n_times)
    )


def _flatten(trace, node):
    flow, given, shape = trace.flow_of(node.args[0]), arguments(node), shape_of(node.args[0])
    if flow is None:
        return None
    start, end = given["start_dim"] % len(shape), given["end_dim"] % len(shape)
    if flow.axis == start:
        return _repeated(flow, start, math.prod(shape[start + 1 : end + 1]))
    if start < flow.axis <= end:
        return None
    return Flow(flow.axis - (end - start) * (flow.axis > end), flow.units, flow.constants)


def _view(trace, node):
    """Only a size of -1 follows the number of units; others are written in the module."""
    flow, sizes, shape = trace.flow_of(node.args[0]), node.args[1], shape_of(node.args[0])
    if flow is None or -1 not in sizes:
        return None
    axis, after = sizes.index(-1), shape_of(node)
    if (axis == 0) != (flow.axis == 0) or math.prod(after[:axis]) != math.prod(shape[: flow.axis]):
        return None
    n_times, left = divmod(after[axis], shape[flow.axis])
    ends = range(flow.axis + 1, len(shape) + 1)
    if left or not any(math.prod(shape[flow.axis + 1 : end]) == n_times for end in ends):
        return None
    return _repeated(flow, axis, n_times)


def _unflatten(trace, node):
    flow, given = trace.flow_of(node.args[0]), arguments(node)
    axis = given["dim"] % len(shape_of(node.args[0]))
    if flow is None or axis == flow.axis:
        return None
    more = (len(given["sizes"]) - 1) * (axis < flow.axis)
    return Flow(flow.axis + more, flow.units, flow.constants)


def _order(trace, node):
    flow, n_axes = trace.flow_of(node.args[0]), len(shape_of(node))
    if flow is None:
        return None
    if node.target.overloadpacket is aten.permute:
        order = [axis % n_axes for axis in node.args[1]]
    else:
        order, (one, other) = list(range(n_axes)), (axis % n_axes for axis in node.args[1:])
        order[one], order[other] = other, one
    return Flow(order.index(flow.axis), flow.units, flow.constants)


def _unsqueeze(trace, node):
    flow, axis = trace.flow_of(node.args[0]), node.args[1] % len(shape_of(node))
    return flow and Flow(flow.axis + (axis <= flow.axis), flow.units, flow.constants)


def _without_axes(trace, node):
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


def _slice(trace, node):
    flow, axis = trace.flow_of(node.args[0]), arguments(node)["dim"] % len(shape_of(node))
    return None if flow is None or axis == flow.axis else flow


def _cat(trace, node):
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


def _split(trace, node):
    flow, parts = trace.flow_of(node.args[0]), node.meta["val"]
    if flow is None:
        return None
    if arguments(node)["dim"] % len(shape_of(node.args[0])) != flow.axis:
        return [flow for _ in parts]
    trace.classes.freeze(flow.units, "it is split into parts of fixed sizes")
    sizes = [part.shape[flow.axis] for part in parts]
    pieces = zip(flow.units.split(sizes), flow.constants.split(sizes), strict=True)
    return [Flow(flow.axis, *piece) for piece in pieces]


_RULES = {
    _identity: "contiguous clone detach alias",
    _elementwise: """relu gelu sigmoid tanh silu hardtanh hardswish hardsigmoid leaky_relu elu selu
        celu relu6 softplus mish softsign logsigmoid log_sigmoid neg abs square sqrt rsqrt exp log
        sin cos erf clamp clamp_min clamp_max pow rsub reciprocal""",
    _dropout: "dropout feature_dropout alpha_dropout feature_alpha_dropout",
    _prelu: "prelu",
    _binary: "add sub mul div maximum minimum",
    _pad: "pad",
    _reduce: "mean sum amax amin",
    _flatten: "flatten",
    _view: "view reshape _unsafe_view",
    _unflatten: "unflatten",
    _order: "permute transpose",
    _unsqueeze: "unsqueeze",
    _without_axes: "squeeze select",
    _slice: "slice",
    _cat: "cat concat concatenate",
    _split: "chunk split split_with_sizes",
    linear: "linear",
    embed: "embedding",
    normalise: "batch_norm",
}
for _n in (1, 2, 3):
    _RULES[convolve(_n)] = f"conv{_n}d conv_transpose{_n}d"
    _kind = {1: "linear", 2: "bilinear", 3: "trilinear"}[_n]
    _RULES[_pool(_n)] = f"""max_pool{_n}d avg_pool{_n}d adaptive_avg_pool{_n}d
        adaptive_max_pool{_n}d upsample_nearest{_n}d upsample_{_kind}{_n}d"""

#: What each operation does: a function of a trace and a node that returns the flow it puts out, a
#: list of them, or None if it may mix units.
OPERATIONS = {
    getattr(aten, name): rule
    for rule, names in _RULES.items()
    for stem in names.split()
    for name in ((stem, f"{stem}_") if rule in (_elementwise, _dropout, _binary) else (stem,))
    if hasattr(aten, name)
}
