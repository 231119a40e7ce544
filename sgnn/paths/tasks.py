"""The parts of a fit that take long: who hears of them, does them, and knows them already."""

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sklearn.callback import CallbackContext
from sklearn.utils.parallel import Parallel, delayed

from sgnn.estimators.data import check_training
from sgnn.estimators.monitor import seen_by_callbacks
from sgnn.training.checkpoint import NOWHERE, Nowhere, place_of


class Tasks:
    """The parts of a fit that take long, such as the paths on folds.

    Parameters
    ----------
    estimator : object
        What is fitted; its callbacks hear of the parts, and its `verbose`, if any, prints lines.
    n_tasks : int
        How many parts there are at most.
    X, y, sample_weight : array-like
        As callbacks see them.
    place : Nowhere
        Where it is written down how far they are.
    """

    def __init__(self, estimator, n_tasks, X, y, sample_weight, place):
        self._estimator, self._data = estimator, seen_by_callbacks(X, y, sample_weight)
        self._place = place
        self._context = estimator._init_callback_context(max_subtasks=n_tasks)
        self._context.call_on_fit_task_begin(estimator=estimator, **self._data)

    def one(self, name):
        """Return a part that is the only one of its name.

        Parameters
        ----------
        name : str
        """
        context = self._context.subcontext(task_name=name)
        return Task(self._estimator, context, name, self._place.inner(name.replace(" ", "-")))

    def in_parallel(self, name, calls, n_jobs):
        """Yield what calls return, in their order, as far as it is known without making them.

        Parameters
        ----------
        name : str
            Of each part, which lines number from 1 on.
        calls : list of callable (Task) -> object
            What they return is plain data.
        n_jobs : int or None
        """
        parts = [self._numbered(name, number, len(calls)) for number in range(len(calls))]
        journal, first = self._place.journal(), 0
        while first < len(calls) and (result := journal.over()) is not None:
            first += 1
            yield result
        rest = zip(calls[first:], parts[first:], strict=True)
        results = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(call)(part) for call, part in rest
        )
        unwritten = []
        for part, result in zip(parts[first:], results, strict=True):
            unwritten.append(part.place)
            if journal.end(result):
                while unwritten:
                    unwritten.pop().clear()
            yield result

    def _numbered(self, name, number, count):
        context = self._context.subcontext(task_name=name)
        place = self._place.inner(f"{name}-{number + 1}")
        return Task(self._estimator, context, f"{name} {number + 1}/{count}", place)

    def end(self, attributes):
        """Tell the callbacks that the fit has ended, and forget what was written down.

        Parameters
        ----------
        attributes : dict
            The fitted attributes.
        """
        self._context.call_on_fit_task_end(
            estimator=self._estimator, **self._data, reconstruction_attributes=attributes
        )
        self._place.leave()


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
    place : Nowhere
        Where it is written down how far it is.
    """

    caller: object
    context: CallbackContext
    name: str
    place: Nowhere

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
        if getattr(self.caller, "verbose", False):
            print(f"[{self.name}] done in {time.perf_counter() - began:.1f} s")


def place_of_search(search, estimator, X, y, sample_weight, *things):
    """Return where a search or a selector writes down how far it is.

    Parameters
    ----------
    search : object
        With a parameter `checkpoint`, None for that of the estimator.
    estimator : SparseMLPClassifier or SparseMLPRegressor
    X, y, sample_weight
        As ``fit`` takes them.
    *things : object
        What else it is told from others by.

    Returns
    -------
    Nowhere
    """
    checkpoint = estimator.checkpoint if search.checkpoint is None else search.checkpoint
    if checkpoint is None:
        return NOWHERE
    data = check_training(estimator, X, y, sample_weight)
    random_state = getattr(search, "random_state", estimator.random_state)
    return place_of(checkpoint, type(search).__name__, random_state, search, data, *things)
