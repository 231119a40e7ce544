"""What the two estimators share: parameters, the straight line of `fit`, fitted attributes."""

import warnings
from abc import abstractmethod
from dataclasses import fields, replace

import numpy as np
from sklearn.base import BaseEstimator, _fit_context, is_regressor
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from sgnn import compact, validation
from sgnn._atomic import all_or_nothing
from sgnn._constraints import CONSTRAINTS
from sgnn.fitted import FittedNetwork
from sgnn.incremental import IncrementalFit
from sgnn.initial import best_constant, random_network
from sgnn.monitor import Monitor
from sgnn.penalties import get_penalty
from sgnn.problem import MAX_SEED, Problem, Settings, Units, Validation, n_effective

_HOMOGENEOUS_ACTIVATIONS = {"identity", "relu", "leaky_relu"}


class BaseSparseMLP(CallbackSupportMixin, IncrementalFit, FittedNetwork, BaseEstimator):
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
        if problem.is_adaptive:
            start = self._minimise(problem.without_penalty(), start, rng, monitor).network
            problem = replace(problem, pilot=start)
        outcome = self._minimise(problem, start, rng, monitor)
        network, histories = outcome.network, [outcome.history]
        if not compact.units_on_paths(network[0])[0].any():
            warnings.warn(
                f"alpha={problem.alpha:.3g} left no weight: every prediction is the best constant. "
                "Lower alpha.",
                UserWarning,
                stacklevel=4,
            )
            network = network[0], [*network[1][:-1], best_constant(problem)]
        elif self.refit and not outcome.history.interrupted:
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

    @abstractmethod
    def _encode(self, y, dtype, reset, classes=None):
        """Return the targets as the loss wants them; with `reset`, learn loss and classes."""

    @abstractmethod
    def _sample_scores(self, outputs, targets):
        """Return a score of the raw outputs of each sample, whose mean is the validation score."""

    @abstractmethod
    def _target_scale(self, targets, sample_weight):
        """Return the unit of measure of the raw outputs."""

    @abstractmethod
    def _strata(self, targets):
        """Return what a split of the training data is stratified by, or None."""

    def _set_up(self, X, y, sample_weight=None, X_val=None, y_val=None):
        """Check everything, learn the form of the data, and return what training starts from.

        Returns
        -------
        problem : Problem
        start : tuple of lists of ndarray
            Weights and biases.
        rng : numpy.random.RandomState
        """
        hidden = self._check_parameters()
        validation.check_warm_up(get_penalty(self.penalty), self.max_iter)
        rng = check_random_state(self.random_state)
        X, y, targets, weights = self._check_data(X, y, sample_weight)
        validation.warn_if_badly_scaled(validation.column_magnitudes(X))
        X, targets, weights, held_out = self._hold_out(X, targets, weights, X_val, y_val, rng)
        scale = self._target_scale(targets, weights)
        sizes = (self.n_features_in_, *hidden, self._n_outputs)
        n_samples = n_effective(X, weights)
        problem = self._problem(X, targets, weights, held_out, n_samples, scale, sizes)
        validation.warn_if_unpenalised(problem, sizes)
        last = self._last_network(sizes, X.dtype) if self.warm_start else None
        start = last or random_network(problem, sizes, rng)
        if problem.is_partial:
            problem = replace(problem, seed=rng.randint(MAX_SEED))
        return problem, start, rng

    def _check_parameters(self):
        """Check what needs no data, and return the sizes of the hidden layers."""
        for penalty in get_penalty(self.penalty):
            penalty.pieces()
        validation.check_device(self.device)
        return validation.check_hidden_layer_sizes(self.hidden_layer_sizes)

    def _check_data(self, X, y, sample_weight, classes=None, dtype=None):
        """Return X, y, targets and sample weights, checked; without `dtype` the data are new and
        the estimator learns their form."""
        reset = dtype is None
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=(np.float64, np.float32) if reset else dtype,
            order="C",
            multi_output=True,
            y_numeric=is_regressor(self),
            reset=reset,
        )
        targets = self._encode(y, X.dtype, reset, classes)
        self._feature_blocks = validation.resolve_feature_groups(
            self.feature_groups, X.shape[1], getattr(self, "feature_names_in_", None)
        )
        return X, y, targets, self._combined_weights(y, validation.check_weights(sample_weight, X))

    def _combined_weights(self, y, sample_weight):
        return sample_weight

    def _hold_out(self, X, targets, weights, X_val, y_val, rng):
        """Return the training part, and the held-out part as a Validation or None."""
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val must be given together.")
        if X_val is not None:
            X_val, _, targets_val, _ = self._check_data(X_val, y_val, None, dtype=X.dtype)
        elif self.early_stopping:
            weights = np.ones(len(targets), dtype=X.dtype) if weights is None else weights
            try:
                X, X_val, targets, targets_val, weights, _ = train_test_split(
                    X,
                    targets,
                    weights,
                    test_size=self.validation_fraction,
                    random_state=rng,
                    stratify=self._strata(targets),
                )
            except ValueError as error:
                raise ValueError(
                    f"early_stopping=True: validation_fraction={self.validation_fraction} of the "
                    f"samples cannot be held out: {error}"
                ) from error
            if not weights.any():
                raise ValueError(
                    "early_stopping=True: all samples that are not held out have weight 0."
                )
        else:
            return X, targets, weights, None
        if is_regressor(self) and len(targets_val) < 2:
            raise ValueError(
                f"R² needs at least 2 held-out samples; got {len(targets_val)} (see X_val and "
                f"validation_fraction={self.validation_fraction})."
            )
        return X, targets, weights, Validation(X_val, targets_val, self._sample_scores)

    def _problem(self, X, targets, weights, held_out, n_samples, scale, sizes):
        penalties = get_penalty(self.penalty)
        for penalty in penalties:
            penalty.check(sizes, self._feature_blocks)
        n_layers = len(sizes) - 1
        homogeneous = self.activation in _HOMOGENEOUS_ACTIVATIONS
        alpha = self.alpha
        if alpha == "auto":
            alpha = self._auto_alpha * n_samples**-0.85 * scale ** (2 - 1 / n_layers)
        return Problem(
            X=X,
            targets=targets,
            n_outputs=self._n_outputs,
            loss=self._loss,
            activation=self.activation,
            sample_weight=weights,
            validation=held_out,
            penalties=penalties,
            alpha=float(alpha),
            l2=float(self.l2),
            blocks=self._feature_blocks,
            units=Units.of_targets(scale, n_layers, homogeneous),
        )

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
            magnitudes = validation.column_magnitudes(problem.X)
            advice = validation.advice_on_divergence(
                magnitudes, self.learning_rate_init, problem.alpha
            )
            raise ValueError(advice) from error

    def _last_network(self, sizes, dtype):
        """Return the full-size network of the last fit, or None if there is none."""
        if not hasattr(self, "coefs_"):
            return None
        coefs, intercepts = self._full_network or self.expand()
        fitted = tuple(len(mask) for mask in self.kept_units_)
        if fitted != sizes:
            raise ValueError(
                f"The network to go on from has layers of {fitted} units, and the parameters and "
                f"data ask for {sizes}; set warm_start=False or keep the sizes."
            )
        return [c.astype(dtype) for c in coefs], [b.astype(dtype) for b in intercepts]

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
