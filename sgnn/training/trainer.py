"""The training loop, on one screen. It knows tensors and terms, and no estimator."""

import math
from dataclasses import dataclass, field

import numpy as np

from sgnn.networks import compact
from sgnn.training.data import to_tensor
from sgnn.training.rates import LearningRate, Patience

_ROWS_PER_CHUNK = 4096


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
    converged, interrupted : bool
    """

    loss: list = field(default_factory=list)
    objective: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_score: list = field(default_factory=list)
    n_neurons: list = field(default_factory=list)
    converged: bool = False
    interrupted: bool = False


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
    first_epoch : int
        Number of epochs before these, for penalties that warm up.
    epoch : int
        Place on the schedule of the learning rate.
    best : tuple
        The Parameters to end with, and the units that they belong to.
    """

    learning_rate: LearningRate
    patience: Patience
    early_stopping: bool
    n_epochs: int
    first_epoch: int = 0
    epoch: int = 0
    history: History = field(default_factory=History)
    best_score: float = -math.inf
    best: tuple = ()

    stopped: bool = False

    @property
    def is_over(self):
        """Whether no epochs are left, or none are wanted."""
        return self.epoch >= self.n_epochs or self.stopped or self.history.converged

    def go_on_from(self, epoch):
        """Train on, from a place on the schedule that is not later than now."""
        self.epoch = min(self.epoch, epoch)
        self.history.converged = False
        self.learning_rate.restart()
        self.patience.restart()

    def network(self):
        """Return the weights and biases to end with, at full size."""
        parameters, kept = self.best
        return compact.expand(*parameters.to_numpy(), kept)


class Trainer:
    """Minimises mean loss + penalty + ridge over the weights of some units.

    Parameters
    ----------
    network : Network
    optimizer : ProximalOptimizer
    batches : Batches
    terms : Terms
    kept : list of ndarray of bool
        The units per layer that the network consists of, inputs first.
    l2 : float
        Ridge strength.
    blocks : ndarray of int or None
        Blocks of the inputs in `kept` that live as long as one of them does.
    validation : sgnn.training.problem.Validation or None
    """

    def __init__(
        self, network, optimizer, batches, terms, kept, *, l2, blocks=None, validation=None
    ):
        self.network = network
        self.optimizer = optimizer
        self.batches = batches
        self.terms = terms
        self.kept = kept
        self.l2 = l2
        self.blocks = blocks
        self.validation = validation
        self._best = network.parameters.zeros_like()

    def run(self, course, monitor, may_pause):
        """Train until the course is over, or until `may_pause` after some epoch.

        Parameters
        ----------
        course : Course
        monitor : object
            Its ``begin_epoch()`` and ``end_epoch(history, current)`` are called around each epoch;
            a true answer ends training.
        may_pause : callable (trainer, epoch) -> bool
            Asked after each epoch but the last.

        Raises
        ------
        FloatingPointError
            If the objective or a parameter is not finite.
        """
        while course.epoch < course.n_epochs:
            monitor.begin_epoch()
            self.terms.begin_epoch(course.first_epoch + course.epoch)
            self._train_epoch(course.learning_rate.rate(course.epoch))
            course.epoch += 1
            self._record(course.history)
            self._keep_best(course)
            course.stopped = monitor.end_epoch(course.history, self.full_size)
            self._look_for_rest(course)
            if course.is_over or may_pause(self, course.epoch):
                break

    def full_size(self):
        """Return weights and biases with zeros for the units that are not trained."""
        return compact.expand(*self.network.parameters.to_numpy(), self.kept)

    def units_on_paths(self):
        """Return, per layer, which of the units in `kept` are on a path from input to output."""
        coefs = [layer.weight.cpu().numpy() for layer in self.network.parameters.layers]
        return compact.units_on_paths(coefs, self.blocks)

    def _keep_best(self, course):
        score = course.history.validation_score[-1] if course.early_stopping else math.inf
        warm = self._is_warm(course)
        if not warm or score >= course.best_score:
            self._best.flat.copy_(self.network.parameters.flat)
            course.best = self._best, self.kept
            course.best_score = score if warm else -math.inf

    def _is_warm(self, course):
        return course.first_epoch + course.epoch >= self.terms.warm_up

    def _look_for_rest(self, course):
        history = course.history
        watched = -history.validation_score[-1] if course.early_stopping else history.objective[-1]
        too_long = self._is_warm(course) and course.patience.exhausted_by(watched)
        settles_by_itself = course.learning_rate.kind == "cosine" and not course.early_stopping
        if too_long and not settles_by_itself:
            is_slowest = not course.learning_rate.reduce()
            recent = history.n_neurons[-1 - int(course.patience.n_iter_no_change) :]
            history.converged = is_slowest and (course.early_stopping or len(set(recent)) == 1)
            course.patience.restart()

    def _train_epoch(self, rate):
        parameters, gradient = self.network.parameters, self.network.gradient
        for X, targets, weights, losses in self.batches.epoch():
            self.network.forward_backward(X, targets, weights, losses)
            if self.l2:
                gradient.weights.add_(parameters.weights, alpha=self.l2)
            self.optimizer.step(rate)

    def _record(self, history):
        loss = self.batches.mean_loss()
        objective = loss + self.terms.value(self.network.parameters) + self._ridge()
        flat = self.network.parameters.flat
        if not math.isfinite(objective + flat.dot(flat).item()):
            raise FloatingPointError("the objective is not finite")
        held_out = None if self.validation is None else self._validate()
        history.loss.append(loss)
        history.objective.append(objective)
        history.n_neurons.append(
            tuple(int(np.count_nonzero(mask)) for mask in self.units_on_paths())
        )
        if held_out is not None:
            history.validation_loss.append(held_out[0])
            history.validation_score.append(held_out[1])

    def _ridge(self):
        weights = self.network.parameters.weights
        return 0.5 * self.l2 * weights.dot(weights).item() if self.l2 else 0.0

    def _validate(self):
        X, targets = self.validation.X, self.validation.targets
        flat = self.network.parameters.flat
        losses, outputs = flat.new_empty(X.shape[0]), []
        for start in range(0, X.shape[0], _ROWS_PER_CHUNK):
            rows = slice(start, start + _ROWS_PER_CHUNK)
            chunk = X[rows] if isinstance(X, np.ndarray) else X[rows].toarray()
            raw = self.network.forward(to_tensor(chunk, flat.device))
            outputs.append(raw.t().cpu().numpy().copy())
            truth = to_tensor(targets[rows], flat.device)
            self.network.loss(raw, truth, losses[rows])
        loss = losses.mean().item()
        if not math.isfinite(loss):
            raise FloatingPointError("the loss on held-out data is not finite")
        return loss, float(self.validation.scores(np.concatenate(outputs), targets).mean())
