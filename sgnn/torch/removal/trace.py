"""The operations of one forward pass of a module, and the units that flow through them."""

import operator
import warnings

import torch

from sgnn.torch.removal.flows import Classes, Flow, varying
from sgnn.torch.removal.nodes import check_in_place
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
    flows : dict of torch.fx.Node to Flow, list of Flow, or None
    values : dict of str to torch.Tensor
        Parameters and buffers; a tensor of several names has the first one only.

    Raises
    ------
    ValueError
        If the module cannot be exported, or changes a tensor of which it has views in place.
    """

    def __init__(self, module, args):
        self.classes, self.readers, self.flows, self.values = Classes(), [], {}, {}
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
            n_users[name] = n_users.get(name, 0) + len(node.users)
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
        rule = OPERATIONS.get(packet)
        flow = None if rule is None else rule(self, node)
        if flow is None:
            operation = getattr(packet, "__name__", node.target)
            self.freeze_inputs(node, f"{operation} may depend on all units, or on their number")
        return flow

    def name_of(self, node):
        """Return the name of the parameter or buffer that a node is, or None."""
        return self._names.get(node) if isinstance(node, torch.fx.Node) else None

    def value_of(self, node):
        """Return the parameter or buffer that a node is, in float64."""
        return self.values[self.name_of(node)].double()

    def freeze_inputs(self, node, reason):
        """Freeze all units and parameters that an operation reads."""
        for read in node.all_input_nodes:
            flows = self.flows.get(read)
            for flow in flows if isinstance(flows, list) else [flows]:
                if flow is not None:
                    self.classes.freeze(flow.units, reason)
            if self.name_of(read) is not None:
                self.opaque[self.name_of(read)] = reason

    def flow_of(self, node):
        """Return the flow of a node where it is one tensor with known units, else None."""
        flow = self.flows.get(node) if isinstance(node, torch.fx.Node) else None
        return None if isinstance(flow, list) else flow

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
