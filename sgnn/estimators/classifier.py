"""The classifier."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.base import ClassifierMixin

from sgnn._common.docstrings import takes_over
from sgnn._common.private_sklearn import StrOptions, _fit_context, available_if
from sgnn._common.words import refuses
from sgnn.estimators.base import BaseSparseMLP
from sgnn.estimators.checks import takes_parts
from sgnn.estimators.inputs import of_outputs
from sgnn.estimators.labels import Labels
from sgnn.estimators.parameters import SparseMLPParameters


@takes_over(SparseMLPParameters)
@dataclass(eq=False, repr=False)
class SparseMLPClassifier(ClassifierMixin, BaseSparseMLP):
    r"""Multilayer perceptron classifier that finds its own size.

    Inputs, hidden units and single weights that the penalty makes redundant are exactly zero and
    physically removed from the fitted network. Scale X first, for instance with
    :class:`sklearn.preprocessing.StandardScaler`: penalty and rates are made for inputs of about
    unit size. The objective is meant literally, whatever the solver:

    .. math::
        \frac{\sum_i s_i\, \ell(y_i, f(x_i))}{\sum_i s_i} + \alpha\,\Omega(W)
        + \frac{\texttt{l2}}{2} \sum w^2

    with sample weights :math:`s`, :math:`\ell` the log loss (summed over labels for multilabel
    targets), and biases free of any penalty (but for "incoming" groups, which hold the bias of
    their unit). The estimator is also a selector: :meth:`transform` keeps the inputs that the
    network uses.

    Parameters
    ----------
    hidden_layer_sizes, activation, penalty
        As in :class:`SparseMLPParameters`.
    alpha : float >= 0 or "auto", default="auto"
        Strength of the penalty; the ridge, which is `alpha` in MLPClassifier, is `l2`. "auto" is
        :math:`0.17\, n^{-0.85}` with :math:`n` samples; see ``alpha_``.
    l2, refit, feature_groups
        As in :class:`SparseMLPParameters`.
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes, times the sample weights; a list of one per label for an indicator
        matrix. "balanced" is :math:`n / (k\, n_c)` for a class of :math:`n_c` among :math:`n`
        samples, counted with their weights, in :math:`k` classes; ``partial_fit`` counts the
        samples so far.
    solver, ..., checkpoint
        As in :class:`SparseMLPParameters`.

    Attributes
    ----------
    alpha_, ..., validation_loss_curve_
        As in :class:`SparseMLPParameters`.
    validation_scores_ : list of float or None
        Accuracy on held-out data.
    n_neurons_curve_, ..., n_iter_
        As in :class:`SparseMLPParameters`.
    classes_ : ndarray of shape (n_classes,)
        Class labels; for multilabel targets ``arange(n_labels)``.
    n_features_in_, feature_names_in_
        As in :class:`SparseMLPParameters`.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The dense counterpart.

    Notes
    -----
    As in :class:`SparseMLPParameters`.

    References
    ----------
    As in :class:`SparseMLPParameters`.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sgnn import SparseMLPClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = make_pipeline(StandardScaler(), SparseMLPClassifier(random_state=0)).fit(X, y)
    >>> clf.score(X, y) > 0.95
    True
    >>> clf[-1].sparsity_ > 0.5
    True
    """

    class_weight: dict | list | str | None = None

    _auto_alpha, _targets = 0.17, Labels
    _parameter_constraints = {
        **SparseMLPParameters._parameter_constraints,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @available_if(takes_parts)
    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None) -> Self:
        """Train one epoch at the constant initial rate, on the full-size network.

        Nothing is removed from the network that is trained, so what is zero may come back; the
        fitted attributes describe what :meth:`fit` would have kept of it. ``alpha="auto"`` and
        `class_weight` follow all samples so far, each as often as it came. The rate is
        `learning_rate_init` at the time of the call: lower it from call to call, by
        ``set_params``, for the noise to settle.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a binary indicator matrix.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur. If None, those of the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples. They count between calls: the step of a call is
            as long as its samples weigh, per mini-batch, relative to those of all calls so far.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid. The estimator is then as it was before the call.
        KeyboardInterrupt
            If the user breaks off. Unless that comes after the epoch, the estimator is as it was
            before the call, so that it can be repeated.
        """
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X) -> np.ndarray:
        """Predict classes, or a binary indicator matrix for multilabel targets.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Classes of ``classes_``, or an indicator matrix.
        """
        return of_outputs(self, X, lambda outputs: self._form.targets.decode(outputs))

    def predict_proba(self, X) -> np.ndarray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns as in ``classes_``; for multilabel targets each label by itself.
        """
        return of_outputs(self, X, lambda outputs: self._form.targets.probabilities(outputs))

    def predict_log_proba(self, X) -> np.ndarray:
        """Predict the logarithm of the probability of each class, without underflow.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns as in ``classes_``.
        """
        return of_outputs(self, X, lambda outputs: self._form.targets.log_probabilities(outputs))
