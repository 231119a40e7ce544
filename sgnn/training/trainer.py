"""The training loop, on one screen. It knows tensors and regularisers, and no estimator."""

import math

import numpy as np

from sgnn.networks.network import Network
from sgnn.networks.parameters import Parameters, to_tensor
from sgnn.training import together
from sgnn.training.arrays import of_mean_one, weighted_mean


class Trainer:
    """Minimises mean loss + penalty + ridge over the weights of some units.

    Parameters
    ----------
    model : Perceptron
    optimizer : ProximalOptimizer
    batches : Batches
    regulariser : Regulariser
    kept : list of ndarray of bool
        The units per layer that the network consists of, inputs first.
    l2 : float
        Ridge strength.
    blocks : ndarray of int or None
        Blocks of the inputs in `kept` that live as long as one of them does.
    held_out : HeldOut or None
        With the inputs in `kept` only.
    loss_unit : float, default=1.0
        What losses and objectives are told in.
    """

    def __init__(
        self,
        model,
        optimizer,
        batches,
        regulariser,
        kept,
        *,
        l2,
        blocks=None,
        held_out=None,
        loss_unit=1.0,
    ):
        self.model = model
        self.optimizer = optimizer
        self.batches = batches
        self.regulariser = regulariser
        self.kept = kept
        self.l2 = l2
        self.blocks = blocks
        self.held_out = held_out
        self.loss_unit = loss_unit
        self._copies = []

    def run(self, course, monitor, may_pause, note):
        """Train until the course is over, or until `may_pause` after some epoch.

        Parameters
        ----------
        course : Course
        monitor : object
            Its ``begin_epoch()`` and ``end_epoch(history, current)`` are called around each epoch;
            a true answer ends training.
        may_pause : callable (trainer, epoch) -> bool
            Asked after each epoch but the last.
        note : callable (trainer)
            Called after each epoch that another one follows, for a state to go on from.

        Raises
        ------
        FloatingPointError
            If the objective or a parameter is not finite.
        """
        while course.epoch < course.n_epochs:
            monitor.begin_epoch()
            self.regulariser.begin_epoch(course.first_epoch + course.epoch)
            self._train_epoch(course)
            course.epoch += 1
            self._record(course.history)
            self._keep(course)
            course.stopped = self._of_any(monitor.end_epoch(course.history, self.full_size))
            self._look_for_rest(course)
            if course.is_over or may_pause(self, course.epoch):
                break
            note(self)

    def state(self, course):
        """Return all that the next epoch depends on, as plain data."""
        return {
            "course": course.state(),
            "best": [(best.to_flat(), units) for best, units in filter(None, [course.best])],
            "kept": self.kept,
            "parameters": self.model.parameters.to_flat(),
            "optimizer": self.optimizer.state(),
            "regulariser": self.regulariser.state(),
        }

    def restore(self, state, course):
        """Go on, and let the course go on, from what `state` returned for the same units."""
        flat = self.model.parameters.flat
        flat.copy_(to_tensor(state["parameters"], flat.device))
        self.optimizer.restore(state["optimizer"])
        self.regulariser.restore(state["regulariser"])
        course.restore(state["course"])
        for best, units in state["best"]:
            course.best = Parameters.of_flat(best, units, flat.device), units

    def network(self):
        """Return the network of the units that are trained, which holds until the next step."""
        return Network(*self.model.parameters.as_arrays(), self.kept, self.model.activation)

    def full_size(self):
        """Return the network with zeros for the units that are not trained, a copy."""
        return self.network().expand()

    def units_on_paths(self):
        """Return, per layer, which of the units in `kept` are on a path from input to output."""
        return self.model.units_on_paths(self.blocks)

    def _keep(self, course):
        """Count an epoch and keep its network, if it is the best: both at once, or neither."""
        score = course.history.validation_score[-1] if course.early_stopping else math.inf
        best, best_score = course.best, course.best_score
        if course.keeps_best and score >= best_score:
            spare = self._spare(best)
            spare.flat.copy_(self.model.parameters.flat)
            best, best_score = (spare, self.kept), score if self._is_warm(course) else -math.inf
        course.best, course.best_score, course.n_whole = best, best_score, course.n_whole + 1

    def _spare(self, best):
        """Return parameters that are not those of `best`, two in turn."""
        if len(self._copies) < 2:
            self._copies.append(self.model.parameters.zeros_like())
        one, other = self._copies[0], self._copies[-1]
        return other if best and best[0] is one else one

    def _is_warm(self, course):
        return course.first_epoch + course.epoch >= self.regulariser.warm_up

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
        history.converged |= course.has_settled

    def _train_epoch(self, course):
        def gradients():
            course.n_fun += 1
            return together.gradients(self.model, self.batches, self.l2)

        self.optimizer.epoch(gradients, self._smooth, course.learning_rate.rate(course.epoch))

    def _smooth(self):
        return self.batches.mean_loss() + self._ridge()

    def _record(self, history):
        loss = self.batches.mean_loss()
        objective = loss + self.optimizer.penalty() + self._ridge()
        flat = self.model.parameters.flat
        if not math.isfinite(objective + flat.dot(flat).item()):
            raise FloatingPointError("the objective is not finite")
        held_out = None if self.held_out is None else self._validate()
        history.loss.append(loss * self.loss_unit)
        history.objective.append(objective * self.loss_unit)
        history.n_neurons.append(self.model.n_units_on_paths(self.blocks))
        if held_out is not None:
            history.validation_loss.append(held_out[0] * self.loss_unit)
            history.validation_score.append(held_out[1])

    def _ridge(self):
        weights = self.model.parameters.weights
        return 0.5 * self.l2 * weights.dot(weights).item() if self.l2 else 0.0

    def _validate(self):
        X, targets, weights = self.held_out.X, self.held_out.targets, self.held_out.sample_weight
        flat, raw = self.model.parameters.flat, self.model.forward(X)
        losses = flat.new_empty(X.shape[0])
        scored = raw.t().cpu().numpy().copy()
        of_samples = of_mean_one(weights, X.dtype, flat.device)
        self.model.loss.write(raw, to_tensor(targets, flat.device), of_samples, losses)
        loss, parts = weighted_mean(losses, of_samples), (scored, targets, weights)
        if self.batches.group is not None:
            loss, *parts = _of_all(self.batches.group, losses.cpu().numpy(), *parts)
        if not math.isfinite(loss):
            raise FloatingPointError("the loss on held-out data is not finite")
        return loss, self.model.loss.score(*parts)

    def _of_any(self, answer):
        """Whether an answer is true, in some process."""
        group = self.batches.group
        return answer if group is None else group.sum(bool(answer)) > 0


def _of_all(group, *arrays):
    """Return the mean loss of the samples of all processes, their outputs, targets and weights."""
    losses, *parts = (
        None if columns[0] is None else np.concatenate(columns)
        for columns in zip(*group.gather(arrays), strict=True)
    )
    return float(np.average(losses, weights=parts[-1])), *parts
