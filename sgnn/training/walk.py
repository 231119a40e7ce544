"""Following one network while the penalty grows; what has died is removed for good."""

import math
from dataclasses import dataclass, field, replace

from sgnn.estimators.monitor import Silent
from sgnn.networks import compact
from sgnn.training import removal
from sgnn.training.data import Batches
from sgnn.training.rates import LearningRate, Patience
from sgnn.training.resources import engine
from sgnn.training.subnetworks import Subnetworks
from sgnn.training.trainer import Course, History


@dataclass(frozen=True)
class Place:
    """A network on its way.

    Attributes
    ----------
    coefs, intercepts : list of ndarray
        Of the units that are left.
    kept : list of ndarray of bool
        Which these are, per layer, inputs first; all outputs.
    history : History
        Of the epochs since the place before.
    optimizer_state : dict or None
    """

    coefs: list
    intercepts: list
    kept: list
    history: History = field(default_factory=History)
    optimizer_state: dict | None = None

    @property
    def is_empty(self):
        """Whether no input is left."""
        return not self.kept[0].any()

    @property
    def n_units(self):
        """Number of units left per layer, inputs first."""
        return tuple(int(mask.sum()) for mask in self.kept)


class Walk:
    """Trains the units that are left of a network, for one strength of the penalty after another.

    Parameters
    ----------
    problem : Problem
        Its ``alpha`` is not used.
    settings : Settings
        Those of each step.
    coefs, intercepts : list of ndarray
        The full-size network to start from.
    rng : numpy.random.RandomState
        Shuffles.
    """

    def __init__(self, problem, settings, coefs, intercepts, rng):
        self._problem, self._settings = problem, settings
        with engine(settings.n_threads):
            batches = Batches.of(problem, settings, rng)
            whole = replace(problem, alpha=1.0, validation=None)
            self._subnetworks = Subnetworks(whole, settings, batches, coefs, intercepts)
            #: Value of the penalty at the start, for ``alpha=1``.
            self.penalty_at_start = self._subnetworks.terms.value(self._subnetworks.full)
        #: Where the walk starts.
        self.start = Place(coefs, intercepts, removal.all_units(self._subnetworks.full.sizes))

    def step(self, place, alpha, limit=math.inf):
        """Train from a place on under a strength, and return the place reached.

        Parameters
        ----------
        place : Place
            Not changed.
        alpha : float
        limit : float, default=inf
            Stop early once the network has shrunk by more than this, see :func:`shrinkage`.

        Returns
        -------
        Place

        Raises
        ------
        FloatingPointError
            If the objective or a parameter is not finite.
        """
        settings, networks = self._settings, self._subnetworks
        with engine(settings.n_threads):
            networks.terms.set_strength(alpha)
            network = networks.holding(place.coefs, place.intercepts, place.kept)
            trainer = networks.trainer(*network, place.kept, place.optimizer_state)
            course = Course(
                LearningRate(
                    settings.learning_rate, settings.learning_rate_init, settings.max_iter
                ),
                Patience(settings.tol * self._problem.units.loss, settings.n_iter_no_change),
                early_stopping=False,
                n_epochs=settings.max_iter,
                first_epoch=networks.terms.warm_up,
            )
            trainer.run(
                course,
                Silent,
                lambda *_: _of_units(place.n_units, course.history.n_neurons[-1]) > limit,
            )
            live = networks.live(trainer)
            small = compact.keep_units(
                *trainer.network.parameters.to_numpy(), self._problem.activation, live
            )
            kept = compact.compose(place.kept, live)
            state = trainer.optimizer.save()
            state = removal.moved(state, place.kept, kept, networks.terms.metric)
        return Place(*small, kept, course.history, state)


def shrinkage(before, after):
    """Return by how much a network has shrunk, as the largest logarithm of a ratio of sizes.

    Sizes are the units of each layer but the last, and the square root of the number of weights
    that are not zero. In each layer the first unit that goes is not counted.

    Parameters
    ----------
    before, after : Place

    Returns
    -------
    float >= 0
        Infinite if nothing is left.
    """
    if after.is_empty:
        return math.inf
    n_before, n_after = (sum((coef != 0).sum() for coef in at.coefs) for at in (before, after))
    of_weights = 0.5 * math.log(n_before / n_after)
    return max(of_weights, _of_units(before.n_units, after.n_units))


def _of_units(before, after):
    """Return the shrinkage of the layers but the last, one unit of each being for free."""
    if not all(after):
        return math.inf
    pairs = zip(before[:-1], after[:-1], strict=True)
    return max(math.log(max(b - 1, a) / a) for b, a in pairs)
