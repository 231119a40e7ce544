"""The reading side of the estimators: everything that looks at a fitted network."""

from abc import ABC
from itertools import pairwise

import numpy as np
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sgnn.networks import compact

_CURVES = {
    "loss": "loss_curve_",
    "objective": "objective_curve_",
    "validation_loss": "validation_loss_curve_",
    "validation_score": "validation_scores_",
    "n_neurons": "n_neurons_curve_",
}


class FittedNetwork(SelectorMixin, ABC):
    """Abstract mixin: selection of inputs, inspection and raw predictions."""

    def _compacted(self, coefs, intercepts):
        """Return weights, biases and kept units of what is left of a full-size network."""
        return compact.compact(coefs, intercepts, self.activation, self._feature_blocks)

    def _network_attributes(self, coefs, intercepts, kept):
        """Return the fitted attributes that describe a compact network, by name."""
        importances = np.zeros(len(kept[0]), dtype=coefs[0].dtype)
        importances[kept[0]] = np.linalg.norm(coefs[0], axis=1)
        n_weights = sum(len(before) * len(after) for before, after in pairwise(kept))
        n_kept = sum(np.count_nonzero(coef) for coef in coefs)
        return {
            "coefs_": coefs,
            "intercepts_": intercepts,
            "kept_units_": kept,
            "n_neurons_": tuple(int(mask.sum()) for mask in kept),
            "sparsity_": float(1 - n_kept / n_weights),
            "support_": kept[0],
            "selected_features_": np.flatnonzero(kept[0]),
            "feature_importances_": importances,
        }

    def _set_fitted(self, network, histories, append=False):
        """Set all fitted attributes from a compact network; with `append`, the curves go on."""
        for name, value in self._network_attributes(*network).items():
            setattr(self, name, value)
        for name, attribute in _CURVES.items():
            curve = [value for history in histories for value in getattr(history, name)]
            previous = getattr(self, attribute, None) if append else None
            setattr(self, attribute, [*(previous or []), *curve] or None)
        self.best_loss_ = min(self.loss_curve_)
        self.n_iter_ = len(self.loss_curve_)

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    def _raw_outputs(self, X):
        """Return the raw outputs, shape (n_samples, n_outputs)."""
        if not self._is_plainly_valid(X):
            check_is_fitted(self)
            X = validate_data(
                self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False
            )
        inputs = X if self.support_.all() else X[:, self.selected_features_]
        return compact.forward(inputs, self.coefs_, self.intercepts_, self.activation)

    def _is_plainly_valid(self, X):
        """Whether X is a finite array as the network wants it, told in a few microseconds.

        Full validation costs most of the prediction of a few rows. What is doubtful here, such as a
        sum that overflows, is left to it.
        """
        return (
            type(X) is np.ndarray
            and hasattr(self, "coefs_")
            and not hasattr(self, "feature_names_in_")
            and X.dtype == self.coefs_[0].dtype
            and X.ndim == 2
            and X.shape[0] > 0
            and X.shape[1] == self.n_features_in_
            and bool(np.isfinite(X.sum()))
        )

    def expand(self):
        """Return the network at its full size.

        Returns
        -------
        coefs : list of ndarray of shape (n_in, n_out)
            Weight matrices, with zeros for everything that was removed.
        intercepts : list of ndarray of shape (n_out,)
            Biases; removed units have zero.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sgnn import SparseMLPClassifier
        >>> clf = SparseMLPClassifier((20,), random_state=0).fit(*load_iris(return_X_y=True))
        >>> [coef.shape for coef in clf.expand()[0]]
        [(4, 20), (20, 3)]
        """
        check_is_fitted(self)
        return compact.expand(self.coefs_, self.intercepts_, self.kept_units_)

    def summary(self):
        """Return a table of the units, weights and multiply-adds that are left.

        Returns
        -------
        str
        """
        check_is_fitted(self)
        return compact.summary(self.coefs_, self.kept_units_)

    def to_torch(self):
        """Return the compact network as a plain torch module.

        It takes the selected features (``X[:, support_]``) and returns raw outputs: predictions of
        a regressor, logits of a classifier.

        Returns
        -------
        torch.nn.Sequential
            Holds copies of the weights.
        """
        check_is_fitted(self)
        from sgnn.networks.export import to_sequential

        return to_sequential(self.coefs_, self.intercepts_, self.activation)
