"""Targets that are labels of classes."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from sgnn._common.words import brief, cut
from sgnn.estimators.class_weights import weights_of_classes
from sgnn.estimators.targets import Targets
from sgnn.losses.log_loss import LogLoss

_CERTAIN = 1e4


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
            raise ValueError(
                f"y holds {brief(unknown.tolist())}, which are not among the classes "
                f"{brief(self.classes.tolist())}; where some come later, give classes= to the "
                "first partial_fit."
            )
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
        """Return the probabilities of the classes, or of each label, small ones as precisely."""
        return self.loss.predicted(self._of_classes(outputs))

    def log_probabilities(self, outputs):
        """Return the logarithms of the probabilities, finite for whatever raw outputs."""
        limit = np.finfo(outputs.dtype).max / 4
        return self.loss.log_predicted(self._of_classes(outputs).clip(-limit, limit))

    def _of_classes(self, outputs):
        """Return one output per class, or label: those of two classes are -z and z."""
        outputs = self._without_weightless(outputs)
        return np.hstack([-outputs, outputs]) if self._is_binary else outputs

    def strata(self, targets):
        return None if self.multilabel else self.classes[self._columns(targets)[0]]

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
            If `class_weight` does not fit the classes, or a weight is not finite or negative.
        """
        is_list = isinstance(class_weight, list)
        if class_weight != "balanced" and is_list != self.multilabel:
            raise ValueError(
                f"class_weight={brief(class_weight)}: it must be 'balanced', a list of dicts, "
                "one per label, for an indicator matrix, and else a dict."
            )
        of_columns = class_weight if is_list else [class_weight] * len(counts)
        if len(of_columns) != len(counts):
            raise ValueError(f"class_weight: {len(of_columns)} dicts for {len(counts)} labels.")
        weights = np.ones(len(targets)) if sample_weight is None else sample_weight
        for of_column, codes, n in zip(of_columns, self._columns(targets), counts, strict=True):
            weights = weights_of_classes(of_column, self._classes_of_a_column, n)[codes] * weights
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

    @property
    def certain(self):
        """Which raw outputs do not depend on X since classes have no weight, and what they are.

        Returns
        -------
        tuple of (ndarray of bool, shape (n_outputs,), float) or None
        """
        if self.weightless is None:
            return None
        if self._is_binary:
            return np.array([True]), _CERTAIN if self.weightless[0] else -_CERTAIN
        return self.weightless, -_CERTAIN

    def _without_weightless(self, outputs):
        """Return raw outputs that give classes without weight a probability of 0."""
        if self.certain is None:
            return outputs
        mask, value = self.certain
        return np.where(mask, outputs.dtype.type(value), outputs)

    @property
    def _classes_of_a_column(self):
        return [0, 1] if self.multilabel else self.classes.tolist()

    @staticmethod
    def _columns(targets):
        return targets.reshape(len(targets), -1).T.astype(np.intp)

    def check_goes_on_from(self, last):
        if (self.multilabel, *self.classes) != (last.multilabel, *last.classes):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {cut(str(last.classes), 80)}, `y` has "
                f"{cut(str(self.classes), 80)}."
            )

    def again(self, reader, classes):
        if classes is not None and not np.array_equal(np.unique(classes), self.classes):
            raise ValueError(
                f"classes={classes!r} differ from those of the first call: {self.classes}."
            )
        return self


def check_order(name, labels):
    """Raise a TypeError for labels of types that cannot be compared."""
    try:
        if np.asarray(labels).dtype == object and not sparse.issparse(labels):
            np.unique(np.asarray(labels))
    except TypeError as error:
        raise TypeError(
            f"{name}: the labels of classes must be all numbers or all strings; got several types."
        ) from error


def joined_targets(parts, owners):
    """Return targets, as they were read, in one array.

    Parameters
    ----------
    parts : list of ndarray
    owners : str
        What has a part each, in the plural.

    Raises
    ------
    ValueError, TypeError
        If they differ in their columns, or some are strings and some numbers.
    """
    shapes = sorted({part.shape[1:] for part in parts})
    if len(shapes) > 1:
        raise ValueError(
            f"y must have the same columns in all {owners}; the shapes of its rows are "
            f"{brief(shapes)}."
        )
    if len({part.dtype.kind in "SU" for part in parts}) > 1:
        parts = [part.astype(object) for part in parts]
    y = np.concatenate(parts)
    check_order("y", y)
    return y
