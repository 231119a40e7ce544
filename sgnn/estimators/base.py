"""What the two estimators share: parameters, the straight line of training, reading a network."""

from abc import abstractmethod
from dataclasses import replace
from functools import partial
from numbers import Integral
from typing import Self

from sklearn.callback import CallbackSupportMixin
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sgnn._common.fingerprints import fingerprint
from sgnn._common.interrupts import interrupted
from sgnn._common.private_sklearn import _fit_context
from sgnn._common.warnings import warn
from sgnn._common.words import check_plain, refuses
from sgnn.estimators import checks
from sgnn.estimators.batches import check_batches
from sgnn.estimators.data import check_data
from sgnn.estimators.explained import explained
from sgnn.estimators.inputs import checked_inputs
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
from sgnn.estimators.reading import ReadsNetwork
from sgnn.estimators.shards import check_shard
from sgnn.penalties import get_penalty
from sgnn.training.checkpoint import place_of
from sgnn.training.journal import BLANK
from sgnn.training.state import State

_ENOUGH_TO_TELL = 20


class BaseSparseMLP(CallbackSupportMixin, SelectorMixin, ReadsNetwork, SparseMLPParameters):
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
        given = X, y, sample_weight
        if not self.data_parallel:
            data = check_data(self, *given, X_val, y_val, rng=rng)
            return self._fit(given, data, rng)
        from sgnn.training.together import together

        with together() as group:
            data = check_shard(self, *given, X_val, y_val, rng=rng, group=group)
            return self._fit(given, data, rng, group)

    @refuses
    @_fit_context(prefer_skip_nested_validation=True)
    def fit_batches(self, batches, X_val=None, y_val=None, *, buffer_size=65536) -> Self:
        """Fit the network to data that come in batches, for instance from disk.

        The batches are gone through once to check them, and to learn of the targets all that
        :meth:`fit` does: classes and their weights, the unit of y, ``alpha="auto"``. Then they are
        gone through once per epoch, and for a last look. In memory are a buffer of samples, and the
        targets and weights of all. How large the batches are does not matter: mini-batches of
        `batch_size` samples are drawn from the buffer. If that holds all samples, the network is
        the one of :meth:`fit` on them.

        Parameters
        ----------
        batches : callable, iterable or torch.utils.data.Dataset
            A callable returns an iterator over batches, each time it is called. What is iterable,
            such as a ``DataLoader``, must be so again and again. A batch is (X, y) or (X, y,
            sample_weight), as :meth:`fit` takes them; in all or none there are weights, and in all
            or none X is sparse. The data type of the first X decides. Each time there must be the
            same samples, in whatever order.
        X_val, y_val : array-like, default=None
            Held-out data, as for :meth:`fit`; with ``early_stopping`` they must be given.
        buffer_size : int >= 1, default=65536
            Samples among which `shuffle` shuffles. Where neighbours are alike, as in a file that is
            sorted, it should be large, or the batches themselves come in random order.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or a batch is invalid, batches are no longer the same, or the loss or the
            solver needs all data at once. The estimator is then as it was before the call.
        KeyboardInterrupt
            As for :meth:`fit`.

        Examples
        --------
        >>> import numpy as np
        >>> from sgnn import SparseMLPRegressor
        >>> def batches():
        ...     for seed in range(5):
        ...         X = np.random.default_rng(seed).normal(size=(100, 3))
        ...         yield X, X[:, 0]
        >>> SparseMLPRegressor(random_state=0).fit_batches(batches).support_
        array([ True, False, False])
        """
        check_plain("buffer_size", buffer_size)
        if not isinstance(buffer_size, Integral) or buffer_size < 1:
            raise ValueError(f"buffer_size must be a whole number from 1 on; got {buffer_size!r}.")
        checks.check_parameters(self)
        checks.check_warm_up(self)
        rng = check_random_state(self.random_state)
        data = check_batches(self, batches, X_val, y_val, buffer_size)
        return self._fit((batches, None, None), data, rng)

    def _fit(self, given, data, rng, group=None):
        """Train on checked data, from the last network under `warm_start`."""
        last = None
        if self.warm_start and hasattr(self, "network_"):
            data.form.check_goes_on_from(self._form)
            last = State(carried_over(self, self._state.network, self._form, data.form))
        things = self, data, last
        if group is not None and self.checkpoint is not None:
            things = group.gather(fingerprint(things))
        place = place_of(self.checkpoint, type(self).__name__, self.random_state, *things)
        place = place if group is None else place.of_all(group)
        self._train(given, data, rng, last, settings_of(self), place.journal(rng), group=group)
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

    def _train(self, given, data, rng, last, settings, journal=BLANK, streams=False, group=None):
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
        group : Together, default=None
            The processes that have parts of the data.
        """
        from sgnn.training.fit import fit
        from sgnn.training.last_look import look_at

        blocks = data.form.blocks
        problem, state = self._set_up(data, rng, last, settings, streams, group)
        checks.warn_if_column(given[1])
        if not streams or data.form.moments.n_samples >= _ENOUGH_TO_TELL:
            checks.warn_if_badly_scaled(data.X, data.form.column_ends)
        checks.warn_if_unpenalised(problem, state.network.sizes)
        refit = self.refit and not streams
        told = partial(learnt, data.form, problem.alpha, before=self if streams else None)

        def so_far(network, history, n_removed):
            network = problem.tell(network)
            on_the_way = replace(state, network=network, rng=rng_of(state))
            compact = network.compact(blocks)
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

    def _set_up(self, data, rng, last, settings, streams, group):
        """Return the problem and where training starts; see :meth:`_train`."""
        from sgnn.training.noise import strength_of_noise

        with explained(self, data.X):
            problem, state = prepare(self, data, rng, last)
        if group is not None:
            network, seed = group.first((state.network, state.seed))
            state = replace(state, network=network, seed=seed)
            problem = replace(problem, group=group, seed=problem.seed if seed is None else seed)
        if problem.follows_noise and not streams:
            with explained(self, data.X):
                alpha = strength_of_noise(problem, state.network.sizes, settings)
            problem = replace(problem, alpha=alpha)
        if streams:
            problem, state = weigh_call(problem, state, problem.samples_per_batch(settings))
        return problem, state

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

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    def _raw_outputs(self, X):
        """Return the raw outputs, shape (n_samples, n_outputs)."""
        X = checked_inputs(self, X)
        return self.network_.forward(X)
