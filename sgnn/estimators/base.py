"""What the two estimators share: parameters, the straight line of `fit`, fitted attributes."""

import warnings
from dataclasses import fields, replace

from sklearn.base import BaseEstimator, _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning

from sgnn._common.atomic import all_or_nothing
from sgnn.estimators import checks
from sgnn.estimators.constraints import CONSTRAINTS
from sgnn.estimators.fitted import FittedNetwork
from sgnn.estimators.incremental import IncrementalFit
from sgnn.estimators.monitor import Monitor
from sgnn.estimators.preparation import Preparation
from sgnn.networks import compact
from sgnn.training.initial import best_constant
from sgnn.training.problem import Settings


class BaseSparseMLP(
    CallbackSupportMixin, Preparation, IncrementalFit, FittedNetwork, BaseEstimator
):
    """Multilayer perceptron whose useless inputs, units and weights are exactly zero and removed.

    Abstract; see :class:`sgnn.SparseMLPClassifier` and :class:`sgnn.SparseMLPRegressor`.
    """

    _parameter_constraints = CONSTRAINTS

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        penalty="group_lasso",
        alpha="auto",
        l2=0.0,
        refit=False,
        feature_groups=None,
        solver="adam",
        batch_size="auto",
        learning_rate="cosine",
        learning_rate_init=0.01,
        max_iter=160,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        n_iter_no_change=10,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        warm_start=False,
        verbose=False,
        device="cpu",
        n_threads=1,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.penalty = penalty
        self.alpha = alpha
        self.l2 = l2
        self.refit = refit
        self.feature_groups = feature_groups
        self.solver = solver
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.verbose = verbose
        self.device = device
        self.n_threads = n_threads

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None):
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse CSR matrix, DataFrame} of shape (n_samples, n_features)
            Training inputs; float32 and float64 are kept, everything else becomes float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples: 2 is the sample twice. Only their ratios matter,
            but to ``alpha="auto"``.
        X_val, y_val : array-like, default=None
            Held-out data for the validation curves, and for ``early_stopping`` in place of a part
            of the training data.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are invalid, or the loss is no longer finite. The estimator
            is then as it was before the call.
        """
        problem, start, rng = self._set_up(X, y, sample_weight, X_val, y_val)
        n_runs = 1 + problem.is_adaptive + self.refit
        monitor = self._monitor(X, y, sample_weight, self.max_iter * n_runs)
        outcome = self._penalised(problem, start, rng, monitor)
        network, histories = outcome.network, [outcome.history]
        if not compact.units_on_paths(network[0])[0].any():
            warnings.warn(
                f"alpha={problem.alpha:.3g} left no weight: every prediction is the best constant. "
                "Lower alpha.",
                UserWarning,
                stacklevel=4,
            )
            network = network[0], [*network[1][:-1], best_constant(problem)]
        elif self.refit and not (outcome.history.interrupted or monitor.stopped):
            *small, kept = compact.compact(*network, self.activation, self._feature_blocks)
            again = self._minimise(problem.on_support(kept[0]), small, rng, monitor)
            network = compact.expand(*again.network, kept)
            histories.append(again.history)
        self._full_network = network if self.warm_start else None
        self._partial_state = None
        self.alpha_ = problem.alpha
        self.n_removed_ = outcome.n_removed
        self._set_fitted(self._compacted(*network), histories)
        monitor.end_fit()
        self._warn_about(histories, monitor)
        return self

    def _penalised(self, problem, start, rng, monitor):
        """Minimise, from a fit without penalty if that is to find the weights of the penalty."""
        if problem.is_adaptive:
            pilot = self._minimise(problem.without_penalty(), start, rng, monitor)
            if pilot.history.interrupted or monitor.stopped:
                return pilot
            start, problem = pilot.network, replace(problem, pilot=pilot.network)
        return self._minimise(problem, start, rng, monitor)

    def _settings(self):
        return Settings(**{field.name: getattr(self, field.name) for field in fields(Settings)})

    def _monitor(self, X, y, sample_weight, n_epochs):
        context = self._init_callback_context(max_subtasks=n_epochs)
        return Monitor(self, context, X, y, sample_weight, n_epochs)

    def _minimise(self, problem, start, rng, monitor, settings=None, state=None, first_epoch=0):
        from sgnn.training.fit import minimise

        try:
            settings = settings or self._settings()
            return minimise(problem, settings, *start, rng, monitor, state, first_epoch)
        except FloatingPointError as error:
            raise self._diverged(problem) from error

    def _diverged(self, problem):
        """Return the error that says what to change when the objective is no longer finite."""
        magnitudes = checks.column_magnitudes(problem.X)
        return ValueError(
            checks.advice_on_divergence(magnitudes, self.learning_rate_init, problem.alpha)
        )

    def _warn_about(self, histories, monitor):
        if any(history.interrupted for history in histories):
            warnings.warn("Training interrupted by user.", stacklevel=5)
        elif self.learning_rate != "cosine" and not monitor.stopped and not histories[-1].converged:
            warnings.warn(
                f"The objective still changed by more than tol={self.tol} when max_iter="
                f"{self.max_iter} epochs were over.",
                ConvergenceWarning,
                stacklevel=5,
            )
