"""Losses, by name and as objects."""

from sgnn.losses._registry import LOSSES, available, get_loss, register
from sgnn.losses.base import Loss, average_
from sgnn.losses.cox import Cox
from sgnn.losses.gamma import Gamma
from sgnn.losses.huber import Huber
from sgnn.losses.kinds import DevianceLoss, ErrorLoss, LogLinkLoss
from sgnn.losses.log_loss import LogLoss
from sgnn.losses.poisson import Poisson
from sgnn.losses.quantile import Quantile
from sgnn.losses.squared_error import SquaredError

__all__ = [
    "LOSSES",
    "Cox",
    "DevianceLoss",
    "ErrorLoss",
    "Gamma",
    "Huber",
    "LogLinkLoss",
    "LogLoss",
    "Loss",
    "Poisson",
    "Quantile",
    "SquaredError",
    "available",
    "average_",
    "get_loss",
    "register",
]
