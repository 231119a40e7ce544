"""Penalties by name."""

from difflib import get_close_matches

from sgnn.penalties.base import Penalty
from sgnn.penalties.bridge import LHalf, LTwoThirds
from sgnn.penalties.capped_l1 import CappedL1
from sgnn.penalties.elastic_net import ElasticNet
from sgnn.penalties.exclusive import ExclusiveLasso
from sgnn.penalties.graph import GroupGraph
from sgnn.penalties.hoyer import GroupHoyerSquare, Hoyer, HoyerSquare
from sgnn.penalties.l0 import L0
from sgnn.penalties.l1 import L1, GroupLasso, SparseGroupLasso
from sgnn.penalties.l1_minus_l2 import L1MinusL2
from sgnn.penalties.log_sum import LogSum
from sgnn.penalties.mcp import MCP
from sgnn.penalties.methods import CGES, IntegratedTransformedL1, NeuronLasso
from sgnn.penalties.scad import SCAD
from sgnn.penalties.transformed_l1 import TransformedL1

_PENALTIES = {
    "l1": L1,
    "group_lasso": GroupLasso,
    "sparse_group_lasso": SparseGroupLasso,
    "neuron_lasso": NeuronLasso,
    "elastic_net": ElasticNet,
    "mcp": MCP,
    "scad": SCAD,
    "log_sum": LogSum,
    "transformed_l1": TransformedL1,
    "integrated_transformed_l1": IntegratedTransformedL1,
    "capped_l1": CappedL1,
    "l_half": LHalf,
    "l_two_thirds": LTwoThirds,
    "l0": L0,
    "exclusive_lasso": ExclusiveLasso,
    "cges": CGES,
    "l1_minus_l2": L1MinusL2,
    "hoyer": Hoyer,
    "hoyer_square": HoyerSquare,
    "group_hoyer_square": GroupHoyerSquare,
    "group_graph": GroupGraph,
}


def available():
    """Return the names that ``penalty=`` understands.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from sgnn.penalties import available
    >>> available()[:4]
    ['capped_l1', 'cges', 'elastic_net', 'exclusive_lasso']
    """
    return sorted(_PENALTIES)


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
    if not isinstance(name, str):
        raise TypeError(f"name must be a str; got {name!r}.")
    if name in _PENALTIES:
        raise ValueError(f"The name {name!r} is taken by {_PENALTIES[name].__name__}.")
    if not (isinstance(penalty, type) and issubclass(penalty, Penalty)):
        raise TypeError(f"penalty must be a subclass of sgnn.penalties.Penalty; got {penalty!r}.")
    _PENALTIES[name] = penalty


def get_penalty(penalty):
    """Turn what a user gave as ``penalty`` into a list of penalty objects.

    Parameters
    ----------
    penalty : None, str, Penalty, or list of str and Penalty
        A list is a sum.

    Returns
    -------
    list of Penalty

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
    if not isinstance(penalty, str):
        raise TypeError(
            "penalty must be None, one of the names of sgnn.penalties.available(), a Penalty "
            f"object, or a list of these; got {penalty!r}."
        )
    if penalty not in _PENALTIES:
        near = get_close_matches(penalty.lower(), _PENALTIES, n=1, cutoff=0.6)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"penalty={penalty!r} is unknown; it must be one of {', '.join(available())}.{hint}"
        )
    return [_PENALTIES[penalty]()]
