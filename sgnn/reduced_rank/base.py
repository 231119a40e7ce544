"""What the estimator and its cross-validation share: data, and reading the coefficients."""

from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    MultiOutputMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted, validate_data

from sgnn._common.columns import naming_columns
from sgnn._common.documented import Documented
from sgnn._common.versions import Versioned
from sgnn.estimators.checks import check_weights
from sgnn.estimators.data import rows_with_weight
from sgnn.estimators.targets import Quantities
from sgnn.reduced_rank.centred import CentredData

_DTYPES = np.float64, np.float32


@dataclass(frozen=True)
class Checked:
    """Data as the solver wants them, and what is learnt of their form."""

    data: CentredData
    dtype: np.dtype
    is_1d: bool
    input_attributes: dict


def check_data(estimator, X, y, sample_weight):
    """Return checked data; samples of weight 0 are left out.

    Raises
    ------
    ValueError, TypeError
        If the data are invalid. The estimator is not changed.
    """
    if sparse.issparse(y):
        raise TypeError(f"y must be dense, such as y.toarray(); got {type(y).__name__}.")
    reader = copy(estimator)
    with naming_columns(X, y):
        X, y = validate_data(
            reader,
            X,
            y,
            accept_sparse="csc",
            dtype=_DTYPES,
            multi_output=True,
            y_numeric=True,
            ensure_min_samples=2,
        )
    names = getattr(reader, "feature_names_in_", None)
    attributes = {"n_features_in_": X.shape[1]}
    attributes |= {} if names is None else {"feature_names_in_": names}
    weights = check_weights(sample_weight, X)
    dtype, y = X.dtype, Quantities.read(y)
    X, Y, weights = rows_with_weight(X, y.reshape(len(y), -1), weights)
    data = CentredData.of(X.astype(np.float64, copy=False), Y.astype(np.float64), weights)
    return Checked(data, dtype, y.ndim == 1, attributes)


class BaseReducedRank(
    Documented,
    Versioned,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    MultiOutputMixin,
    RegressorMixin,
    BaseEstimator,
):
    """Abstract: coefficients with few rows and a low rank, once they are fitted."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.single_output = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def predict(self, X) -> np.ndarray:
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            In the form of the targets of ``fit``.
        """
        features = self.columns_in_use(X)
        return features @ self.coef_[..., self.selected_features_].T + self.intercept_

    def transform(self, X) -> np.ndarray:
        """Return the scores.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Of mean 0 and uncorrelated on the training data.
        """
        features, selected = self.columns_in_use(X), self.selected_features_
        rotations = self.x_rotations_[selected]
        return features @ rotations - self._x_mean[selected] @ rotations

    def get_support(self, indices=False) -> np.ndarray:
        """Return which features are used.

        Parameters
        ----------
        indices : bool, default=False
            Whether to return indices instead of a mask.

        Returns
        -------
        ndarray of bool, shape (n_features,), or of int
            A mask, or indices in growing order.
        """
        check_is_fitted(self)
        return self.selected_features_ if indices else self.support_

    @property
    def _n_features_out(self):
        return self.n_components_

    def columns_in_use(self, X):
        """Return the columns of the features that are used.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_selected_features)
            In the order of ``selected_features_``.
        """
        check_is_fitted(self)
        with naming_columns(X):
            X = validate_data(self, X, accept_sparse=("csr", "csc"), dtype=_DTYPES, reset=False)
        columns = X[:, self.selected_features_]
        return columns if isinstance(columns, np.ndarray) else columns.toarray()
