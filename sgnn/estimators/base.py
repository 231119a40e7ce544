"""What the two estimators share: parameters, the straight line of training, reading a network."""

from abc import abstractmethod
from dataclasses import replace
from functools import partial
from typing import Self

import numpy as np
from sklearn.callback import CallbackSupportMixin
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from sgnn._common.columns import naming_columns
from sgnn._common.interrupts import interrupted
from sgnn._common.private_sklearn import _fit_context
from sgnn._common.warnings import warn
from sgnn._common.words import refuses
from sgnn.estimators import checks
from sgnn.estimators.data import check_data
from sgnn.estimators.explained import explained
from sgnn.estimators.learnt import learnt, set_learnt
from sgnn.estimators.monitor import Monitor
from sgnn.estimators.parameters import SparseMLPParameters
from sgnn.estimators.prepare import (
    carried_over,
    prepare,
    rng_of,
    settings_of,
    settings_of_steps,
    weigh_call,
)
from sgnn.networks.network import part_of
from sgnn.networks.picture import Pictured
from sgnn.penalties import get_penalty
from sgnn.training.checkpoint import place_of
from sgnn.training.journal import BLANK
from sgnn.training.rows import ENTRIES_AT_ONCE, NARROW
from sgnn.training.state import State

_ENOUGH_TO_TELL = 20
_of_network = partial(part_of, "network_")


