"""What the operations of torch do to units; whatever is not here is not known."""

import math

from torch.fx import Node

from sgnn.torch.removal.flows import Flow, finite, varying
from sgnn.torch.removal.nodes import arguments, aten, shape_of
from sgnn.torch.removal.normalising import batch_norm, group_norm, instance_norm
from sgnn.torch.removal.recurrent import recur
from sgnn.torch.removal.reshaping import (
    cat,
    flatten,
    order,
    slice_,
    split,
    unflatten,
    unsqueeze,
    view,
    without_axes,
)
from sgnn.torch.removal.weighing import convolve, embed, linear


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
        return None if node.users else []  # It runs with any number of units, and nobody reads it.
    constants = flow.constants
    if node.target.overloadpacket is aten.sum:
        constants = constants.where(constants == 0, math.nan)
    before = 0 if given["keepdim"] else sum(axis < flow.axis for axis in axes)
    return Flow(flow.axis - before, flow.units, constants)


def _gated(trace, node):
    """One half of the units times the sigmoid of the other."""
    flow, axis = trace.flow_of(node.args[0]), arguments(node)["dim"] % len(shape_of(node))
    if flow is None:
        return None
    if axis != flow.axis:
        return Flow(flow.axis, flow.units, flow.constants * flow.constants.sigmoid())
    (units, gates), (constants, others) = flow.units.chunk(2), flow.constants.chunk(2)
    trace.classes.join(units, gates)
    after = (constants * others.sigmoid()).masked_fill(constants == 0, 0)
    return Flow(axis, units, after)


def _softmax(trace, node):
    flow, axis = trace.flow_of(node.args[0]), node.args[1] % len(shape_of(node))
    if flow is None or axis == flow.axis:
        return None
    return Flow(flow.axis, flow.units, varying(len(flow.units)))


def _masked_fill(trace, node):
    flow, from_end = trace.flow_of(node.args[0]), 0
    if flow is None or isinstance(node.args[2], Node):
        return None
    from_end = len(shape_of(node.args[0])) - flow.axis
    beside = _constants_beside(trace, node.args[1], from_end, flow.units)
    return None if beside is None else Flow(flow.axis, flow.units, 0 * beside + math.nan)


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
    flatten: "flatten",
    view: "view reshape _unsafe_view",
    unflatten: "unflatten",
    order: "permute transpose",
    unsqueeze: "unsqueeze",
    without_axes: "squeeze select",
    slice_: "slice",
    cat: "cat concat concatenate",
    split: "chunk split split_with_sizes",
    _gated: "glu",
    _softmax: "softmax",
    _masked_fill: "masked_fill",
    linear: "linear",
    embed: "embedding",
    batch_norm: "batch_norm",
    group_norm: "group_norm",
    instance_norm: "instance_norm",
    recur(gate=2, n_gates=4): "lstm",
    recur(gate=2, n_gates=3): "gru",
    recur(gate=0, n_gates=1): "rnn_tanh rnn_relu",
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
