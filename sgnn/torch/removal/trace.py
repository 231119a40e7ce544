"""The operations of one forward pass of a module, and the units that flow through them."""

import operator
import warnings

import torch

from sgnn.torch.removal.flows import Classes, Flow, Grid, Part, varying
from sgnn.torch.removal.grids import ON_GRIDS
from sgnn.torch.removal.nodes import check_in_place, n_uses
from sgnn.torch.removal.operations import OPERATIONS


class Trace:
    """What each operation of a module does to units.

    Whatever is not known to work unit by unit freezes the units that it touches.

    Parameters
    ----------
    module : torch.nn.Module
        In evaluation mode.
    args : tuple
        Example inputs.

    Attributes
    ----------
    classes : Classes
    readers : list of Reader
    evens : list of Even
    flows : dict of torch.fx.Node to Flow, Grid, Part, list of these, or None
    values : dict of str to torch.Tensor
        Parameters and buffers; a tensor of several names has the first one only.

    Raises
    ------
    ValueError
        If the module cannot be exported, or changes a tensor of which it has views in place.
    """

    def __init__(self, module, args):
        self.classes, self.readers, self.evens = Classes(), [], []
        self.flows, self.values = {}, {}
        first_names, all_names = {}, {}
        named = [
            *module.named_parameters(remove_duplicate=False),
            *module.named_buffers(remove_duplicate=False),
        ]
        for name, tensor in named:
            all_names[name] = first_names.setdefault(id(tensor), name)
            self.values.setdefault(all_names[name], tensor.detach())
        program = _export(module, args)
        signature = program.graph_signature
        names = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        nodes = list(program.graph.nodes)
        self._names = {
            node: all_names[names[node.name]]
            for node in nodes
            if node.op == "placeholder" and node.name in names
        }
        self.opaque = self._shared()
        for node in nodes:
            self.flows[node] = self._visit(node)
        for (name, _), units in self.classes.axes.items():
            if name in self.opaque:
                self.classes.freeze(units, self.opaque[name])

    def _shared(self):
        """Return the parameters that several operations use, and what that means."""
        n_users = {}
        for node, name in self._names.items():
            n_users[name] = n_users.get(name, 0) + n_uses(node)
        return {name: f"{name} is used {n} times" for name, n in n_users.items() if n > 1}

    def _visit(self, node):
        """Return the flow that an operation puts out, a list of them, or None."""
        if node.op == "output":
            self.freeze_inputs(node, "it is an output")
        if node.op != "call_function":
            return None
        if node.target is operator.getitem:
            flows = self.flows[node.args[0]]
            return flows[node.args[1]] if isinstance(flows, list) else None
        packet = getattr(node.target, "overloadpacket", None)
        if packet is not None and packet.__name__.endswith("_"):
            check_in_place(node)
        on_grids = any(isinstance(self.flows[read], Grid) for read in node.all_input_nodes)
        rule = (ON_GRIDS if on_grids else OPERATIONS).get(packet)
        flow = None if rule is None else rule(self, node)
        if flow is None:
            operation = getattr(packet, "__name__", node.target)
            self.freeze_inputs(node, f"{operation} may depend on all units, or on their number")
        return flow

    def name_of(self, node):
        """Return the name of the parameter or buffer that a node is, or None."""
        return self._names.get(node) if isinstance(node, torch.fx.Node) else None

    def part_of(self, node):
        """Return the parameter or buffer that a node is, or is a part of, or None."""
        flow = self.flows.get(node) if isinstance(node, torch.fx.Node) else None
        if isinstance(flow, Part):
            return flow
        return None if self.name_of(node) is None else Part(self.name_of(node))

    def values_of(self, part):
        """Return a parameter or buffer, or a part of it."""
        return self.values[part.name][part.rows]

    def value_of(self, node):
        """Return the parameter or buffer that a node is, in float64 on the CPU."""
        return self.values[self.name_of(node)].double().cpu()

    def freeze_inputs(self, node, reason):
        """Freeze all units and parameters that an operation reads."""
        for read in node.all_input_nodes:
            flows = self.flows.get(read)
            for flow in flows if isinstance(flows, list) else [flows]:
                if isinstance(flow, (Flow, Grid)):
                    self.classes.freeze(flow.units, reason)
            if self.part_of(read) is not None:
                self.opaque[self.part_of(read).name] = reason

    def flow_of(self, node):
        """Return the flow of a node where it is one tensor with known units, else None."""
        flow = self.flows.get(node) if isinstance(node, torch.fx.Node) else None
        return flow if isinstance(flow, Flow) else None

    def grid_of(self, node):
        """Return the grid of a node, or None."""
        flow = self.flows.get(node) if isinstance(node, torch.fx.Node) else None
        return flow if isinstance(flow, Grid) else None

    def read_flow(self, node, axis, n_units):
        """Return the flow that a layer reads on an axis, where it can be told; else None."""
        flow = self.flow_of(node)
        if flow is None and self.flows.get(node) is None:
            return self.unknown_flow(axis, n_units)
        return flow if flow is not None and flow.axis == axis else None

    def unknown_flow(self, axis, n_units):
        """Return a flow of units of which nothing is known, and which stay."""
        units = self.classes.new(n_units)
        self.classes.freeze(units, "nothing is known of it")
        return Flow(axis, units, varying(n_units))


def _export(module, args):
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.export.export(module, args, strict=False)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise ValueError(
            "module must have operations that do not depend on values, and run on the example "
            f"inputs; torch.export says: {reason}"
        ) from error
