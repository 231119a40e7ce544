"""The strength of the penalty by cross-validation along the path."""

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    _fit_context,
    is_classifier,
)
from sklearn.feature_selection import SelectorMixin
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, indexable

from sgnn._common.warnings import warn
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.constraints import PATH_CONSTRAINTS
from sgnn.estimators.data import check_form
from sgnn.estimators.defaults import default_estimator
from sgnn.estimators.learnt import set_learnt
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.paths.choice import RULES, choose, standard_error
from sgnn.paths.docstrings import document
from sgnn.paths.sparse_mlp_path import compute_path

SEARCH_CONSTRAINTS = {
    **PATH_CONSTRAINTS,
    "cv": ["cv_object"],
    "scoring": [str, callable, None],
    "rule": [StrOptions(set(RULES))],
    "tol": [Interval(Real, 0, None, closed="left")],
    "n_jobs": [Integral, None],
}
_OF_ESTIMATOR = [
    "alpha_",
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


@dataclass(eq=False, repr=False)
class BaseSparseMLPCV(SelectorMixin, BaseEstimator, ABC):
    """Abstract: a path on all data, and paths along the same strengths on folds.

    See :class:`SparseMLPClassifierCV` and :class:`SparseMLPRegressorCV`.
    """

    estimator: BaseEstimator | None = None
    _: KW_ONLY
    alphas: object = 60
    max_iter: int | str = "auto"
    cv: object = None
    scoring: object = None
    rule: str = "1se"
    tol: float = 0.0
    n_jobs: int | None = None

    @property
    @abstractmethod
    def _default_kind(self):
        """What `estimator` is if it is None, "classifier" or "regressor"."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

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
        check_form(estimator, X, y, sample_weight)
        X, y, sample_weight = indexable(X, y, sample_weight)
        scorer = check_scoring(estimator, self.scoring)
        splits = list(check_cv(self.cv, y, classifier=is_classifier(self)).split(X, y))
        arguments = {"alphas": self.alphas, "max_iter": self.max_iter}
        path = compute_path(estimator, X, y, sample_weight=sample_weight, **arguments)
        arguments["alphas"] = path.alphas[1:]
        folds = Parallel(n_jobs=self.n_jobs)(
            delayed(_scores_of_fold)(estimator, X, y, sample_weight, *split, scorer, arguments)
            for split in splits
        )
        scores, n_features = map(np.array, zip(*folds, strict=True))
        there = path.n_features > 0
        means, errors = scores.mean(axis=0)[there], standard_error(scores)[there]
        if not np.isfinite(means).any():
            raise ValueError(
                f"All scores are nan: scoring={self.scoring!r} is undefined on the test parts of "
                f"cv={self.cv!r}."
            )
        best = choose(self.rule, means, errors, self.tol)
        self._warn_at_the_edge(path, best)
        chosen = path.estimator(best)
        there = [name for name in _OF_ESTIMATOR if hasattr(chosen, name)]
        attributes = {name: getattr(chosen, name) for name in there}
        attributes |= {
            "alphas_": path.alphas,
            "scores_path_": scores,
            "n_features_path_": n_features,
            "best_index_": best,
            "best_score_": float(means[best]),
            "path_": path,
            "n_iter_": path.n_iter,
            "estimator_": chosen,
        }
        set_learnt(self, attributes)
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

    def _warn_at_the_edge(self, path, best):
        """Warn if the choice fell on an end of the path that is not an end by nature."""
        finds = isinstance(self.alphas, Integral)
        if best == len(path) - 1:
            further = "raise alphas or max_iter" if finds else "let alphas go further"
            advice = f"the best network may be smaller: {further}"
        elif best == 0 and not finds:
            advice = "the best network may be between it and the first alpha: start with less"
        else:
            return
        warn(f"alpha={path.alphas[best]:.3g} was chosen, at the edge of the path; {advice}.")


def _scores_of_fold(estimator, X, y, sample_weight, train, test, scorer, arguments):
    """Return the score and the number of features at each alpha, the dense network first."""
    weights = None if sample_weight is None else _safe_indexing(sample_weight, train)
    X_train, y_train = _safe_indexing(X, train), _safe_indexing(y, train)
    path = compute_path(
        estimator, X_train, y_train, sample_weight=weights, is_fold=True, **arguments
    )
    X_test, y_test = _safe_indexing(X, test), _safe_indexing(y, test)
    scores = [scorer(path.estimator(index), X_test, y_test) for index in range(len(path))]
    n_missing = len(arguments["alphas"]) + 1 - len(path)
    return np.pad(scores, (0, n_missing), "edge"), np.pad(path.n_features, (0, n_missing), "edge")


@document
class SparseMLPClassifierCV(ClassifierMixin, BaseSparseMLPCV):
    """Sparse network classifier that chooses its size by cross-validation.

    {method}

    Parameters
    ----------
    estimator : SparseMLPClassifier or None, default=None
        Network, penalty and training, as for :func:`sgnn.sparse_mlp_path`. None is
        ``SparseMLPClassifier(penalty="log_sum")``, with ``l2=1e-3`` and a ``max_iter`` that suits
        the data; for results that repeat, give one with a ``random_state``.
    {path}
    scoring : str or callable, default=None
        What decides, and what :meth:`score` returns, as everywhere in scikit-learn; None is
        accuracy.
    {choice}

    Attributes
    ----------
    {fitted}
    estimator_ : SparseMLPClassifier
        The network chosen, never an empty one.
    {chosen}
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    {seen}

    See Also
    --------
    sgnn.sparse_mlp_path : The path.
    sgnn.SparseMLPSelector : A selector of features with the same choice.

    References
    ----------
    The rule of one standard error: Breiman, Friedman, Olshen & Stone (1984), "Classification and
    regression trees", section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sgnn import SparseMLPClassifier, SparseMLPClassifierCV
    >>> X, y = load_wine(return_X_y=True)
    >>> clf = SparseMLPClassifier((20,), penalty="log_sum", random_state=0)
    >>> search = SparseMLPClassifierCV(clf).fit(scale(X), y)
    >>> bool(search.best_score_ > 0.9)
    True
    """

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


@document
class SparseMLPRegressorCV(RegressorMixin, BaseSparseMLPCV):
    """Sparse network regressor that chooses its size by cross-validation.

    {method}

    Parameters
    ----------
    estimator : SparseMLPRegressor or None, default=None
        Network, penalty and training, as for :func:`sgnn.sparse_mlp_path`. None is
        ``SparseMLPRegressor(penalty="log_sum")``, with ``l2=1e-3`` and a ``max_iter`` that suits
        the data; for results that repeat, give one with a ``random_state``.
    {path}
    scoring : str or callable, default=None
        What decides, and what :meth:`score` returns, as everywhere in scikit-learn; None is
        :math:`R^2`.
    {choice}

    Attributes
    ----------
    {fitted}
    estimator_ : SparseMLPRegressor
        The network chosen, never an empty one.
    {chosen}
    {seen}

    See Also
    --------
    sgnn.sparse_mlp_path : The path.
    sgnn.SparseMLPSelector : A selector of features with the same choice.

    References
    ----------
    The rule of one standard error: Breiman, Friedman, Olshen & Stone (1984), "Classification and
    regression trees", section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sgnn import SparseMLPRegressor, SparseMLPRegressorCV
    >>> X, y = make_friedman1(300, random_state=0)
    >>> reg = SparseMLPRegressor((20,), penalty="log_sum", random_state=0)
    >>> search = SparseMLPRegressorCV(reg).fit(X, y)
    >>> search.support_[:5].tolist()
    [True, True, True, True, True]
    """

    _default_kind = "regressor"
    score = BaseSparseMLPCV.score
    _parameter_constraints = {**SEARCH_CONSTRAINTS, "estimator": [SparseMLPRegressor, None]}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
