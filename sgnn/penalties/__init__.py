"""Sparsity penalties for neural networks, by name and as objects."""

from sgnn.penalties._registry import available, get_penalty, register
from sgnn.penalties.base import GroupPenalty, Penalty, Piece, RowShape, Shape
from sgnn.penalties.bridge import LHalf, LTwoThirds
from sgnn.penalties.capped_l1 import CappedL1
from sgnn.penalties.elastic_net import ElasticNet
from sgnn.penalties.exclusive import ExclusiveLasso
from sgnn.penalties.graph import GroupGraph
from sgnn.penalties.graph_log_sum import GraphLogSum
from sgnn.penalties.hoyer import GroupHoyerSquare, Hoyer, HoyerSquare
from sgnn.penalties.l0 import L0
from sgnn.penalties.l1 import L1, GroupLasso, SparseGroupLasso
from sgnn.penalties.l1_minus_l2 import L1MinusL2
from sgnn.penalties.log_sum import LogSum
from sgnn.penalties.mcp import MCP
from sgnn.penalties.methods import CGES, IntegratedTransformedL1, NeuronLasso
from sgnn.penalties.scad import SCAD
from sgnn.penalties.transformed_l1 import TransformedL1

__all__ = [
    "CGES",
    "L0",
    "L1",
    "MCP",
    "SCAD",
    "CappedL1",
    "ElasticNet",
    "ExclusiveLasso",
    "GraphLogSum",
    "GroupGraph",
    "GroupHoyerSquare",
    "GroupLasso",
    "GroupPenalty",
    "Hoyer",
    "HoyerSquare",
    "IntegratedTransformedL1",
    "L1MinusL2",
    "LHalf",
    "LTwoThirds",
    "LogSum",
    "NeuronLasso",
    "Penalty",
    "Piece",
    "RowShape",
    "Shape",
    "SparseGroupLasso",
    "TransformedL1",
    "available",
    "get_penalty",
    "register",
]
