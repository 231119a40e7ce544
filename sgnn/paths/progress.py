"""What a user sees while a path is walked: printed lines and scikit-learn's callbacks."""

from contextlib import ExitStack, contextmanager

from sgnn._common.private_sklearn import callback_management_context
from sgnn.estimators.monitor import seen_by_callbacks


@contextmanager
def following(model, given, n_points, attributes, task=None):
    """Tell of a path while it is walked.

    Parameters
    ----------
    model : SparseMLPClassifier or SparseMLPRegressor
        Its callbacks hear of the path.
    given : tuple of X, y, sample_weight
        As callbacks see them.
    n_points : int
        How many points there are at most.
    attributes : callable (PathPoint) -> dict
        Returns the fitted attributes of an estimator.
    task : Task or None
        The part of a fit that the path is.

    Yields
    ------
    PathProgress
    """
    with ExitStack() as stack:
        if task is not None:
            stack.enter_context(task.running(*given, estimator=model))
        stack.enter_context(callback_management_context(model))
        progress = PathProgress(model, given, n_points, attributes, task)
        yield progress
        progress.end()


class PathProgress:
    """Tells of the points of a path; see :func:`following`."""

    def __init__(self, model, given, n_points, attributes, task):
        self._told = {"estimator": model, **seen_by_callbacks(*given)}
        self._attributes, self._last = attributes, None
        self._prefix = "" if task is None else f"[{task.name}] "
        self._prints = model.verbose or (task is not None and task.caller.verbose > 1)
        #: Whether a callback asks for an end.
        self.stopped = False
        # One more is begun where the path ends for want of strengths.
        self._context = model._init_callback_context("path", max_subtasks=n_points + 1)
        self._context.call_on_fit_task_begin(**self._told)

    def through(self, points):
        """Yield what :func:`points_of` yields, each point when it has been told of.

        Parameters
        ----------
        points : iterator of tuple of PathPoint and bool
        """
        context = self._begin()
        for number, (point, is_worse) in enumerate(points):
            self._last = point
            if self._prints:
                print(f"{self._prefix}point {number:3d}  {_line(point)}")
            self.stopped = context.call_on_fit_task_end(
                **self._told, reconstruction_attributes=lambda: self._attributes(self._last)
            )
            yield point, is_worse
            context = self._begin()

    def _begin(self):
        context = self._context.subcontext(task_name="point")
        return context.call_on_fit_task_begin(**self._told)

    def end(self):
        """Tell the callbacks that the path has ended."""
        self._context.call_on_fit_task_end(
            **self._told, reconstruction_attributes=lambda: self._attributes(self._last)
        )


def _line(point):
    parts = [
        f"alpha {point.alpha:.3g}",
        f"neurons {'-'.join(map(str, point.n_neurons))}",
        f"sparsity {point.sparsity:.4f}",
        f"train score {point.train_score:.4f}",
    ]
    if point.validation_score is not None:
        parts.append(f"validation score {point.validation_score:.4f}")
    return "  ".join(parts)
