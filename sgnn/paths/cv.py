"""The strength of the penalty by cross-validation along the path: classifier and regressor."""

from dataclasses import dataclass
from functools import wraps
from typing import cast

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sgnn._common.docstrings import takes_over
from sgnn._common.words import F
from sgnn.estimators.classifier import SparseMLPClassifier
from sgnn.estimators.defaults import takes_estimator
from sgnn.estimators.regressor import SparseMLPRegressor
from sgnn.paths.base_cv import SEARCH_CONSTRAINTS, BaseSparseMLPCV


def of_the_chosen(method: F) -> F:
    """Return a method that is that of the network chosen."""

    @wraps(method)
    def call(self, X):
        check_is_fitted(self)
        return getattr(self.estimator_, method.__name__)(X)

    return cast(F, call)


@takes_over(BaseSparseMLPCV)
@takes_estimator
@dataclass(eq=False, repr=False)
class SparseMLPClassifierCV(ClassifierMixin, BaseSparseMLPCV):
    """Sparse network classifier that chooses its size by cross-validation.

    Parameters
    ----------
    estimator, ..., checkpoint
        As in :class:`BaseSparseMLPCV`.

    Attributes
    ----------
    alpha_, ..., intercepts_
        As in :class:`BaseSparseMLPCV`.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_, feature_names_in_
        As in :class:`BaseSparseMLPCV`.

    See Also
    --------
    As in :class:`BaseSparseMLPCV`.

    Notes
    -----
    As in :class:`BaseSparseMLPCV`.

    References
    ----------
    As in :class:`BaseSparseMLPCV`.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sgnn import SparseMLPClassifier, SparseMLPClassifierCV
    >>> X, y = load_wine(return_X_y=True)
    >>> clf = SparseMLPClassifier((20,), penalty="log_sum", random_state=0)
    >>> search = SparseMLPClassifierCV(clf, alphas=15, cv=3).fit(scale(X), y)
    >>> bool(search.best_score_ > 0.9)
    True
    """

    _default_kind = "classifier"
    score = BaseSparseMLPCV.score
    predict = of_the_chosen(SparseMLPClassifier.predict)
    predict_proba = of_the_chosen(SparseMLPClassifier.predict_proba)
    predict_log_proba = of_the_chosen(SparseMLPClassifier.predict_log_proba)
    _parameter_constraints = {**SEARCH_CONSTRAINTS, "estimator": [SparseMLPClassifier, None]}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _has_survival_functions(search):
    return hasattr(search.estimator, "predict_survival_function")


@takes_over(BaseSparseMLPCV)
@takes_estimator
@dataclass(eq=False, repr=False)
class SparseMLPRegressorCV(RegressorMixin, BaseSparseMLPCV):
    """Sparse network regressor that chooses its size by cross-validation.

    Parameters
    ----------
    estimator, ..., checkpoint
        As in :class:`BaseSparseMLPCV`.

    Attributes
    ----------
    alpha_, ..., intercepts_
        As in :class:`BaseSparseMLPCV`.
    n_features_in_, feature_names_in_
        As in :class:`BaseSparseMLPCV`.

    See Also
    --------
    As in :class:`BaseSparseMLPCV`.

    Notes
    -----
    As in :class:`BaseSparseMLPCV`.

    References
    ----------
    As in :class:`BaseSparseMLPCV`.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sgnn import SparseMLPRegressor, SparseMLPRegressorCV
    >>> X, y = make_friedman1(300, random_state=0)
    >>> reg = SparseMLPRegressor((20,), penalty="log_sum", random_state=0)
    >>> search = SparseMLPRegressorCV(reg, alphas=30, cv=3).fit(X, y)
    >>> search.support_[:5].tolist()
    [True, True, True, True, True]
    """

    _default_kind = "regressor"
    score = BaseSparseMLPCV.score
    predict = of_the_chosen(SparseMLPRegressor.predict)
    predict_survival_function = available_if(_has_survival_functions)(
        of_the_chosen(SparseMLPRegressor.predict_survival_function)
    )
    _parameter_constraints = {**SEARCH_CONSTRAINTS, "estimator": [SparseMLPRegressor, None]}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
