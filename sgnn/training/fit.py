"""From a problem and a state to a trained network, numpy in and numpy out."""

from dataclasses import dataclass, replace
from functools import partial

from sgnn.networks.network import Network
from sgnn.networks.units import units_on_paths
from sgnn.proximal.state import OptimizerState
from sgnn.training.course import Course
from sgnn.training.data import Batches
from sgnn.training.journal import BLANK
from sgnn.training.listeners import Refitting
from sgnn.training.resources import engine
from sgnn.training.stages import Stages
from sgnn.training.subnetworks import Subnetworks


@dataclass(frozen=True)
class Outcome:
    """A trained network, and how it came about.

    Attributes
    ----------
    network : Network
        At full size. The hidden units that were removed have the weights that led to them, and none
        that leave them.
    histories : list of History
        One per run.
    optimizer : OptimizerState
        Of the run under the penalty.
    n_removed : tuple of int
        Units per layer that were no longer trained when the network was as it is.
    interrupted : bool
        Whether the user broke off; the network is that of the epochs before.
    """

    network: Network
    histories: list
    optimizer: OptimizerState
    n_removed: tuple
    interrupted: bool = False

    @property
    def converged(self):
        """Whether all runs ended by themselves."""
        return all(history.converged for history in self.histories)

    @property
    def is_empty(self):
        """Whether no input is left."""
        return not units_on_paths(self.network.coefs)[0].any()


def fit(problem, settings, state, monitor, refit=False, journal=BLANK):
    """Train a network, with a run before for adaptive weights and one after on the support.

    Parameters
    ----------
    problem : Problem
    settings : Settings
    state : State
        Where to start, at full size; not changed, but for its `rng`.
    monitor : Silent
        Hears of the epochs.
    refit : bool, default=False
        Whether to train on without penalty, on the weights that are not zero.
    journal : Blank, default=BLANK
        Where it is written down how far training is, and what draws from the `rng` of `state`.

    Returns
    -------
    Outcome

    Raises
    ------
    FloatingPointError
        If the objective or a parameter is not finite.
    KeyboardInterrupt
        If it comes before the end of the first epoch. A later one ends training, and the outcome is
        what there is.
    """
    outcome = None
    try:
        for outcome in _runs(problem, settings, state, monitor, refit, journal):
            if outcome.interrupted or _is_stopped(problem, monitor):
                break
    except KeyboardInterrupt:
        if outcome is None or problem.group is not None:
            raise
        outcome = replace(outcome, interrupted=True)
    return outcome


def _is_stopped(problem, monitor):
    stopped = monitor.stopped
    return stopped if problem.group is None else problem.group.sum(bool(stopped)) > 0


def _runs(problem, settings, state, monitor, refit, journal):
    """Yield what there is after each run."""
    if problem.is_adaptive:
        pilot = minimise(problem.without_penalty(), settings, state, monitor, journal)
        yield pilot
        problem = replace(problem, pilot=pilot.network)
        state = replace(state, network=pilot.network)
    outcome = minimise(problem, settings, state, monitor, journal)
    yield outcome
    if refit and not outcome.is_empty:
        small = outcome.network.compact(problem.blocks)
        of_small = replace(state, network=small.alone())
        listener = Refitting(monitor, small)
        on_support = problem.on_support(small.support)
        again = minimise(on_support, settings, of_small, listener, journal)
        network = small.refilled(again.network).expand()
        histories = [*outcome.histories, *again.histories]
        yield replace(outcome, network=network, histories=histories, interrupted=again.interrupted)


def minimise(problem, settings, state, monitor, journal=BLANK):
    """Train a network in one run; see :func:`fit`."""
    known = journal.over()
    if known is not None:
        return Outcome(**known)
    with engine(settings.n_threads):
        batches = Batches.of(problem, settings, state.rng)
        course = Course.of(settings, problem.told_unit, state.n_epochs)
        stages = Stages(Subnetworks(problem, settings, batches, state.network))
        begun = journal.begun()
        if begun is None:
            trainer = last = stages.first(state.optimizer)
        else:
            trainer = last = stages.resumed(begun, course)
        monitor.begin_run(course.n_whole)
        if not trainer.kept[0].all():
            monitor.resize(trainer.kept)
        interrupted = False

        def note(trainer):
            journal.note(partial(stages.state, trainer, course))

        try:
            while trainer is not None:
                last = trainer
                trainer.run(course, monitor, stages.may_pause, note)
                trainer = stages.after(trainer, course)
                if trainer is not None:
                    monitor.resize(trainer.kept)
        except KeyboardInterrupt:
            if not course.n_whole or problem.group is not None:
                raise
            interrupted = True
            course.history.cut(course.n_whole)
        n_removed = tuple(int((~mask).sum()) for mask in course.best[1])
        network, optimizer = stages.network(course), last.optimizer.save(copy=False)
    outcome = Outcome(network, [course.history], optimizer, n_removed, interrupted)
    if not (interrupted or course.stopped):
        journal.end(vars(outcome))
    return outcome
