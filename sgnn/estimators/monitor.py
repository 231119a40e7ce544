"""What a user sees while a network trains: printed lines and scikit-learn's callbacks."""

from sgnn.training.listeners import Silent


def seen_by_callbacks(X, y, sample_weight):
    """Return the data of a task as arguments of the hooks of callbacks.

    Parameters
    ----------
    X, y, sample_weight : array-like
        As the user gave them.

    Returns
    -------
    dict
    """
    metadata = {} if sample_weight is None else {"metadata": {"sample_weight": sample_weight}}
    return {"X": X, "y": y, **metadata}


class Monitor(Silent):
    """Reports epochs to `verbose` output and to the callbacks of an estimator.

    Parameters
    ----------
    estimator : BaseSparseMLP
    context : sklearn.callback context
    data : tuple of X, y, sample_weight
        As callbacks see them.
    n_epochs : int
        How many epochs of each run the callbacks hear of at most.
    attributes : callable (Network, History, tuple of int) -> dict
        Returns the attributes of an estimator that is fitted so far, from the full-size network,
        the epochs, and the numbers of units that are not trained.
    """

    def __init__(self, estimator, context, data, n_epochs, attributes):
        self._estimator = estimator
        self._context = context
        self._data = seen_by_callbacks(*data)
        self._attributes = attributes
        self._n_removed = None
        self._n_epochs = n_epochs if getattr(estimator, "_skl_callbacks", ()) else 0
        self._epochs_left, self._epoch_context = 0, None
        context.call_on_fit_task_begin(estimator=estimator, **self._data)

    def begin_run(self, n_trained=0):
        self._epochs_left = max(0, self._n_epochs - n_trained)
        if self._estimator.verbose and n_trained:
            print(f"training goes on after epoch {n_trained}, from its checkpoint")

    def begin_epoch(self):
        self._epoch_context = None
        if self._epochs_left:
            self._epochs_left -= 1
            self._epoch_context = self._context.subcontext(task_name="epoch")
            self._epoch_context.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def end_epoch(self, history, current):
        if self._estimator.verbose:
            print(_line(history))
        if self._epoch_context is None:
            return False
        self.stopped = self._epoch_context.call_on_fit_task_end(
            estimator=self._estimator,
            **self._data,
            reconstruction_attributes=lambda: self._so_far(current(), history),
        )
        return self.stopped

    def _so_far(self, network, history):
        n_removed = self._n_removed or (0,) * len(network.sizes)
        return self._attributes(network, history, n_removed)

    def resize(self, kept):
        self._n_removed = tuple(int((~mask).sum()) for mask in kept)
        if self._estimator.verbose:
            of_all = "-".join(f"{mask.sum()}/{len(mask)}" for mask in kept)
            print(f"training goes on with {of_all} units")

    def end_fit(self, attributes):
        """Tell the callbacks that the fit has ended.

        Parameters
        ----------
        attributes : dict
            The fitted attributes.
        """
        self._context.call_on_fit_task_end(
            estimator=self._estimator, **self._data, reconstruction_attributes=attributes
        )


def _line(history):
    loss, objective = history.loss[-1], history.objective[-1]
    parts = [
        f"epoch {len(history.loss):4d}",
        f"loss {loss:.6g}",
        f"penalty {objective - loss:.6g}",
    ]
    if history.validation_score:
        parts.append(f"validation score {history.validation_score[-1]:.4f}")
    return "  ".join([*parts, f"neurons {'-'.join(map(str, history.n_neurons[-1]))}"])
