"""What a user sees while paths are walked: printed lines and scikit-learn's callbacks."""

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sklearn.callback import CallbackContext

from sgnn._common.private_sklearn import callback_management_context
from sgnn.estimators.monitor import seen_by_callbacks


class Tasks:
    """The parts of a fit that take long, such as the paths on folds.

    Parameters
    ----------
    estimator : object
        What is fitted; its callbacks hear of the parts, and its `verbose` prints lines.
    n_tasks : int
        How many parts there are at most.
    X, y, sample_weight : array-like
        As callbacks see them.
    """

    def __init__(self, estimator, n_tasks, X, y, sample_weight):
        self._estimator, self._data = estimator, seen_by_callbacks(X, y, sample_weight)
        self._context = estimator._init_callback_context(max_subtasks=n_tasks)
        self._context.call_on_fit_task_begin(estimator=estimator, **self._data)

    def one(self, name):
        """Return a part that is the only one of its name.

        Parameters
        ----------
        name : str
        """
        return Task(self._estimator, self._context.subcontext(task_name=name), name)

    def numbered(self, name, count):
        """Yield parts of one name, which lines number from 1 on.

        Parameters
        ----------
        name : str
        count : int
        """
        for number in range(1, count + 1):
            context = self._context.subcontext(task_name=name)
            yield Task(self._estimator, context, f"{name} {number}/{count}")

    def end(self, attributes):
        """Tell the callbacks that the fit has ended.

        Parameters
        ----------
        attributes : dict
            The fitted attributes.
        """
        self._context.call_on_fit_task_end(
            estimator=self._estimator, **self._data, reconstruction_attributes=attributes
        )


@dataclass(frozen=True)
class Task:
    """A part of a fit, which goes into another process with what it needs.

    Attributes
    ----------
    caller : object
        What is fitted.
    context : CallbackContext
    name : str
        As lines tell it, such as "fold 2/5".
    """

    caller: object
    context: CallbackContext
    name: str

    @contextmanager
    def running(self, X, y, sample_weight=None, estimator=None):
        """Tell callbacks that this part begins and ends, and print a line when it has ended.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As callbacks see them.
        estimator : object or None
            What does it, and so takes those callbacks over that are for parts of parts.
        """
        told = {"estimator": self.caller, **seen_by_callbacks(X, y, sample_weight)}
        began = time.perf_counter()
        with ExitStack() as stack:
            if estimator is not None:
                stack.enter_context(self.context.propagate_callback_context(estimator))
            self.context.call_on_fit_task_begin(**told)
            yield
            self.context.call_on_fit_task_end(**told)
        if self.caller.verbose:
            print(f"[{self.name}] done in {time.perf_counter() - began:.1f} s")


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
