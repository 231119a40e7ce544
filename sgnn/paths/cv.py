"""The strength of the penalty by cross-validation along the path."""

import warnings
from abc import ABC, abstractmethod
from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    _fit_context,
    clone,
    is_classifier,
)
from sklearn.feature_selection import SelectorMixin
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, indexable

from sgnn._common.atomic import all_or_nothing
from sgnn._common.attributes import take_over
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.constraints import PATH_CONSTRAINTS
from sgnn.estimators.defaults import default_estimator
from sgnn.estimators.docstrings import document_cv
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.paths.path import RULES, choose, standard_error
from sgnn.paths.walk import walk_path

SEARCH_CONSTRAINTS = {
    **PATH_CONSTRAINTS,
    "cv": ["cv_object"],
    "scoring": [str, callable, None],
    "rule": [StrOptions(set(RULES))],
    "tol": [Interval(Real, 0, None, closed="left")],
    "n_jobs": [Integral, None],
}
_OF_ESTIMATOR = [
    "coefs_",
    "intercepts_",
    "n_neurons_",
    "sparsity_",
    "support_",
    "selected_features_",
    "feature_importances_",
    "classes_",
    "n_features_in_",
    "feature_names_in_",
]


class BaseSparseMLPCV(SelectorMixin, BaseEstimator, ABC):
    """Abstract: a path on all data, and paths along the same strengths on folds.

    See :class:`SparseMLPClassifierCV` and :class:`SparseMLPRegressorCV`.
    """

    def __init__(
        self,
        estimator=None,
        *,
        alphas=60,
        max_iter="auto",
        cv=None,
        scoring=None,
        rule="1se",
        tol=0.0,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.alphas = alphas
        self.max_iter = max_iter
        self.cv = cv
        self.scoring = scoring
        self.rule = rule
        self.tol = tol
        self.n_jobs = n_jobs

    @property
    @abstractmethod
    def _default_kind(self):
        """What `estimator` is if it is None, "classifier" or "regressor"."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Walk the path on all data and on the folds, and choose from it.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples, for training; the scores have none.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid. The estimator is then as it was before the call.
        """
        estimator = self.estimator
        if estimator is None:
            estimator = default_estimator(self._default_kind, X)
        clone(estimator)._check_data(X, y, sample_weight)
        X, y, sample_weight = indexable(X, y, sample_weight)
        scorer = check_scoring(estimator, self.scoring)
        splits = list(check_cv(self.cv, y, classifier=is_classifier(self)).split(X, y))
        arguments = {"alphas": self.alphas, "max_iter": self.max_iter}
        path = walk_path(estimator, X, y, sample_weight=sample_weight, **arguments)
        arguments["alphas"] = path.alphas[1:]
        folds = Parallel(n_jobs=self.n_jobs)(
            delayed(_scores_of_fold)(estimator, X, y, sample_weight, *split, scorer, arguments)
            for split in splits
        )
        self.alphas_ = path.alphas
        self.scores_path_, self.n_features_path_ = map(np.array, zip(*folds, strict=True))
        there = path.n_features > 0
        means = self.scores_path_.mean(axis=0)[there]
        errors = standard_error(self.scores_path_)[there]
        if not np.isfinite(means).any():
            raise ValueError(
                f"All scores are nan: scoring={self.scoring!r} is undefined on the test parts of "
                f"cv={self.cv!r}."
            )
        self.best_index_ = choose(self.rule, means, errors, self.tol)
        self.best_score_ = float(means[self.best_index_])
        self._warn_at_the_edge(path)
        self.path_, self.n_iter_ = path, path.n_iter
        self.estimator_ = path.estimator(self.best_index_)
        self.alpha_ = self.estimator_.alpha_
        take_over(self, self.estimator_, _OF_ESTIMATOR)
        return self

    def predict(self, X):
        """Predict with the network that was chosen.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    def score(self, X, y, sample_weight=None):
        """Return the score of the network that was chosen, by `scoring`.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        check_is_fitted(self)
        scorer = check_scoring(self.estimator_, self.scoring)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return scorer(self.estimator_, X, y, **weights)

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    def _warn_at_the_edge(self, path):
        """Warn if the choice fell on an end of the path that is not an end by nature."""
        finds = isinstance(self.alphas, Integral)
        if self.best_index_ == len(path) - 1:
            further = "raise alphas or max_iter" if finds else "let alphas go further"
            advice = f"the best network may be smaller: {further}"
        elif self.best_index_ == 0 and not finds:
            advice = "the best network may be between it and the first alpha: start with less"
        else:
            return
        warnings.warn(
            f"alpha={path.alphas[self.best_index_]:.3g} was chosen, at the edge of the path; "
            f"{advice}.",
            UserWarning,
            stacklevel=5,
        )


def _scores_of_fold(estimator, X, y, sample_weight, train, test, scorer, arguments):
    """Return the score and the number of features at each alpha, the dense network first."""
    weights = None if sample_weight is None else _safe_indexing(sample_weight, train)
    X_train, y_train = _safe_indexing(X, train), _safe_indexing(y, train)
    path = walk_path(estimator, X_train, y_train, sample_weight=weights, **arguments)
    X_test, y_test = _safe_indexing(X, test), _safe_indexing(y, test)
    scores = [scorer(path.estimator(index), X_test, y_test) for index in range(len(path))]
    n_missing = len(arguments["alphas"]) + 1 - len(path)
    return np.pad(scores, (0, n_missing), "edge"), np.pad(path.n_features, (0, n_missing), "edge")


@document_cv(
    summary="Sparse network classifier that chooses its size by cross-validation.",
    estimator="SparseMLPClassifier",
    score="accuracy",
    classes="""classes_ : ndarray of shape (n_classes,)
    Class labels.
""",
    example="""
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sgnn import SparseMLPClassifier, SparseMLPClassifierCV
    >>> X, y = load_wine(return_X_y=True)
    >>> clf = SparseMLPClassifier((20,), penalty="log_sum", random_state=0)
    >>> search = SparseMLPClassifierCV(clf).fit(scale(X), y)
    >>> bool(search.best_score_ > 0.9)
    True
""",
)
class SparseMLPClassifierCV(ClassifierMixin, BaseSparseMLPCV):
    _default_kind = "classifier"
    score = BaseSparseMLPCV.score
    _parameter_constraints = {**SEARCH_CONSTRAINTS, "estimator": [SparseMLPClassifier, None]}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns as in ``classes_``.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns as in ``classes_``.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)


@document_cv(
    summary="Sparse network regressor that chooses its size by cross-validation.",
    estimator="SparseMLPRegressor",
    score=":math:`R^2`",
    classes="",
    example="""
    >>> from sklearn.datasets import make_friedman1
    >>> from sgnn import SparseMLPRegressor, SparseMLPRegressorCV
    >>> X, y = make_friedman1(300, random_state=0)
    >>> reg = SparseMLPRegressor((20,), penalty="log_sum", random_state=0)
    >>> search = SparseMLPRegressorCV(reg).fit(X, y)
    >>> search.support_[:5].tolist()
    [True, True, True, True, True]
""",
)
class SparseMLPRegressorCV(RegressorMixin, BaseSparseMLPCV):
    _default_kind = "regressor"
    score = BaseSparseMLPCV.score
    _parameter_constraints = {**SEARCH_CONSTRAINTS, "estimator": [SparseMLPRegressor, None]}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
