"""Recurrent networks: they read units of the layer before and, one step later, their own."""

import torch

from sgnn.torch.removal.flows import Even, Flow, Grid, Part, Reader, varying
from sgnn.torch.removal.nodes import arguments, aten, is_operation


def recur(gate, n_gates):
    """Return what a recurrent network does.

    Parameters
    ----------
    gate : int
        Number of the gate without which a unit is 0 from the first step to the last.
    n_gates : int
    """

    def recurrence(trace, node):
        given = arguments(node)
        names = [trace.name_of(parameter) for parameter in given["params"]]
        n_sides, n_each = 1 + given["bidirectional"], 2 + 2 * given["has_biases"]
        n_cells = given["num_layers"] * n_sides
        is_known = None not in names and len(names) == n_each * n_cells
        if not is_known or given["train"] or not _starts_at_zero(node, given["hx"]):
            return None
        flow = trace.read_flow(given["input"], 2, trace.values[names[0]].shape[1])
        if flow is None:
            return None
        cells = []
        for index in range(n_cells):
            own = names[n_each * index : n_each * (index + 1)]
            cells.append(_cell(trace, flow, own, gate, n_gates))
            if len(cells) % n_sides == 0:
                last = [cells[side] for side in range(-n_sides, 0)]
                units, constants = zip(*last, strict=True)
                flow = Flow(2, torch.cat(units), torch.cat(constants))
        tables, constants = (torch.stack(parts) for parts in zip(*cells, strict=True))
        reason = f"as many must stay in each layer as in that of {names[1]}"
        trace.evens.append(Even((tables,), False, reason))
        states = Grid((0, 2), tables, constants)
        return [flow, states, states]

    return recurrence


def _starts_at_zero(node, states):
    """Whether the first states are zeros that the recurrent module has made."""
    states = states if isinstance(states, (list, tuple)) else [states]
    stack = list(node.meta.get("nn_module_stack", ()))
    return all(
        is_operation(state, aten.zeros)
        and list(state.meta.get("nn_module_stack", ())) == stack
        and "torch.nn.modules.rnn" in str(state.meta["nn_module_stack"][stack[-1]])
        for state in states
    )


def _cell(trace, flow, names, gate, n_gates):
    """Let one layer read, in one direction; return its units, and the constants of these."""
    of_input, of_state = (trace.values[name].double().cpu() for name in names[:2])
    units = trace.classes.new(of_state.shape[1])
    rows = units.repeat(n_gates)
    for name in names:
        trace.classes.put_on(name, 0, rows)
    trace.classes.put_on(names[0], 1, flow.units)
    trace.classes.put_on(names[1], 1, units)
    constants = _zeros(trace, flow, names, slice(gate * len(units), (gate + 1) * len(units)))
    has_target = len(names) > 2 and names[2] not in trace.opaque
    target = (Part(names[2]), 1) if has_target else None
    folds = (flow.constants == 0) | (flow.constants.isfinite() & has_target)
    of_rows = of_input, of_input != 0, folds, target, "it is read by a layer without a bias"
    trace.readers.append(Reader(names[0], flow, rows, varying(len(rows)), *of_rows))
    of_rows = of_state, of_state != 0, constants == 0, None, "it is read by a recurrent layer"
    own = Flow(2, units, constants)
    trace.readers.append(Reader(names[1], own, rows, constants.repeat(n_gates), *of_rows))
    return units, constants


def _zeros(trace, flow, names, rows):
    """Return 0 for the units that are 0 at all times, nan for others.

    They start at 0, and stay there if the rows of one gate are 0 but for what reads such units.
    """
    of_input, of_state = (trace.values[name][rows].double().cpu() for name in names[:2])
    added = of_input @ flow.constants.nan_to_num(0.0)
    stay = ~((of_input != 0) & flow.constants.isnan()).any(1)
    if len(names) > 2:
        biases = [trace.values[name][rows].double().cpu() for name in names[2:]]
        added, stay = added + biases[0], stay & (biases[1] == 0)
    stay &= added == 0
    for _ in range(len(stay)):
        stay = stay & ~(of_state[:, ~stay] != 0).any(1)
    return torch.zeros(len(stay), dtype=torch.float64).where(stay, torch.nan)
