"""Losses, by name and as objects."""

from sgnn.losses._registry import LOSSES
from sgnn.losses.base import Loss, average_
from sgnn.losses.log_loss import LogLoss
from sgnn.losses.squared_error import SquaredError

__all__ = ["LOSSES", "LogLoss", "Loss", "SquaredError", "average_"]
