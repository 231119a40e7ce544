"""Penalties by name."""

from sgnn._common.registry import Registry
from sgnn.penalties.base import Penalty


def _check(penalty):
    if not (isinstance(penalty, type) and issubclass(penalty, Penalty)):
        raise TypeError(f"penalty must be a subclass of sgnn.penalties.Penalty; got {penalty!r}.")


PENALTIES = Registry(
    "penalty",
    {
        "l1": "sgnn.penalties.l1:L1",
        "group_lasso": "sgnn.penalties.l1:GroupLasso",
        "sparse_group_lasso": "sgnn.penalties.l1:SparseGroupLasso",
        "neuron_lasso": "sgnn.penalties.methods:NeuronLasso",
        "elastic_net": "sgnn.penalties.elastic_net:ElasticNet",
        "mcp": "sgnn.penalties.mcp:MCP",
        "scad": "sgnn.penalties.scad:SCAD",
        "log_sum": "sgnn.penalties.log_sum:LogSum",
        "transformed_l1": "sgnn.penalties.transformed_l1:TransformedL1",
        "integrated_transformed_l1": "sgnn.penalties.methods:IntegratedTransformedL1",
        "capped_l1": "sgnn.penalties.capped_l1:CappedL1",
        "l_half": "sgnn.penalties.bridge:LHalf",
        "l_two_thirds": "sgnn.penalties.bridge:LTwoThirds",
        "l0": "sgnn.penalties.l0:L0",
        "exclusive_lasso": "sgnn.penalties.exclusive:ExclusiveLasso",
        "cges": "sgnn.penalties.methods:CGES",
        "l1_minus_l2": "sgnn.penalties.l1_minus_l2:L1MinusL2",
        "hoyer": "sgnn.penalties.hoyer:Hoyer",
        "hoyer_square": "sgnn.penalties.hoyer:HoyerSquare",
        "group_hoyer_square": "sgnn.penalties.hoyer:GroupHoyerSquare",
        "group_graph": "sgnn.penalties.graph:GroupGraph",
        "graph_log_sum": "sgnn.penalties.graph_log_sum:GraphLogSum",
    },
    _check,
)


_RIDGES = "l2", "ridge", "weight_decay"


def available():
    """Return the names that ``penalty=`` understands.

    Returns
    -------
    list of str
        In the order of the alphabet.

    Examples
    --------
    >>> from sgnn.penalties import available
    >>> available()[:4]
    ['capped_l1', 'cges', 'elastic_net', 'exclusive_lasso']
    """
    return PENALTIES.names()


def register(name, penalty):
    """Make a penalty of your own selectable by name.

    Parameters
    ----------
    name : str
        The name, in this process; an existing one is refused. Workers of a search with ``n_jobs``
        do not know it: give them the penalty object.
    penalty : subclass of Penalty
        Must be constructible without arguments.

    Raises
    ------
    ValueError
        If the name is taken.
    TypeError
        If `name` is not a str, or `penalty` not a subclass of :class:`Penalty`.
    """
    _check(penalty)
    PENALTIES.register(name, penalty)


def get_penalty(penalty):
    """Turn what a user gave as ``penalty`` into a list of penalty objects.

    Parameters
    ----------
    penalty : None, str, Penalty, or list of str and Penalty
        A list is a sum.

    Returns
    -------
    list of Penalty
        Whose sum is meant; of None it is empty.

    Raises
    ------
    ValueError
        If a name is unknown; the nearest known one is named.
    TypeError
        If an element is neither a name nor a penalty.
    """
    if penalty is None:
        return []
    if isinstance(penalty, (list, tuple)):
        return [one for part in penalty for one in get_penalty(part)]
    if isinstance(penalty, Penalty):
        return [penalty]
    if isinstance(penalty, type) and issubclass(penalty, Penalty):
        name = penalty.__name__
        raise TypeError(f"penalty={name} is a class: did you forget the brackets? Give {name}().")
    if not isinstance(penalty, str):
        raise TypeError(
            "penalty must be None, one of the names of sgnn.penalties.available(), a Penalty "
            f"object, or a list of these; got {penalty!r}."
        )
    if penalty in _RIDGES:
        raise ValueError(
            f"penalty={penalty!r}: the ridge makes no zeros, and is a parameter of its own: l2 of "
            "estimators, weight_decay of optimisers."
        )
    if penalty.lower() == "none":
        raise ValueError(f"penalty={penalty!r}: a network without a penalty has penalty=None.")
    return [PENALTIES[penalty]()]
