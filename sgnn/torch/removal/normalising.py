"""Normalisations: functions of each unit, or of all units of a group."""

import math

from sgnn.torch.removal.flows import Flow, finite
from sgnn.torch.removal.nodes import arguments


def batch_norm(trace, node):
    """An affine function of each unit, by its running statistics."""
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
    values = {part: trace.value_of(given[part]) for part in parts if names[part]}
    scale = (values["running_var"] + given["eps"]).rsqrt() * values.get("weight", 1.0)
    shift = values.get("bias", 0 * scale)
    moved = (flow.constants - values["running_mean"]) * scale
    return Flow(1, flow.units, finite(shift + moved.masked_fill(scale == 0, 0)))


def group_norm(trace, node):
    """All channels of a group go, or none."""
    given, flow = arguments(node), trace.flow_of(node.args[0])
    if flow is None or flow.axis != 1:
        return None
    table = flow.units.view(given["num_groups"], -1)
    is_zero = (flow.constants == 0).view(table.shape).all(1, keepdim=True).expand_as(table)
    after = _scaled(trace, flow, given, is_zero.reshape(-1))
    if after is not None:
        trace.classes.join(table[:, :-1], table[:, 1:])
    return after


def instance_norm(trace, node):
    """Each channel is a group of its own."""
    given, flow = arguments(node), trace.flow_of(node.args[0])
    if flow is None or flow.axis != 1 or not given["use_input_stats"]:
        return None
    if given["running_mean"] is not None:
        return None
    return _scaled(trace, flow, given, flow.constants == 0)


def _scaled(trace, flow, given, is_zero):
    """Return normalised units, some of which are 0, after scale and shift."""
    names = [trace.name_of(given[part]) for part in ("weight", "bias")]
    if None in names:
        return None
    for name in names:
        trace.classes.put_on(name, 0, flow.units)
    scale, shift = (trace.value_of(given[part]) for part in ("weight", "bias"))
    return Flow(1, flow.units, shift.where(is_zero | (scale == 0), math.nan))
