"""From the parameters of an estimator and its data to the problem that training solves."""

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np
from sklearn.base import is_regressor
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from sgnn.estimators import checks
from sgnn.penalties import get_penalty
from sgnn.training.initial import random_network
from sgnn.training.problem import MAX_SEED, Problem, Units, Validation, n_effective

_HOMOGENEOUS_ACTIVATIONS = {"identity", "relu", "leaky_relu"}


class Preparation(ABC):
    """Abstract mixin: checks, and what training starts from."""

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
        checks.check_warm_up(get_penalty(self.penalty), self.max_iter)
        rng = check_random_state(self.random_state)
        X, y, targets, weights = self._check_data(X, y, sample_weight)
        checks.warn_if_badly_scaled(X)
        X, targets, weights, held_out = self._hold_out(X, targets, weights, X_val, y_val, rng)
        self._learn_units(X, targets, weights)
        sizes = (self.n_features_in_, *hidden, self._n_outputs)
        problem = self._problem(X, targets, weights, held_out, sizes)
        checks.warn_if_unpenalised(problem, sizes)
        last = self._last_network(sizes, X.dtype) if self.warm_start else None
        start = last or random_network(problem, sizes, rng)
        if problem.is_partial:
            problem = replace(problem, seed=rng.randint(MAX_SEED))
        return problem, start, rng

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

    def _check_parameters(self):
        """Check what needs no data, and return the sizes of the hidden layers."""
        for penalty in get_penalty(self.penalty):
            penalty.pieces()
        checks.check_device(self.device)
        return checks.check_hidden_layer_sizes(self.hidden_layer_sizes)

    def _check_data(self, X, y, sample_weight, classes=None, dtype=None):
        """Return X, y, targets and sample weights, checked; without `dtype` the data are new and
        the estimator learns their form."""
        X, y, targets = self._check_pairs(X, y, classes, dtype)
        return X, y, targets, self._combined_weights(y, checks.check_weights(sample_weight, X))

    def _check_pairs(self, X, y, classes=None, dtype=None):
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
        self._feature_blocks = checks.resolve_feature_groups(
            self.feature_groups, X.shape[1], getattr(self, "feature_names_in_", None)
        )
        return X, y, targets

    def _combined_weights(self, y, sample_weight):
        return sample_weight

    def _hold_out(self, X, targets, weights, X_val, y_val, rng):
        """Return the training part, and the held-out part as a Validation or None."""
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val must be given together.")
        if X_val is not None:
            X_val, _, targets_val = self._check_pairs(X_val, y_val, dtype=X.dtype)
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

    def _learn_units(self, X, targets, weights):
        """Learn what "auto" and natural units depend on."""
        self._n_effective = n_effective(X, weights)
        self._scale = self._target_scale(targets, weights)

    def _problem(self, X, targets, weights, held_out, sizes):
        penalties = get_penalty(self.penalty)
        for penalty in penalties:
            penalty.check(sizes, self._feature_blocks)
        n_layers = len(sizes) - 1
        homogeneous = self.activation in _HOMOGENEOUS_ACTIVATIONS
        alpha = self.alpha
        if alpha == "auto":
            alpha = self._auto_alpha * self._n_effective**-0.85 * self._scale ** (2 - 1 / n_layers)
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
            units=Units.of_targets(self._scale, n_layers, homogeneous),
        )

    def _last_network(self, sizes, dtype):
        """Return the full-size network of the last fit, or None if there is none."""
        if not hasattr(self, "coefs_"):
            return None
        coefs, intercepts = self._full_network or self.expand()
        fitted = tuple(len(mask) for mask in self.kept_units_)
        if fitted != sizes:
            raise ValueError(
                f"The network to go on from has layers of {fitted} units, and the parameters and "
                f"data ask for {sizes}: keep the sizes, or start anew by fit with warm_start=False."
            )
        return [c.astype(dtype) for c in coefs], [b.astype(dtype) for b in intercepts]
