"""The classifier."""

import numpy as np
from scipy import sparse
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import compute_sample_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from sgnn._common.atomic import all_or_nothing
from sgnn.estimators.base import BaseSparseMLP
from sgnn.estimators.constraints import CONSTRAINTS
from sgnn.estimators.docstrings import document


@document(
    summary="Multilayer perceptron classifier that finds its own size.",
    loss="log loss (summed over labels for multilabel targets)",
    peer="MLPClassifier",
    score="accuracy",
    auto_alpha=r":math:`0.17\, n^{-0.85}` with :math:`n` samples",
    units="all 1",
    class_weight="""class_weight : dict, list of dict, "balanced" or None, default=None
    Weights of the classes, times the sample weights.
""",
    classes="""classes_ : ndarray of shape (n_classes,)
    Class labels; for multilabel targets ``arange(n_labels)``.
""",
    max_iter=160,
    learning_rate_init="0.01",
    example="""
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgnn import SparseMLPClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = make_pipeline(StandardScaler(), SparseMLPClassifier(random_state=0)).fit(X, y)
    >>> clf.score(X, y) > 0.95
    True
    >>> clf[-1].sparsity_ > 0.5
    True
""",
)
class SparseMLPClassifier(ClassifierMixin, BaseSparseMLP):
    _auto_alpha = 0.17
    _parameter_constraints = {
        **CONSTRAINTS,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        penalty="group_lasso",
        alpha="auto",
        l2=0.0,
        refit=False,
        feature_groups=None,
        class_weight=None,
        solver="adam",
        batch_size="auto",
        learning_rate="cosine",
        learning_rate_init=0.01,
        max_iter=160,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        n_iter_no_change=10,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        warm_start=False,
        verbose=False,
        device="cpu",
        n_threads=1,
    ):
        super().__init__(
            hidden_layer_sizes,
            activation,
            penalty=penalty,
            alpha=alpha,
            l2=l2,
            refit=refit,
            feature_groups=feature_groups,
            solver=solver,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            warm_start=warm_start,
            verbose=verbose,
            device=device,
            n_threads=n_threads,
        )
        self.class_weight = class_weight

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one epoch at the constant initial rate, on the full-size network.

        Nothing is removed from the network that is trained, so what is zero may come back; the
        fitted attributes describe what :meth:`fit` would have kept of it. ``alpha="auto"`` is
        settled by the data of :meth:`fit`, or else of the first call, which should hold more than
        a few samples.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a binary indicator matrix.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur. If None, those of the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid; also for ``class_weight="balanced"``, which
            needs all data at once. The estimator is then as it was before the call.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                'class_weight="balanced" needs all data at once, and partial_fit sees a part: give '
                "a dict of weights, or sample_weight."
            )
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X):
        """Predict classes, or a binary indicator matrix for multilabel targets.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        outputs = self._raw_outputs(X)
        if self._multilabel:
            return (outputs > 0).astype(int)
        if self._loss == "logistic":
            return self.classes_[(outputs.ravel() > 0).astype(int)]
        return self.classes_[outputs.argmax(axis=1)]

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns as in ``classes_``; for multilabel targets each label by itself.
        """
        outputs = self._raw_outputs(X)
        if self._loss == "softmax":
            return softmax(outputs, axis=1)
        positive = expit(outputs)
        return positive if self._multilabel else np.hstack([1 - positive, positive])

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class, without underflow.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns as in ``classes_``.
        """
        outputs = self._raw_outputs(X)
        if self._loss == "softmax":
            return log_softmax(outputs, axis=1)
        if self._multilabel:
            return log_expit(outputs)
        return np.hstack([log_expit(-outputs), log_expit(outputs)])

    def _encode(self, y, dtype, reset, classes=None):
        check_classification_targets(y)
        if sparse.issparse(y):
            y = y.toarray()
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError(
                "y: multiclass-multioutput is not supported; fit one model per output."
            )
        multilabel = kind == "multilabel-indicator"
        if not multilabel:
            y = column_or_1d(y, warn=True)
        if reset:
            self._learn_classes(y, classes, multilabel)
        self._check_against_classes(y, classes, multilabel)
        if self._multilabel:
            return y.astype(dtype)
        indices = np.searchsorted(self.classes_, y)
        return indices if self._loss == "softmax" else indices[:, None].astype(dtype)

    def _learn_classes(self, y, classes, multilabel):
        labels = np.arange(y.shape[1]) if multilabel else np.unique(y)
        labels = labels if classes is None else np.unique(classes)
        n_classes = len(labels)
        goes_on = self.warm_start and hasattr(self, "coefs_") and n_classes == len(self.classes_)
        if goes_on and (multilabel, *labels) != (self._multilabel, *self.classes_):
            raise ValueError(
                f"warm_start=True: y holds the classes or labels {labels}, and the network to go "
                f"on from knows {self.classes_}."
            )
        self._multilabel, self.classes_ = multilabel, labels
        if n_classes < 2 and not multilabel:
            raise ValueError(
                f"y must hold at least two classes; it holds one class only: {labels.tolist()}."
            )
        self._loss = "softmax" if not multilabel and n_classes > 2 else "logistic"
        self._n_outputs = n_classes if multilabel or n_classes > 2 else 1

    def _check_against_classes(self, y, classes, multilabel):
        if multilabel != self._multilabel or (multilabel and y.shape[1] != self._n_outputs):
            known = f"{self._n_outputs} labels" if self._multilabel else f"classes {self.classes_}"
            raise ValueError(
                f"y does not have the form of the {known} that the network has outputs for."
            )
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} differ from those of the first call: {self.classes_}."
            )
        unknown = np.setdiff1d(y, self.classes_)
        if not multilabel and unknown.size:
            raise ValueError(f"y holds {unknown}, which are not among the classes {self.classes_}.")

    def _combined_weights(self, y, sample_weight):
        if self.class_weight is None:
            return sample_weight
        if sparse.issparse(y):
            y = y.toarray()
        try:
            by_class = compute_sample_weight(self.class_weight, y)
        except (TypeError, ValueError) as error:
            raise ValueError(f"class_weight={self.class_weight!r}: {error}") from error
        if not (np.isfinite(by_class).all() and by_class.min() >= 0 and by_class.any()):
            raise ValueError(
                f"class_weight={self.class_weight!r}: weights must be finite and not negative, and "
                "not all zero."
            )
        return by_class if sample_weight is None else by_class * sample_weight

    def _sample_scores(self, outputs, targets):
        if self._loss == "softmax":
            return outputs.argmax(axis=1) == targets
        return ((outputs > 0) == targets).all(axis=1)

    def _target_scale(self, targets, sample_weight):
        return 1.0

    def _strata(self, targets):
        return None if self._multilabel else targets
