"""Sparsity penalties for neural networks, by name and as objects."""

from sgnn.penalties._registry import available, get_penalty, register
from sgnn.penalties.base import GroupPenalty, Penalty, Piece, RowShape, Shape
from sgnn.penalties.l1 import L1, GroupLasso, SparseGroupLasso
from sgnn.penalties.log_sum import LogSum
from sgnn.penalties.mcp import MCP

__all__ = [
    "L1",
    "MCP",
    "GroupLasso",
    "GroupPenalty",
    "LogSum",
    "Penalty",
    "Piece",
    "RowShape",
    "Shape",
    "SparseGroupLasso",
    "available",
    "get_penalty",
    "register",
]
