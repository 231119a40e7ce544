"""Following one network while the penalty grows; what has died is removed for good."""

import math
from dataclasses import replace
from functools import partial

from sgnn.training.course import Course
from sgnn.training.data import Batches
from sgnn.training.journal import BLANK
from sgnn.training.listeners import Silent
from sgnn.training.resources import engine
from sgnn.training.state import State
from sgnn.training.subnetworks import Subnetworks


class Walk:
    """Trains the units that are left of a network, for one strength of the penalty after another.

    Parameters
    ----------
    problem : Problem
        Its ``alpha`` is not used.
    settings : Settings
        Those of each step.
    network : Network
        At full size, to start from.
    rng : numpy.random.RandomState
        Shuffles.
    journal : Blank, default=BLANK
        Where it is written down how far the walk is.
    """

    #: Whether a step may stop early, see :meth:`step`.
    stops_at_limit = True

    def __init__(self, problem, settings, network, rng, journal=BLANK):
        self._settings, self._alpha_unit = settings, problem.alpha_unit
        self._journal = journal
        #: Unit of the losses in a history.
        self.unit_of_loss = problem.told_unit
        with engine(settings.n_threads):
            batches = Batches.of(problem, settings, rng)
            whole = replace(problem, alpha=1.0, held_out=None)
            self._subnetworks = Subnetworks(whole, settings, batches, network)
            penalty = self._subnetworks.regulariser.value(self._subnetworks.full)
            #: Value of the penalty at the start, for ``alpha=1``, in the unit of the losses.
            self.penalty_at_start = penalty * problem.loss_unit
        #: Where the walk starts.
        self.start = State(network)

    def step(self, state, alpha, limit=math.inf):
        """Train from a state on under a strength, and return where that leads.

        Parameters
        ----------
        state : State
            Not changed.
        alpha : float
        limit : float, default=inf
            Stop early once the network has shrunk by more than this, see :func:`shrinkage`.

        Returns
        -------
        State
        History

        Raises
        ------
        FloatingPointError
            If the objective or a parameter is not finite.
        """
        settings, networks, before = self._settings, self._subnetworks, state.network
        journal = self._journal
        known = journal.over()
        if known is not None:
            return State(known["network"], known["optimizer"]), known["history"]
        with engine(settings.n_threads):
            networks.regulariser.set_strength(alpha / self._alpha_unit)
            trainer = networks.trainer(*networks.holding(before), before.kept, state.optimizer)
            course = Course.of(settings, self.unit_of_loss, networks.regulariser.warm_up)
            course.keeps_best = False
            begun = journal.begun()
            if begun is not None:
                trainer.restore(begun, course)
            trainer.run(
                course,
                Silent(),
                lambda *_: _of_units(before.n_neurons, course.history.n_neurons[-1]) > limit,
                lambda trainer: journal.note(partial(trainer.state, course)),
            )
            network = trainer.network().keep(networks.live(trainer))
            optimizer = trainer.optimizer.save(copy=False)
            del trainer
            metric = networks.regulariser.metric
            optimizer = optimizer.moved(before.kept, network.kept, metric)
        journal.end({"network": network, "optimizer": optimizer, "history": course.history})
        return State(network, optimizer), course.history


def shrinkage(before, after):
    """Return by how much a network has shrunk, as the largest logarithm of a ratio of sizes.

    Sizes are the units of each layer but the last, and the square root of the number of weights
    that are not zero. In each layer the first unit that goes is not counted.

    Parameters
    ----------
    before, after : Network

    Returns
    -------
    float >= 0
        Infinite if nothing is left.
    """
    if after.is_empty:
        return math.inf
    of_weights = 0.5 * math.log(before.n_weights / after.n_weights)
    return max(of_weights, _of_units(before.n_neurons, after.n_neurons))


def _of_units(before, after):
    """Return the shrinkage of the layers but the last, one unit of each being for free."""
    if not all(after):
        return math.inf
    pairs = zip(before[:-1], after[:-1], strict=True)
    return max(math.log(max(b - 1, a) / a) for b, a in pairs)
