"""Sparsity penalties for neural networks, by name and as objects."""

from sgnn.penalties._registry import available, get_penalty, register
from sgnn.penalties.base import Penalty, Piece, Shape
from sgnn.penalties.l1 import L1, GroupLasso, SparseGroupLasso
from sgnn.penalties.log_sum import LogSum
from sgnn.penalties.mcp import MCP

__all__ = [
    "L1",
    "MCP",
    "GroupLasso",
    "LogSum",
    "Penalty",
    "Piece",
    "Shape",
    "SparseGroupLasso",
    "available",
    "get_penalty",
    "register",
]
