"""What the selectors share."""

from abc import ABC

from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted

from sgnn._common.documented import Documented
from sgnn._common.versions import Versioned
from sgnn.estimators.data import check_form
from sgnn.estimators.defaults import check_no_pipeline, default_estimator, kind_of, with_ridge
from sgnn.selection.precision import in_single_precision


class PathSelector(Documented, CallbackSupportMixin, Versioned, SelectorMixin, BaseEstimator, ABC):
    """Abstract: selects features by paths of an estimator, or of the default one."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validate_params(self):
        check_no_pipeline(self.estimator)
        super()._validate_params()

    def _prepare(self, X, y, sample_weight=None):
        """Check the data.

        Returns
        -------
        SparseMLPClassifier or SparseMLPRegressor
            The estimator that was given, or the default one for the data.
        dict
            The fitted attributes that tell number and names of the features.
        """
        given = self.estimator
        estimator = default_estimator(kind_of(y), X, sample_weight) if given is None else given
        form = check_form(estimator, X, y, sample_weight)
        if given is None:
            estimator = with_ridge(estimator, X, y, sample_weight)
            estimator = in_single_precision(estimator, X, y, sample_weight)
        return estimator, form.input_attributes

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_


def check_count(count, n_features):
    """Raise a ValueError if X does not have so many features."""
    if count > n_features:
        raise ValueError(
            f"n_features_to_select={count} is more than the {n_features} features of X."
        )
