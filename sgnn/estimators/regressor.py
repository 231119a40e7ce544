"""The regressor."""

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils.validation import column_or_1d

from sgnn._common.atomic import all_or_nothing
from sgnn.estimators.base import BaseSparseMLP
from sgnn.estimators.docstrings import document


@document(
    summary="Multilayer perceptron regressor that finds its own size.",
    loss="half squared error, summed over outputs",
    peer="MLPRegressor",
    score=":math:`R^2`",
    auto_alpha=r""":math:`0.42\, n^{-0.85} \sigma_y^{2 - 1/L}` with :math:`n` samples, targets of
    standard deviation :math:`\sigma_y` and :math:`L` weight matrices""",
    units="those in which the targets have standard deviation 1",
    class_weight="",
    classes="",
    max_iter=160,
    learning_rate_init="0.01",
    example="""
    >>> from sklearn.datasets import load_diabetes
    >>> from sgnn import SparseMLPRegressor
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_diabetes(return_X_y=True)
    >>> reg = make_pipeline(StandardScaler(), SparseMLPRegressor(random_state=0)).fit(X, y)
    >>> reg.score(X, y) > 0.5
    True
""",
)
class SparseMLPRegressor(RegressorMixin, BaseSparseMLP):
    _auto_alpha = 0.42
    _loss = "squared_error"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train one epoch at the constant initial rate, on the full-size network.

        Nothing is removed from the network that is trained, so what is zero may come back; the
        fitted attributes describe what :meth:`fit` would have kept of it. ``alpha="auto"`` and the
        unit of the targets are settled by the data of :meth:`fit`, or else of the first call, which
        should hold more than a few samples.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the data type of the training inputs.
        """
        outputs = self._raw_outputs(X)
        return outputs.ravel() if self._is_1d else outputs

    def _encode(self, y, dtype, reset, classes=None):
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        targets = np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype)
        if reset:
            self._n_outputs, self._is_1d = targets.shape[1], y.ndim == 1
        elif targets.shape[1] != self._n_outputs:
            raise ValueError(
                f"y has {targets.shape[1]} outputs and the network has {self._n_outputs}."
            )
        return targets

    def _sample_scores(self, outputs, targets):
        targets = targets.astype(np.float64, copy=False)
        squares, variances = (targets - outputs) ** 2, targets.var(axis=0)
        varies = variances > 0
        ratios = np.where(varies, squares, squares.mean(axis=0) > 0)
        return 1 - (ratios / np.where(varies, variances, 1)).mean(axis=1)

    def _target_scale(self, targets, sample_weight):
        targets = targets.astype(np.float64, copy=False)
        center = np.average(targets, axis=0, weights=sample_weight)
        with np.errstate(over="ignore", invalid="ignore"):
            variances = np.average((targets - center) ** 2, axis=0, weights=sample_weight)
        scale = float(np.sqrt(np.mean(variances)))
        if not scale < np.inf:
            raise ValueError(f"y reaches {np.abs(targets).max():.3g}, too much to square: scale y.")
        return scale if scale > 0 else 1.0

    def _strata(self, targets):
        return None
