"""What y means: from y to what a loss wants, and from raw outputs back."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from reprlib import repr as shortened

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from sgnn.estimators.class_weights import weights_of_classes
from sgnn.losses.base import Loss
from sgnn.losses.log_loss import LogLoss

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
class Labels(Targets):
    """Class labels, or a binary indicator matrix of labels.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        For indicator matrices the numbers of the columns.
    multilabel : bool
    weightless : ndarray of bool, shape (n_classes,), or None
        Classes whose samples have no weight; their probability is 0. None for indicator matrices,
        and without weights.
    """

    classes: np.ndarray
    multilabel: bool
    weightless: np.ndarray | None = None

    @staticmethod
    def read(y):
        """Return labels as an array, of two dimensions only for an indicator matrix."""
        check_classification_targets(y)
        if sparse.issparse(y):
            y = y.toarray()
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError(
                "y: multiclass-multioutput is not supported; fit one model per output."
            )
        return y if kind == "multilabel-indicator" else column_or_1d(y)

    @classmethod
    def of(cls, y, classes=None):
        multilabel = y.ndim == 2
        labels = np.arange(y.shape[1]) if multilabel else np.unique(y)
        labels = labels if classes is None else np.unique(classes)
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
        outputs = self._without_weightless(outputs)
        if self.multilabel:
            return (outputs > 0).astype(int)
        if self._is_binary:
            return self.classes[(outputs.ravel() > 0).astype(int)]
        return self.classes[outputs.argmax(axis=1)]

    def probabilities(self, outputs):
        """Return the probabilities of the classes, or of each label."""
        positive = self.loss.predicted(self._without_weightless(outputs))
        return np.hstack([1 - positive, positive]) if self._is_binary else positive

    def log_probabilities(self, outputs):
        """Return the logarithms of the probabilities, without underflow."""
        outputs = self._without_weightless(outputs)
        both = np.hstack([-outputs, outputs]) if self._is_binary else outputs
        return self.loss.log_predicted(both)

    def strata(self, targets):
        return None if self.multilabel else targets

    def counts(self, targets, sample_weight):
        """Return how many samples there are of each class, with their weights.

        Parameters
        ----------
        targets : ndarray
            Encoded.
        sample_weight : ndarray of shape (n_samples,) or None

        Returns
        -------
        ndarray of shape (n_columns_of_y, n_classes)
            For indicator matrices the classes are 0 and 1.
        """
        n_classes = len(self._classes_of_a_column)
        return np.array(
            [np.bincount(codes, sample_weight, n_classes) for codes in self._columns(targets)]
        )

    def weigh(self, class_weight, targets, counts, sample_weight):
        """Return sample weights times the weights of the classes.

        Parameters
        ----------
        class_weight : dict, list of dict or "balanced"
        targets : ndarray
            Encoded.
        counts : ndarray
            As :meth:`counts` returns them; what "balanced" follows from.
        sample_weight : ndarray of shape (n_samples,) or None

        Raises
        ------
        ValueError
            If `class_weight` does not fit the classes, a weight is not finite or negative, or no
            sample is left with a weight.
        """
        is_list = isinstance(class_weight, list)
        if class_weight != "balanced" and is_list != self.multilabel:
            raise ValueError(
                f"class_weight={shortened(class_weight)}: it must be 'balanced', a list of dicts, "
                "one per label, for an indicator matrix, and else a dict."
            )
        of_columns = class_weight if is_list else [class_weight] * len(counts)
        if len(of_columns) != len(counts):
            raise ValueError(f"class_weight: {len(of_columns)} dicts for {len(counts)} labels.")
        weights = np.ones(len(targets)) if sample_weight is None else sample_weight
        for of_column, codes, n in zip(of_columns, self._columns(targets), counts, strict=True):
            weights = weights_of_classes(of_column, self._classes_of_a_column, n)[codes] * weights
        if not weights.any():
            raise ValueError(
                f"class_weight={shortened(class_weight)} times sample_weight: all samples have "
                "weight 0."
            )
        return weights

    def weighted(self, targets, sample_weight, known):
        """Return this form with the classes whose samples have no weight marked.

        Parameters
        ----------
        targets : ndarray
            Encoded.
        sample_weight : ndarray of shape (n_samples,) or None
        known : bool
            Whether this is the form of earlier samples; then no classes are added.
        """
        if self.multilabel or (sample_weight is None and self.weightless is None):
            return self
        without_weight = self.counts(targets, sample_weight)[0] == 0
        there = self.counts(targets, None)[0] > 0
        if known:
            there = False if self.weightless is None else self.weightless
        weightless = there & without_weight
        return replace(self, weightless=weightless if weightless.any() else None)

    def _without_weightless(self, outputs):
        """Return raw outputs that give classes without weight a probability of 0."""
        if self.weightless is None:
            return outputs
        if self._is_binary:
            return np.full_like(outputs, _CERTAIN if self.weightless[0] else -_CERTAIN)
        return np.where(self.weightless, outputs.dtype.type(-_CERTAIN), outputs)

    @property
    def _classes_of_a_column(self):
        return [0, 1] if self.multilabel else self.classes.tolist()

    @staticmethod
    def _columns(targets):
        return targets.reshape(len(targets), -1).T.astype(np.intp)

    def check_goes_on_from(self, last):
        same_number = len(self.classes) == len(last.classes)
        if same_number and (self.multilabel, *self.classes) != (last.multilabel, *last.classes):
            raise ValueError(
                f"warm_start=True: y holds the classes or labels {self.classes}, and the network "
                f"to go on from knows {last.classes}."
            )

    def again(self, reader, classes):
        if classes is not None and not np.array_equal(np.unique(classes), self.classes):
            raise ValueError(
                f"classes={classes!r} differ from those of the first call: {self.classes}."
            )
        return self


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
        targets = np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype)
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
