"""What the selectors share."""

from abc import ABC

from sklearn.base import BaseEstimator, clone
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted

from sgnn._common.attributes import take_over
from sgnn.estimators.defaults import default_estimator, kind_of


class PathSelector(SelectorMixin, BaseEstimator, ABC):
    """Abstract: selects features by paths of an estimator, or of the default one."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _prepare(self, X, y, sample_weight=None):
        """Check the data, learn number and names of the features.

        Returns
        -------
        SparseMLPClassifier or SparseMLPRegressor
            The estimator that was given, or the default one for the data.
        """
        given = self.estimator
        estimator = default_estimator(kind_of(y), X) if given is None else given
        form = clone(estimator)
        form._check_data(X, y, sample_weight)
        take_over(self, form, ["n_features_in_", "feature_names_in_"])
        return estimator

    def _check_count(self, count):
        """Raise a ValueError if X does not have so many features."""
        if count > self.n_features_in_:
            raise ValueError(
                f"n_features_to_select={count} is more than the {self.n_features_in_} features "
                "of X."
            )

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_
