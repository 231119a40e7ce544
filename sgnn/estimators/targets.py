"""What y means: from y to what a loss wants, and from raw outputs back."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from sgnn._common.words import brief
from sgnn.losses.base import Loss
from sgnn.losses.log_loss import LogLoss
from sgnn.losses.squared_error import SquaredError


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

    @property
    def attributes(self):
        """The fitted attributes of an estimator that tell the form, by name."""
        return {}


@dataclass(frozen=True)
class Labels(Targets):
    """Class labels, or a binary indicator matrix of labels.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        For indicator matrices the numbers of the columns.
    multilabel : bool
    """

    classes: np.ndarray
    multilabel: bool

    @staticmethod
    def read(y):
        """Return labels as an array, of two dimensions only for an indicator matrix."""
        check_order("y", y)
        check_classification_targets(y)
        if sparse.issparse(y):
            y = y.toarray()
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError(
                "y: multiclass-multioutput is not supported; fit one model per output."
            )
        if kind != "multilabel-indicator":
            return column_or_1d(y)
        if not np.isin(y, (0, 1)).all():
            raise ValueError(
                f"y: whether a sample has a label is told by 0 or 1; got {np.unique(y)[:3]} in an "
                "indicator matrix."
            )
        return y

    @classmethod
    def of(cls, y, classes=None):
        multilabel = y.ndim == 2
        labels = np.arange(y.shape[1]) if multilabel else np.unique(y)
        if classes is not None:
            check_order("classes", classes)
            labels = np.unique(classes)
        if len(labels) < 2 and not multilabel:
            raise ValueError(
                f"y must hold at least two classes; it holds one class only: {labels.tolist()}."
            )
        return cls(labels, multilabel)

    @property
    def n_outputs(self):
        return 1 if self._is_binary else len(self.classes)

    @property
    def loss(self):
        return LogLoss(exclusive=not (self.multilabel or self._is_binary))

    @property
    def attributes(self):
        return {"classes_": self.classes}

    @property
    def _is_binary(self):
        return len(self.classes) == 2 and not self.multilabel

    def encode(self, y, dtype):
        multilabel = y.ndim == 2
        if multilabel != self.multilabel or (multilabel and y.shape[1] != self.n_outputs):
            known = f"{self.n_outputs} labels" if self.multilabel else f"classes {self.classes}"
            raise ValueError(
                f"y does not have the form of the {known} that the network has outputs for."
            )
        if multilabel:
            return y.astype(dtype)
        unknown = np.setdiff1d(y, self.classes)
        if unknown.size:
            raise ValueError(f"y holds {unknown}, which are not among the classes {self.classes}.")
        indices = np.searchsorted(self.classes, y)
        return indices[:, None].astype(dtype) if self._is_binary else indices

    def decode(self, outputs):
        if self.multilabel:
            return (outputs > 0).astype(int)
        if self._is_binary:
            return self.classes[(outputs.ravel() > 0).astype(int)]
        return self.classes[outputs.argmax(axis=1)]

    def probabilities(self, outputs):
        """Return the probabilities of the classes, or of each label, small ones as precisely."""
        return self.loss.predicted(self._of_classes(outputs))

    def log_probabilities(self, outputs):
        """Return the logarithms of the probabilities, finite for whatever raw outputs."""
        limit = np.finfo(outputs.dtype).max / 4
        return self.loss.log_predicted(self._of_classes(outputs).clip(-limit, limit))

    def _of_classes(self, outputs):
        """Return one output per class, or label: those of two classes are -z and z."""
        return np.hstack([-outputs, outputs]) if self._is_binary else outputs

    def strata(self, targets):
        return None if self.multilabel else targets

    def check_goes_on_from(self, last):
        if (self.multilabel, *self.classes) != (last.multilabel, *last.classes):
            raise ValueError(
                f"warm_start=True: y holds the classes or labels {brief(self.classes)}, and the "
                f"network to go on from knows {brief(last.classes)}."
            )

    def check_classes(self, classes):
        if classes is not None and not np.array_equal(np.unique(classes), self.classes):
            raise ValueError(
                f"classes={classes!r} differ from those of the first call: {self.classes}."
            )


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
        return targets

    def decode(self, outputs):
        outputs = self.loss.predicted(outputs)
        return outputs.ravel() if self.is_1d else outputs


def check_order(name, labels):
    """Raise a TypeError for labels of types that cannot be compared."""
    try:
        if np.asarray(labels).dtype == object and not sparse.issparse(labels):
            np.unique(np.asarray(labels))
    except TypeError as error:
        raise TypeError(
            f"{name}: the labels of classes must be all numbers or all strings; got several types "
            f"({error})."
        ) from error


def weigh_classes(class_weight, y, sample_weight):
    """Return sample weights times the weights of the classes.

    Parameters
    ----------
    class_weight : dict, list of dict or "balanced"
    y : array-like
    sample_weight : ndarray of shape (n_samples,) or None

    Raises
    ------
    ValueError
        If a weight is not finite or negative, or all are zero.
    """
    try:
        by_class = compute_sample_weight(class_weight, y)
    except (TypeError, ValueError) as error:
        raise ValueError(f"class_weight={class_weight!r}: {error}") from error
    if not (np.isfinite(by_class).all() and by_class.min() >= 0 and by_class.any()):
        raise ValueError(
            f"class_weight={class_weight!r}: weights must be finite and not negative, and not all "
            "zero."
        )
    return by_class if sample_weight is None else by_class * sample_weight
