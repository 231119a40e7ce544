"""What the selectors share."""

from abc import ABC

from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted

from sgnn.paths.defaults import default_estimator, kind_of


class PathSelector(SelectorMixin, BaseEstimator, ABC):
    """Abstract: selects features by paths of an estimator, or of the default one."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _estimator_for(self, X, y):
        """Return the estimator that was given, or the default one for the data."""
        return default_estimator(kind_of(y), X) if self.estimator is None else self.estimator

    def _set_names(self, model):
        """Take over number and names of the features from an estimator that has seen them."""
        self.n_features_in_ = model.n_features_in_
        if hasattr(model, "feature_names_in_"):
            self.feature_names_in_ = model.feature_names_in_

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_
