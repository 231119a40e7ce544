"""What penalties cannot do without."""

from sgnn.penalties import available
from sgnn.penalties._registry import PENALTIES


def needed(*edges):
    """Return, by name, the parameters of the penalties that need a graph, with these edges."""
    return {
        name: {"graph": list(edges)}
        for name in available()
        if "graph" in PENALTIES[name].__dataclass_fields__
    }
