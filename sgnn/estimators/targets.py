"""What y means: from y to what a loss wants, and from raw outputs back."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import column_or_1d

from sgnn.losses.base import Loss
from sgnn.losses.squared_error import SquaredError

_CERTAIN = 1e4


class Targets(ABC):
    """The form of the targets that a network has outputs for.

    Attributes
    ----------
    n_outputs : int
    loss : Loss
    """

    n_outputs: int
    loss: Loss

    @staticmethod
    @abstractmethod
    def read(y):
        """Return y as an array in its simplest form, which the other methods take."""

    @classmethod
    @abstractmethod
    def of(cls, y, classes=None):
        """Return the form of y, or of all classes that will ever occur."""

    @abstractmethod
    def encode(self, y, dtype):
        """Return y as the loss wants it.

        Raises
        ------
        ValueError
            If y does not have this form.
        """

    @abstractmethod
    def decode(self, outputs):
        """Return what raw outputs predict, in the form of y."""

    def strata(self, targets):
        """Return what a split of encoded targets is stratified by, or None."""
        return None

    def check_goes_on_from(self, last):
        """Raise a ValueError if the outputs of a network for `last` would change their meaning."""
        return

    def check_classes(self, classes):
        """Raise a ValueError if `classes` were given and are not the ones known."""
        return

    def weighted(self, targets, sample_weight, known):
        """Return this form, with what it learns from the weights of samples."""
        return self

    @property
    def attributes(self):
        """The fitted attributes of an estimator that tell the form, by name."""
        return {}


@dataclass(frozen=True)
class Quantities(Targets):
    """Numbers, one or several per sample.

    Attributes
    ----------
    n_outputs : int
    is_1d : bool
        Whether y has one dimension.
    """

    n_outputs: int
    is_1d: bool

    @staticmethod
    def read(y):
        """Return numbers as an array, of two dimensions only for several outputs."""
        return column_or_1d(y) if y.ndim == 2 and y.shape[1] == 1 else y

    @classmethod
    def of(cls, y, classes=None):
        return cls(1, True) if y.ndim == 1 else cls(y.shape[1], False)

    @property
    def loss(self):
        return SquaredError()

    def encode(self, y, dtype):
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype)
        if not np.isfinite(targets).all():
            raise ValueError(
                f"y reaches {np.abs(y).max():.3g}, too much for X of {dtype}: scale y, or give "
                "X as float64."
            )
        if targets.shape[1] != self.n_outputs:
            raise ValueError(
                f"y has {targets.shape[1]} outputs and the network has {self.n_outputs}."
            )
        values = y.reshape(targets.shape)
        lost = (targets == targets[0]).all(axis=0) & (values != values[0]).any(axis=0)
        if lost.any():
            raise ValueError(
                f"y varies by {np.ptp(values[:, lost], axis=0).max():.3g} around "
                f"{values[0, lost].max():.3g}, which {targets.dtype} cannot tell apart: scale y, "
                "or give X in float64."
            )
        return targets

    def decode(self, outputs):
        outputs = self.loss.predicted(outputs)
        return outputs.ravel() if self.is_1d else outputs
