"""Structures by name; nothing here imports torch."""

from sgnn._common.registry import Registry


def _check(structure):
    if not callable(structure):
        raise TypeError(f"groups must be a subclass of Groups; got {structure!r}.")


def _layers_of(name):
    def build(parameters, blocks=None):
        from sgnn.groups.whole_layers import WholeLayers

        return WholeLayers(parameters, STRUCTURES[name](parameters, blocks))

    return build


#: Callables ``(parameters, blocks) -> Groups``.
STRUCTURES = Registry(
    "groups",
    {"weights": "sgnn.groups.weights:SingleWeights", "layer": _layers_of("weights")},
    _check,
)

#: Structures that the ``groups`` of a penalty may name.
AROUND_UNITS = []

#: Names that stand for the sum over several structures.
SUMS = {
    "both": ("outgoing", "incoming"),
    "layer of both": ("layer of outgoing", "layer of incoming"),
}


def register(name, structure):
    """Make a structure selectable by name, as ``groups`` of penalties and of pieces.

    Parameters
    ----------
    name : str
        The name, in this process; an existing one is refused. The layers of such groups get the
        name ``"layer of <name>"``.
    structure : subclass of sgnn.groups.base.Groups, or str
        A str is the place of one, ``"package.module:Class"``, imported when it is asked for.

    Raises
    ------
    ValueError
        If the name is taken.
    TypeError
        If `name` is not a str, or `structure` not a structure.
    """
    if name in SUMS:
        raise ValueError(f"The name {name!r} is taken by the sum over {SUMS[name]}.")
    STRUCTURES.register(name, structure)
    STRUCTURES.register(f"layer of {name}", _layers_of(name))
    AROUND_UNITS.append(name)


def structures_of(name):
    """Return the structures that a name stands for, one or several.

    Parameters
    ----------
    name : str
        As penalties take it for `groups`.

    Returns
    -------
    tuple of str
        Names of :data:`STRUCTURES`; of "both" two, which are summed.

    Raises
    ------
    ValueError
        If the name is unknown; the nearest known one is named.
    """
    if isinstance(name, str) and name in SUMS:
        return SUMS[name]
    STRUCTURES[name]
    return (name,)


register("outgoing", "sgnn.groups.blocks:outgoing")
register("incoming", "sgnn.groups.units:Incoming")
register("taps", "sgnn.groups.kernels:Taps")
register("kernels", "sgnn.groups.kernels:Kernels")
