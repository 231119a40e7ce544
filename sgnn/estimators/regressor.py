"""The regressor."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from sgnn._common.docstrings import takes_over
from sgnn._common.private_sklearn import _fit_context, available_if
from sgnn._common.warnings import SgnnUndefinedMetricWarning, warn
from sgnn._common.words import refuses
from sgnn.estimators.base import BaseSparseMLP
from sgnn.estimators.checks import takes_parts
from sgnn.estimators.data import check_scored
from sgnn.estimators.parameters import SparseMLPParameters
from sgnn.estimators.targets import Quantities
from sgnn.losses import Loss, get_loss
from sgnn.losses.survival import StepFunctions


def _has_survival_functions(regressor):
    return hasattr(get_loss(regressor.loss), "survival_functions")


@takes_over(SparseMLPParameters)
@dataclass(eq=False, repr=False)
class SparseMLPRegressor(RegressorMixin, BaseSparseMLP):
    r"""Multilayer perceptron regressor that finds its own size.

    Inputs, hidden units and single weights that the penalty makes redundant are exactly zero and
    physically removed from the fitted network. Scale X first, for instance with
    :class:`sklearn.preprocessing.StandardScaler`: penalty and rates are made for inputs of about
    unit size. The objective is meant literally, whatever the solver:

    .. math::
        \frac{\sum_i s_i\, \ell(y_i, f(x_i))}{\sum_i s_i} + \alpha\,\Omega(W)
        + \frac{\texttt{l2}}{2} \sum w^2

    with sample weights :math:`s`, :math:`\ell` the `loss`, such as half the squared error, summed
    over outputs, and biases free of any penalty (but for "incoming" groups, which hold the bias of
    their unit).
    The estimator is also a selector: :meth:`transform` keeps the inputs that the network uses.

    With ``alpha="auto"``, or nothing penalised, targets in other units give the same model in other
    units, and each of several outputs is learnt in its own. A number for `alpha` or `l2` holds for
    the targets as they are; only outputs whose standard deviations :math:`\sigma_k` differ by more
    than a factor of 10 are brought to a common unit, :math:`y_k \bar\sigma / \sigma_k` with the
    root mean square :math:`\bar\sigma`, because the sum of squares would be that of the largest
    alone.

    Parameters
    ----------
    hidden_layer_sizes, activation, penalty
        As in :class:`SparseMLPParameters`.
    loss : str or Loss, default="squared_error"
        What is made small: a name of :func:`sgnn.losses.available`, or a loss object, such as
        ``Huber(delta=0.5)``. It says what :meth:`predict` and :meth:`score` return:

        - "squared_error": means; :math:`R^2`
        - "huber": locations that outliers hardly move; :math:`D^2`, which is 1 minus the loss
          relative to that of the best constant
        - "quantile": the quantile 0.9, or that of ``Quantile(quantile=...)``; :math:`D^2`
        - "poisson": means of counts, or of rates with the exposure as ``sample_weight``;
          :math:`D^2` of the deviance
        - "gamma": means of positive amounts; :math:`D^2` of the deviance
        - "cox": logarithms of hazards, from survival times that may be censored; Harrell's
          concordance; y is (event, time), a structured array as in scikit-survival or two columns.
          Each batch holds all samples, so there is one step per epoch: `max_iter` may have to be
          raised. See also :meth:`predict_survival_function`
    alpha : float >= 0 or "auto", default="auto"
        Strength of the penalty; the ridge, which is `alpha` in MLPClassifier, is `l2`. "auto" is
        :math:`0.42\, n^{-0.85} s` for :math:`n` samples, in natural units: the objective is then
        that of targets divided by their standard deviations, or means under "poisson" and "gamma",
        each output by its own. There the slope of the loss at the best constant is 1, of the
        squared error, or has the root mean square :math:`s`. It follows the noise, as in the scaled
        lasso (Sun & Zhang 2012, doi:10.1093/biomet/ass043): that is multiplied by
        :math:`\sqrt{D / D_0}`, at least a hundredth, with the losses :math:`D` of a pilot fit and
        :math:`D_0` of the best constant on a quarter of the samples that is held out from it. The
        pilot takes half of `max_iter`, and no random numbers of `random_state`. There is none under
        "quantile" and "cox", with fewer than 20 samples, and in ``partial_fit``. See ``alpha_``.
    l2, refit, feature_groups
        As in :class:`SparseMLPParameters`.
    solver, ..., checkpoint
        As in :class:`SparseMLPParameters`.

    Attributes
    ----------
    alpha_ : float
        Strength that was used. For "auto" it is told times :math:`\sigma_y^{2 - 1/L}`, with
        :math:`L` weight matrices, where that as a number would give the same model: under penalties
        of the lasso and group lasso kind, without biases in groups, with one output and an
        activation that is homogeneous ("relu", "leaky_relu", "identity"). Else it is told in
        natural units.
    network_, ..., validation_loss_curve_
        As in :class:`SparseMLPParameters`.
    validation_scores_ : list of float or None
        Scores on held-out data, as :meth:`score` returns them.
    n_neurons_curve_, ..., n_iter_
        As in :class:`SparseMLPParameters`.
    n_features_in_, feature_names_in_
        As in :class:`SparseMLPParameters`.

    See Also
    --------
    sklearn.neural_network.MLPRegressor : The dense counterpart.

    Notes
    -----
    As in :class:`SparseMLPParameters`.

    References
    ----------
    As in :class:`SparseMLPParameters`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgnn import SparseMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> reg = make_pipeline(StandardScaler(), SparseMLPRegressor(random_state=0)).fit(X, y)
    >>> reg.score(X, y) > 0.5
    True
    """

    loss: str | Loss = "squared_error"

    _auto_alpha = 0.42
    _parameter_constraints = {
        **SparseMLPParameters._parameter_constraints,
        "loss": [str, Loss],
    }

    @property
    def _targets(self):
        return Quantities(get_loss(self.loss))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @available_if(takes_parts)
    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None) -> Self:
        """Train one epoch at the constant initial rate, on the full-size network.

        Nothing is removed from the network that is trained, so what is zero may come back; the
        fitted attributes describe what :meth:`fit` would have kept of it. ``alpha="auto"`` and the
        unit of the targets follow all samples so far, each as often as it came. The rate is
        `learning_rate_init` at the time of the call: lower it from call to call, by
        ``set_params``, for the noise to settle.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples. They count between calls: the step of a call is
            as long as its samples weigh, per mini-batch, relative to those of all calls so far.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError, KeyboardInterrupt
            As for :meth:`SparseMLPClassifier.partial_fit`.
        """
        loss = get_loss(self.loss)
        if not loss.separable:
            raise ValueError(
                f"loss={self.loss!r}: partial_fit sees a part of the samples, and the loss of each "
                "depends on all; use fit."
            )
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X) -> np.ndarray:
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the data type of the training inputs; see `loss`.
        """
        outputs = self._raw_outputs(X)
        return self._form.targets.decode(outputs)

    @available_if(_has_survival_functions)
    def predict_survival_function(self, X) -> StepFunctions:
        """Predict the probability to survive each time; for ``loss="cox"``.

        It is :math:`e^{-H(t) e^z}` with the raw output :math:`z` and Breslow's estimate :math:`H`
        of the cumulative hazard of the baseline on the training data.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        StepFunctions
            ``.times``, those of the events in the training data; ``.values``, the probabilities
            from each of them on, of shape (n_samples, n_times); called with times, it returns the
            values there.

        Examples
        --------
        >>> import numpy as np
        >>> from sgnn import SparseMLPRegressor
        >>> X = np.random.default_rng(0).normal(size=(50, 2))
        >>> y = np.column_stack([np.ones(50), np.exp(X[:, 0])])
        >>> reg = SparseMLPRegressor(loss="cox", random_state=0).fit(X, y)
        >>> reg.predict_survival_function(X)([0, 1, 2]).shape
        (50, 3)
        """
        outputs = self._raw_outputs(X)
        return self._form.targets.loss.survival_functions(outputs, self._baseline)

    def score(self, X, y, sample_weight=None) -> float:
        """Return the score of the predictions, which depends on `loss`; 1 is the best.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            nan, with a warning, for a single sample.
        """
        check_is_fitted(self)
        X, targets, weights = check_scored(self, X, y, sample_weight)
        loss = self._form.targets.loss
        if len(targets) < loss.least_scored:
            warn(f"{loss.score_name} is not defined for one sample.", SgnnUndefinedMetricWarning)
            return float("nan")
        return loss.score(self.network_.forward(X), targets, weights)
