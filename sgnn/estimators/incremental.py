"""Training one epoch at a time."""

from copy import deepcopy
from dataclasses import replace

from sklearn.utils import check_random_state

from sgnn.training.initial import random_network
from sgnn.training.problem import MAX_SEED


class IncrementalFit:
    """What an estimator needs for `partial_fit`: the state of training between two calls."""

    def _partial_fit(self, X, y, sample_weight, classes=None):
        """Train one epoch at the constant initial rate, on the full-size network."""
        if self.early_stopping:
            raise ValueError(
                "early_stopping=True: partial_fit has no held-out data; set it to False."
            )
        hidden = self._check_parameters()
        first = not hasattr(self, "coefs_")
        dtype = None if first else self.coefs_[0].dtype
        X, y, targets, weights = self._check_data(X, y, sample_weight, classes, dtype)
        state = getattr(self, "_partial_state", None) or {}
        rng = deepcopy(state.get("rng")) or check_random_state(self.random_state)
        if first:
            self._learn_units(X, targets, weights)
        sizes = (self.n_features_in_, *hidden, self._n_outputs)
        problem = self._problem(X, targets, weights, None, sizes)
        if problem.is_adaptive:
            raise ValueError(
                "adaptive weights need a pilot fit, which partial_fit has not: use fit."
            )
        if problem.is_partial:
            problem = replace(problem, seed=state.get("seed", rng.randint(MAX_SEED)))
        last = None if first else self._last_network(sizes, X.dtype)
        start = last or random_network(problem, sizes, rng)
        monitor = self._monitor(X, y, sample_weight, 1)
        settings = replace(self._settings(), learning_rate="constant", max_iter=1)
        n_epochs = state.get("n_epochs", 0 if first else self.max_iter)
        outcome = self._minimise(
            problem, start, rng, monitor, settings, state.get("optimizer"), n_epochs
        )
        self._full_network = outcome.network
        self._partial_state = {
            "optimizer": outcome.optimizer_state,
            "seed": problem.seed,
            "n_epochs": n_epochs + 1,
            "rng": rng,
        }
        self.alpha_ = problem.alpha
        self.n_removed_ = outcome.n_removed
        self._set_fitted(self._compacted(*outcome.network), [outcome.history], append=not first)
        monitor.end_fit()
        return self
