"""Losses by name."""

from sgnn._common.registry import Registry
from sgnn.losses.base import Loss


def _check(loss):
    if not (isinstance(loss, type) and issubclass(loss, Loss)):
        raise TypeError(f"loss must be a subclass of sgnn.losses.Loss; got {loss!r}.")


LOSSES = Registry(
    "loss",
    {
        "squared_error": "sgnn.losses.squared_error:SquaredError",
        "log_loss": "sgnn.losses.log_loss:LogLoss",
    },
    _check,
)
