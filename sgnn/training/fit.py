"""From a problem and a starting network to a trained network, numpy in and numpy out."""

from dataclasses import dataclass

from sgnn.training.data import Batches
from sgnn.training.rates import LearningRate, Patience
from sgnn.training.resources import engine
from sgnn.training.stages import Stages
from sgnn.training.subnetworks import Subnetworks
from sgnn.training.trainer import Course, History


@dataclass(frozen=True)
class Outcome:
    """A trained network, and how it came about.

    Attributes
    ----------
    network : tuple
        Weights and biases, at full size. The hidden units that were removed have the weights that
        led to them, and none that leave them.
    history : History
    optimizer_state : dict
    n_removed : tuple of int
        Units per layer that were no longer trained when the network was as it is.
    """

    network: tuple
    history: History
    optimizer_state: dict
    n_removed: tuple


def minimise(
    problem, settings, coefs, intercepts, rng, monitor, optimizer_state=None, first_epoch=0
):
    """Train a network.

    Parameters
    ----------
    problem : Problem
    settings : Settings
    coefs, intercepts : list of ndarray
        Where to start; not changed.
    rng : numpy.random.RandomState
        Shuffles.
    monitor : object
        Its ``begin_epoch()`` and ``end_epoch(history, current)`` are called around each epoch;
        ``current()`` returns copies of the weights and biases, and a true answer ends training.
    optimizer_state : dict, default=None
        As in the :class:`Outcome` of an earlier call, to go on where it stopped.
    first_epoch : int, default=0
        Number of epochs before this call, for penalties that warm up.

    Returns
    -------
    Outcome

    Raises
    ------
    FloatingPointError
        If the objective or a parameter is not finite.
    KeyboardInterrupt
        If it comes before the end of the first epoch; later ones end training.
    """
    with engine(settings.n_threads):
        batches = Batches.of(problem, settings, rng)
        course = Course(
            LearningRate(settings.learning_rate, settings.learning_rate_init, settings.max_iter),
            Patience(
                settings.tol * (1 if settings.early_stopping else problem.units.loss),
                settings.n_iter_no_change,
            ),
            early_stopping=settings.early_stopping,
            n_epochs=settings.max_iter,
            first_epoch=first_epoch,
        )
        stages = Stages(Subnetworks(problem, settings, batches, coefs, intercepts))
        trainer = last = stages.first(optimizer_state)
        try:
            while trainer is not None:
                last = trainer
                trainer.run(course, monitor, stages.may_pause)
                trainer = stages.after(trainer, course)
                if trainer is not None:
                    monitor.resize(trainer.kept)
        except KeyboardInterrupt:
            if not course.best:
                raise
            course.history.interrupted = True
        n_removed = tuple(int((~mask).sum()) for mask in course.best[1])
        return Outcome(stages.network(course), course.history, last.optimizer.save(), n_removed)
