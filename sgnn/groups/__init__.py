"""Structures, by name."""

from sgnn.groups.base import Groups
from sgnn.groups.layers import Layers
from sgnn.groups.units import Incoming, Outgoing
from sgnn.groups.weights import SingleWeights

__all__ = ["Groups", "Incoming", "Layers", "Outgoing", "SingleWeights", "make_groups"]


def make_groups(name, parameters, blocks=None):
    """Build a structure by name.

    Parameters
    ----------
    name : {"weights", "outgoing", "incoming", "layer", "layer of outgoing", "layer of incoming"}
    parameters : Parameters
        The full-size network.
    blocks : array of int, shape (n_inputs,), default=None
        Blocks of inputs that stand or fall together, for "outgoing" groups.

    Returns
    -------
    Groups
    """
    if name == "weights":
        return SingleWeights(parameters)
    if name == "layer":
        return Layers(parameters, SingleWeights(parameters))
    if name.startswith("layer of "):
        return Layers(parameters, make_groups(name.removeprefix("layer of "), parameters, blocks))
    return Incoming(parameters) if name == "incoming" else Outgoing(parameters, blocks)
