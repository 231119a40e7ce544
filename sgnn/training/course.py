"""How far training has come."""

import math
from dataclasses import dataclass, field

from sgnn.proximal._registry import SOLVERS
from sgnn.training.rates import LearningRate, Patience

_WITHOUT_NOISE = 1e-6
_COUNTS = "epoch", "n_fun", "n_whole", "best_score"


@dataclass
class History:
    """What happened, one entry per epoch, and how it ended.

    Attributes
    ----------
    loss : list of float
        Mean training loss over the epoch, without penalty and ridge.
    objective : list of float
        The same plus penalty and ridge at the end of the epoch.
    validation_loss, validation_score : list of float
    n_neurons : list of tuple of int
        Units on a path from an input to an output, per layer, inputs first and outputs last.
    converged : bool
    """

    loss: list = field(default_factory=list)
    objective: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_score: list = field(default_factory=list)
    n_neurons: list = field(default_factory=list)
    converged: bool = False

    def __repr__(self):
        return f"<History of {len(self.loss)} epochs, objective {self.objective[-1:]}>"

    def cut(self, n_epochs):
        """Forget all epochs but the first ones."""
        for curve in vars(self).values():
            if isinstance(curve, list):
                del curve[n_epochs:]


@dataclass
class Course:
    """How far training has come, whatever the units that are trained at the moment.

    Attributes
    ----------
    learning_rate : LearningRate
    patience : Patience
    early_stopping : bool
        Watch the validation score instead of the objective, and end with the best parameters.
    n_epochs : int
        Where the learning rate and training end.
    tol : float
        Change of the objective within an epoch that is none.
    max_fun : int or inf
        Passes over the samples after which training ends.
    first_epoch : int
        Number of epochs before these, for penalties that warm up.
    epoch : int
        Place on the schedule of the learning rate.
    n_fun : int
        Passes so far.
    n_whole : int
        Number of epochs that were trained and recorded.
    keeps_best : bool
        Whether training may end with the parameters of an epoch that is not the last.
    best : tuple
        The Parameters to end with, and the units that they belong to.
    """

    learning_rate: LearningRate
    patience: Patience
    early_stopping: bool
    n_epochs: int
    tol: float
    max_fun: float = math.inf
    first_epoch: int = 0
    epoch: int = 0
    n_fun: int = 0
    n_whole: int = 0
    history: History = field(default_factory=History)
    best_score: float = -math.inf
    keeps_best: bool = True
    best: tuple = ()
    stopped: bool = False

    @classmethod
    def of(cls, settings, unit_of_loss, first_epoch):
        """Return the course that settings ask for."""
        has_rate = SOLVERS[settings.solver].has_rate
        kind = settings.learning_rate if has_rate else "constant"
        tol = settings.tol * unit_of_loss * (1 if has_rate else _WITHOUT_NOISE)
        return cls(
            LearningRate(kind, settings.learning_rate_init, settings.max_iter),
            Patience(settings.tol if settings.early_stopping else tol, settings.n_iter_no_change),
            early_stopping=settings.early_stopping,
            n_epochs=settings.max_iter,
            tol=tol,
            max_fun=math.inf if has_rate else settings.max_fun,
            first_epoch=first_epoch,
        )

    @property
    def is_used_up(self):
        """Whether there were as many passes as there may be."""
        return self.n_fun >= self.max_fun

    @property
    def is_over(self):
        """Whether no epochs are left, or none are wanted."""
        is_at_end = self.epoch >= self.n_epochs or self.is_used_up
        return is_at_end or self.stopped or self.history.converged

    @property
    def has_settled(self):
        """Whether a rate has fallen to its end, and the objective stood still in the last epoch."""
        if self.learning_rate.kind != "cosine" or self.epoch < self.n_epochs:
            return False
        last = self.history.objective[-2:]
        return len(last) == 2 and abs(last[0] - last[1]) <= self.tol

    def state(self):
        """Return how far it has come, but for the best parameters: plain data."""
        return {
            "counts": {name: getattr(self, name) for name in _COUNTS},
            "history": self.history,
            "fraction": self.learning_rate.fraction,
            "watched": (self.patience.best, self.patience.waited),
        }

    def restore(self, state):
        """Go on from what `state` returned."""
        for name in _COUNTS:
            setattr(self, name, state["counts"][name])
        self.history = state["history"]
        self.learning_rate.fraction = state["fraction"]
        self.patience.best, self.patience.waited = state["watched"]

    def go_on_from(self, epoch):
        """Train on, from a place on the schedule that is not later than now."""
        self.epoch = min(self.epoch, epoch)
        self.history.converged = False
        self.learning_rate.restart()
        self.patience.restart()
