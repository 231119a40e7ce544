"""Features of linked samples."""

from sgnn.linked.features import neighbor_features

__all__ = ["neighbor_features"]
