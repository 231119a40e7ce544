"""The training loop, on one screen. It knows tensors and terms, and no estimator."""

import math
from dataclasses import dataclass, field

import numpy as np

from sgnn.training.data import to_tensor
from sgnn.training.schedule import Patience

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
    converged, interrupted : bool
    """

    loss: list = field(default_factory=list)
    objective: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_score: list = field(default_factory=list)
    converged: bool = False
    interrupted: bool = False


class Trainer:
    """Minimises mean loss + penalty + ridge.

    Parameters
    ----------
    network : Network
    optimizer : ProximalOptimizer
    batches : Batches
    terms : Terms
    l2 : float
        Ridge strength.
    validation : sgnn.problem.Validation or None
    """

    def __init__(self, network, optimizer, batches, terms, *, l2, validation=None):
        self.network = network
        self.optimizer = optimizer
        self.batches = batches
        self.terms = terms
        self.l2 = l2
        self.validation = validation
        self.history = History()

    def run(
        self,
        learning_rate,
        *,
        max_iter,
        tol,
        n_iter_no_change,
        early_stopping,
        monitor,
        first_epoch=0,
    ):
        """Train for at most `max_iter` epochs.

        Parameters
        ----------
        learning_rate : LearningRate
        max_iter : int
        tol : float
        n_iter_no_change : int or inf
        early_stopping : bool
            Watch the validation score instead of the objective, and end with the best parameters.
        monitor : object
            Its ``begin_epoch()`` and ``end_epoch(history, current)`` are called around each epoch;
            a true answer ends training.
        first_epoch : int, default=0
            Number of epochs before these, for penalties that warm up.

        Returns
        -------
        History

        Raises
        ------
        FloatingPointError
            If the objective or a parameter is not finite.
        KeyboardInterrupt
            If it comes before the end of the first epoch; later ones end training.
        """
        flat = self.network.parameters.flat
        kept, best_score = flat.clone(), -math.inf
        patience = Patience(tol, n_iter_no_change)
        history = self.history
        try:
            for epoch in range(max_iter):
                monitor.begin_epoch()
                self.terms.begin_epoch(first_epoch + epoch)
                self._train_epoch(learning_rate.rate(epoch))
                self._record()
                score = history.validation_score[-1] if early_stopping else math.inf
                warm = first_epoch + epoch + 1 >= self.terms.warm_up
                if not warm or score >= best_score:
                    kept.copy_(flat)
                    best_score = score if warm else -math.inf
                if monitor.end_epoch(history, self.network.parameters.to_numpy):
                    break
                watched = -score if early_stopping else history.objective[-1]
                settles_by_itself = learning_rate.kind == "cosine" and not early_stopping
                if warm and patience.exhausted_by(watched) and not settles_by_itself:
                    history.converged = not learning_rate.reduce()
                    if history.converged:
                        break
                    patience.restart()
        except KeyboardInterrupt:
            if not history.loss:
                raise
            history.interrupted = True
        flat.copy_(kept)
        return history

    def _train_epoch(self, rate):
        parameters, gradient = self.network.parameters, self.network.gradient
        for X, targets, weights, losses in self.batches.epoch():
            self.network.forward_backward(X, targets, weights, losses)
            if self.l2:
                gradient.weights.add_(parameters.weights, alpha=self.l2)
            self.optimizer.step(rate)

    def _record(self):
        loss = self.batches.mean_loss()
        objective = loss + self.terms.value(self.network.parameters) + self._ridge()
        flat = self.network.parameters.flat
        if not math.isfinite(objective + flat.dot(flat).item()):
            raise FloatingPointError("the objective is not finite")
        self.history.loss.append(loss)
        self.history.objective.append(objective)
        if self.validation is not None:
            loss, score = self._validate()
            self.history.validation_loss.append(loss)
            self.history.validation_score.append(score)

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
        return loss, self.validation.score(np.concatenate(outputs), targets)
