"""What a user sees while a network trains: printed lines and scikit-learn's callbacks."""


class Monitor:
    """Reports epochs to `verbose` output and to the callbacks of an estimator.

    Parameters
    ----------
    estimator : BaseSparseMLP
    context : sklearn.callback context
    X, y : array-like
        The training data, as callbacks see them.
    sample_weight : ndarray or None
    n_epochs : int
        How many epochs the callbacks hear of at most.
    """

    def __init__(self, estimator, context, X, y, sample_weight, n_epochs):
        self._estimator = estimator
        self._context = context
        self._data = {"X": X, "y": y}
        if sample_weight is not None:
            self._data["metadata"] = {"sample_weight": sample_weight}
        self._epochs_left = n_epochs if getattr(estimator, "_skl_callbacks", ()) else 0
        self._epoch_context = None
        self.stopped = False
        context.call_on_fit_task_begin(estimator=estimator, **self._data)

    def begin_epoch(self):
        """Tell the callbacks that an epoch starts."""
        self._epoch_context = None
        if self._epochs_left:
            self._epochs_left -= 1
            self._epoch_context = self._context.subcontext(task_name="epoch")
            self._epoch_context.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def end_epoch(self, history, current):
        """Print a line, tell the callbacks, and return whether one of them wants to stop.

        Parameters
        ----------
        history : History
        current : callable () -> (coefs, intercepts)
        """
        if self._estimator.verbose:
            print(_line(history))
        if self._epoch_context is None:
            return False
        estimator = self._estimator
        self.stopped = self._epoch_context.call_on_fit_task_end(
            estimator=estimator,
            **self._data,
            reconstruction_attributes=lambda: estimator._network_attributes(
                *estimator._compacted(*current())
            ),
        )
        return self.stopped

    def resize(self, kept):
        """Print a line that tells which part of the network is trained from now on.

        Parameters
        ----------
        kept : list of ndarray of bool
            The units per layer.
        """
        if self._estimator.verbose:
            of_all = "-".join(f"{mask.sum()}/{len(mask)}" for mask in kept)
            print(f"training goes on with {of_all} units")

    def end_fit(self):
        """Tell the callbacks that the fit has ended."""
        self._context.call_on_fit_task_end(
            estimator=self._estimator, **self._data, reconstruction_attributes={}
        )


class Silent:
    """In place of a monitor: nobody listens."""

    @staticmethod
    def begin_epoch():
        """Do nothing."""

    @staticmethod
    def end_epoch(history, current):
        """Let training go on."""
        return False

    @staticmethod
    def resize(kept):
        """Do nothing."""


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
