"""What y means: from y to what a loss wants, and from raw outputs back."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.validation import column_or_1d

from sgnn.losses.base import Loss

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
    def plain(y):
        """Return y as scikit-learn can check it."""
        return y

    @abstractmethod
    def read(self, y):
        """Return y as an array in its simplest form, which the other methods take."""

    @abstractmethod
    def of(self, y, classes=None):
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

    def again(self, reader, classes):
        """Return this form for later data.

        Parameters
        ----------
        reader : Targets
            What these are read by.
        classes : array-like or None

        Raises
        ------
        ValueError
            If `classes` were given and are not the ones known, or the outputs would change their
            meaning.
        """
        return self

    def weighted(self, targets, sample_weight, known):
        """Return this form, with what it learns from the weights of samples."""
        return self

    @property
    def attributes(self):
        """The fitted attributes of an estimator that tell the form, by name."""
        return {}


@dataclass(frozen=True)
class Quantities(Targets):
    """Numbers, one or several per sample, and what is made small of them.

    Attributes
    ----------
    loss : Loss
    n_columns : int or None
        Of encoded targets; None before any were seen.
    """

    loss: Loss
    n_columns: int | None = None

    def plain(self, y):
        """Return y as scikit-learn can check it: without fields."""
        has_fields = getattr(getattr(y, "dtype", None), "names", None)
        return self.loss.columns(y) if has_fields else y

    @staticmethod
    def read(y):
        """Return numbers as an array, of two dimensions only for several columns."""
        return column_or_1d(y) if y.ndim == 2 and y.shape[1] == 1 else y

    def of(self, y, classes=None):
        return replace(self, n_columns=1 if y.ndim == 1 else y.shape[1])

    @property
    def n_outputs(self):
        return self.loss.n_outputs(self.n_columns)

    def encode(self, y, dtype):
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype)
        if not np.isfinite(targets).all():
            raise ValueError(
                f"y reaches {np.abs(y).max():.3g}, too much for X of {dtype}: scale y, or give "
                "X as float64."
            )
        if targets.shape[1] != self.n_columns:
            raise ValueError(
                f"y has {targets.shape[1]} outputs and the network has {self.n_columns}."
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
        predicted = self.loss.predicted(outputs)
        return predicted.ravel() if self.n_outputs == 1 else predicted

    def strata(self, targets):
        return self.loss.strata(targets)

    def check_goes_on_from(self, last):
        if type(self.loss) is not type(last.loss):
            raise ValueError(
                f"loss={self.loss!r}: the network to go on from was trained for {last.loss!r}, and "
                "its outputs would change their meaning."
            )

    def again(self, reader, classes):
        reader.check_goes_on_from(self)
        return replace(self, loss=reader.loss)