class BaseSparseMLP(Pictured, CallbackSupportMixin, SelectorMixin, SparseMLPParameters):
    """Multilayer perceptron whose useless inputs, units and weights are exactly zero and removed.

    Abstract; see :class:`sgnn.SparseMLPClassifier` and :class:`sgnn.SparseMLPRegressor`.
    """

    @property
    @abstractmethod
    def _auto_alpha(self):
        """Factor of ``alpha="auto"``."""

    @property
    @abstractmethod
    def _targets(self):
        """What y is read by: Targets that have seen none. Raises for a loss that is invalid."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, X_val=None, y_val=None) -> Self:
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
        KeyboardInterrupt
            If the user breaks off. The estimator then keeps what was trained until the end of the
            last whole epoch, with ``refit`` and adaptive weights also that of the run before; in
            the first epoch it stays as it was.
        """
        checks.check_parameters(self)
        checks.check_warm_up(self)
        rng = check_random_state(self.random_state)
        data = check_data(self, X, y, sample_weight, X_val, y_val, rng=rng)
        last = None
        if self.warm_start and hasattr(self, "network_"):
            data.form.check_goes_on_from(self._form)
            last = State(carried_over(self, self._state.network, self._form, data.form))
        place = place_of(self.checkpoint, type(self).__name__, self.random_state, self, data, last)
        self._train((X, y, sample_weight), data, rng, last, settings_of(self), place.journal(rng))
        place.leave()
        return self

    def _partial_fit(self, X, y, sample_weight, classes=None):
        """Train one epoch at the constant initial rate, on the full-size network."""
        if hasattr(self, "network_"):  # Else scikit-learn has checked them.
            checks.check_types(self)
        if self.early_stopping:
            raise ValueError(
                "partial_fit does not support early_stopping=True, for which it has no held-out "
                "data: set it to False."
            )
        checks.check_parameters(self)
        if any(penalty.adaptive > 0 for penalty in get_penalty(self.penalty)):
            raise ValueError(
                "adaptive weights need a pilot fit, which partial_fit has not: use fit."
            )
        last, known = getattr(self, "_state", None), getattr(self, "_form", None)
        rng = rng_of(last) if last and last.rng else check_random_state(self.random_state)
        data = check_data(self, X, y, sample_weight, rng=rng, classes=classes, known=known)
        settings = replace(settings_of_steps(self), learning_rate="constant", max_iter=1)
        self._train((X, y, sample_weight), data, rng, last, settings, streams=True)
        return self

    def _train(self, given, data, rng, last, settings, journal=BLANK, streams=False):
        """Train, and learn all there is to learn at once.

        Parameters
        ----------
        given : tuple of X, y, sample_weight
            As callbacks see them.
        data : Checked
        rng : numpy.random.RandomState
        last : State or None
            What training goes on from.
        settings : Settings
        journal : Blank, default=BLANK
        streams : bool, default=False
            Whether the data are a part, so that all that is known is kept for the next.
        """
        from sgnn.training.fit import fit
        from sgnn.training.last_look import look_at
        from sgnn.training.noise import strength_of_noise

        blocks = data.form.blocks
        with explained(self, data.X):
            problem, state = prepare(self, data, rng, last)
            if problem.follows_noise and not streams:
                alpha = strength_of_noise(problem, state.network.sizes, settings)
                problem = replace(problem, alpha=alpha)
        if streams:
            problem, state = weigh_call(problem, state, problem.samples_per_batch(settings))
        checks.warn_if_column(given[1])
        if not streams or data.form.moments.n_samples >= _ENOUGH_TO_TELL:
            checks.warn_if_badly_scaled(data.X, data.form.column_ends)
        checks.warn_if_unpenalised(problem, state.network.sizes)
        refit = self.refit and not streams
        told = partial(learnt, data.form, problem.alpha, before=self if streams else None)

        def so_far(network, history, n_removed):
            network = problem.tell(network)
            on_the_way, compact = replace(state, network=network), network.compact(blocks)
            baseline = problem.baseline(compact)
            return told(compact, [history], n_removed, on_the_way, baseline=baseline)

        n_runs = 1 + problem.is_adaptive + refit
        context = self._init_callback_context(max_subtasks=settings.max_iter * n_runs)
        monitor = Monitor(self, context, given, settings.max_iter, so_far)
        with explained(self, data.X):
            outcome = fit(problem, settings, state, monitor, refit, journal)
            trained, start = outcome.network, state.network
            if outcome.is_empty and not streams:
                trained = trained.of_constant(problem.best_constant)
            network = problem.tell(trained)
            compact = network.compact(blocks)
            n_epochs = state.n_epochs + len(outcome.histories[0].loss)
        if streams:
            optimizer = outcome.optimizer
            state = replace(state, network=network, optimizer=optimizer, n_epochs=n_epochs)
        else:
            state = State(
                network if self.warm_start else compact, seed=state.seed, n_epochs=n_epochs
            )
        parts = compact, outcome.histories, outcome.n_removed, state
        attributes = told(*parts, baseline=problem.baseline(compact))
        try:
            if outcome.interrupted:
                raise KeyboardInterrupt
            with explained(self, data.X):
                ended, trained = outcome.converged, trained.compact(blocks)
                is_worse = look_at(problem, trained, compact, start, ended, self.n_threads)
            self._warn_about(outcome, problem, is_worse, streams or monitor.stopped)
            monitor.end_fit(attributes)
        except KeyboardInterrupt:
            set_learnt(self, attributes)
            raise interrupted(self) from None
        set_learnt(self, attributes)

    def _warn_about(self, outcome, problem, is_worse, goes_on):
        is_given = problem.has_penalty and self.alpha != "auto"
        if outcome.is_empty:
            warn(f"alpha={problem.alpha:.3g} left no weight: X has no effect. Lower alpha.")
        elif is_worse:
            checks.warn_of_worse_than_constant("the network", self.learning_rate_init)
        elif is_given and not (goes_on or outcome.network.sparsity):
            checks.warn_of_nothing_removed(self.alpha)
        if not (goes_on or outcome.is_empty or outcome.converged):
            checks.warn_of_too_few_epochs(self, outcome.histories)

    coefs_ = _of_network("coefs")
    intercepts_ = _of_network("intercepts")
    kept_units_ = _of_network("kept")
    n_layers_ = _of_network("n_layers")
    n_neurons_ = _of_network("n_neurons")
    n_outputs_ = _of_network("n_outputs")
    sparsity_ = _of_network("sparsity")
    support_ = _of_network("support")
    selected_features_ = _of_network("features")
    feature_importances_ = _of_network("importances")

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    def _raw_outputs(self, X):
        """Return the raw outputs, shape (n_samples, n_outputs)."""
        X = self._checked_inputs(X)
        return self.network_.forward(X)

    def _of_outputs(self, X, function):
        """Return a function of the raw outputs, which are computed for some samples at a time."""
        X, network = self._checked_inputs(X), self.network_
        n_samples, size = X.shape[0], max(1, ENTRIES_AT_ONCE // network.n_outputs)
        first = function(network.forward(X[:size] if size < n_samples else X))
        if size >= n_samples:
            return first
        found = np.empty((n_samples, *first.shape[1:]), dtype=first.dtype)
        found[:size] = first
        for at in range(size, n_samples, size):
            found[at : at + size] = function(network.forward(X[at : at + size]))
        return found

    def _checked_inputs(self, X):
        """Return X as the network takes it."""
        if not self._is_plainly_valid(X):
            check_is_fitted(self)
            dtype = self.network_.coefs[0].dtype
            with naming_columns(X), np.errstate(over="ignore", invalid="ignore"):
                X = validate_data(self, X, accept_sparse="csr", dtype=[dtype, *NARROW], reset=False)
        return X

    def _is_plainly_valid(self, X):
        """Whether X is a finite array as the network wants it, told in a few microseconds.

        Full validation costs most of the prediction of a few rows. What is doubtful here, such as a
        sum that overflows, is left to it.
        """
        return (
            type(X) is np.ndarray
            and hasattr(self, "network_")
            and not hasattr(self, "feature_names_in_")
            and X.dtype == self.network_.coefs[0].dtype
            and X.ndim == 2
            and X.shape[0] > 0
            and X.shape[1] == self.n_features_in_
            and bool(np.isfinite(X.sum()))
        )

    def expand(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
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
        network = self.network_.expand()
        return network.coefs, network.intercepts

    def summary(self, as_frame=False):
        """Return a table of the units, weights and multiply-adds that are left.

        Parameters
        ----------
        as_frame : bool, default=False
            Whether to return a frame of pandas in place of text: a row for each layer, and in
            columns that begin with ``all_`` what there was; the weights of a layer enter it.

        Returns
        -------
        str or pandas.DataFrame
            Text to be printed, or numbers.
        """
        check_is_fitted(self)
        return self.network_.summary(as_frame)

    def to_torch(self, dtype=None, inputs="kept"):
        """Return the compact network as a plain torch module.

        It returns raw outputs: logits of a classifier, and predictions of a regressor or, for
        losses with a logarithmic link, their logarithms; see ``out_activation_``.

        Parameters
        ----------
        dtype : torch.dtype, type of numpy, str or None, default=None
            Data type of the weights, and so of the inputs that it takes, such as
            ``torch.float32``, torch's default. None is that of training: float64 unless X or
            `dtype` of the estimator was float32.
        inputs : {"kept", "all"}, default="kept"
            Whether it takes the selected features, ``X[:, support_]``, or all columns of X.

        Returns
        -------
        torch.nn.Sequential
            Holds copies of the weights.

        Raises
        ------
        ValueError
            If `dtype` is not floating, or `inputs` unknown.

        Examples
        --------
        >>> import torch
        >>> from sklearn.datasets import load_iris
        >>> from sgnn import SparseMLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = SparseMLPClassifier((20,), random_state=0).fit(X, y)
        >>> module = clf.to_torch(torch.float32, inputs="all")
        >>> module(torch.tensor(X[:2], dtype=torch.float32)).shape
        torch.Size([2, 3])
        """
        check_is_fitted(self)
        return self.network_.to_torch(dtype, inputs)
