"""The stages of a training run: each trains some of the units, from where the last one stopped."""

from dataclasses import replace

import torch

from sgnn import compact
from sgnn.penalties.build import build_terms
from sgnn.penalties.terms import KeptZeros
from sgnn.training import removal
from sgnn.training.losses import LOSSES
from sgnn.training.network import Network
from sgnn.training.optim import ProxAdam, ProxSGD
from sgnn.training.parameters import Parameters
from sgnn.training.trainer import Trainer

_FULL_BATCH_FLOOR = 0.1
_N_STAGES, _LEAST_STAGE = 8, 4
_MAX_REPAIRS = 3


class Stages:
    """Makes the trainer of each stage.

    The first stage trains all units, until the removal of dead ones pays. From then on a stage is
    an eighth of the epochs, but four at least. If the loss wants inputs back after the last epoch,
    training goes on from three quarters of the epochs, at most three times.

    Parameters
    ----------
    problem : Problem
    settings : Settings
    batches : Batches
    coefs, intercepts : list of ndarray
        The full-size network to start from.
    """

    def __init__(self, problem, settings, batches, coefs, intercepts):
        self.problem = problem
        self.settings = settings
        self.batches = batches
        sizes = [len(coef) for coef in coefs] + [len(intercepts[-1])]
        self.full = Parameters(sizes, torch.from_numpy(coefs[0]).dtype, batches.losses.device)
        self.full.set(coefs, intercepts)
        self.terms = KeptZeros(self.full) if problem.keep_zeros else self._build_terms()
        self._removes = bool(problem.penalties) and problem.alpha > 0
        self._interval = max(_LEAST_STAGE, -(-settings.max_iter // _N_STAGES))
        self._next_at = 1
        self._repairs_left = _MAX_REPAIRS

    def first(self, state):
        """Return the trainer of all units, which goes on from the state of an optimiser or None."""
        return self._trainer(self.full, self.terms, removal.all_units(self.full.sizes), state)

    def may_pause(self, trainer, epoch):
        """Whether a stage should end after an epoch, before the training does."""
        epochs_left = self.settings.max_iter - epoch
        if not self._removes or epoch < self._next_at or epochs_left < self._interval:
            return False
        self._next_at = epoch + self._interval // _LEAST_STAGE
        return not trainer.kept[0].all() or removal.saves_enough(self._live(trainer))

    def after(self, trainer, course):
        """Return the trainer of the next stage, or None if training is over."""
        is_over = course.is_over
        is_final = course.early_stopping or course.stopped or not self._repairs_left
        if is_over and (is_final or trainer.kept[0].all()):
            return None
        kept = self._revived(trainer, 1.0 if is_over else removal.MARGIN)
        if is_over:
            kept = [kept[0] | trainer.kept[0], *trainer.kept[1:]]
            if (kept[0] == trainer.kept[0]).all():
                return None
            self._repairs_left -= 1
            course.go_on_from(self.settings.max_iter * 3 // 4)
        else:
            live = removal.compose(trainer.kept, self._live(trainer))
            kept = [one | other for one, other in zip(live, kept, strict=True)]
            if not all(mask.any() for mask in kept):
                kept = trainer.kept
            self._next_at = course.epoch + self._interval
        last_known = torch.from_numpy(removal.positions(trainer.kept)).to(self.full.flat.device)
        self.full.flat[last_known] = trainer.network.parameters.flat.clone()
        state = removal.moved(trainer.optimizer.save(), trainer.kept, kept, self.terms.metric)
        return self._trainer(*self._smaller(trainer, kept), kept, state)

    def network(self, course):
        """Return the full-size weights and biases to end with, of removed hidden units too."""
        coefs, intercepts = course.network()
        last_known = self.full.to_numpy()
        for layer, mask in enumerate(course.best[1][1:-1]):
            coefs[layer][:, ~mask] = last_known[0][layer][:, ~mask]
            intercepts[layer][~mask] = last_known[1][layer][~mask]
        return coefs, intercepts

    def _build_terms(self):
        problem, pilot = self.problem, None
        if problem.pilot is not None:
            pilot = self.full.zeros_like()
            pilot.set(*problem.pilot)
        return build_terms(
            problem.penalties, self.full, problem.alpha, problem.blocks, problem.seed, pilot
        )

    def _smaller(self, trainer, kept):
        """Return the parameters of a trainer, and the terms, for other units."""
        coefs, intercepts = compact.keep_units(*trainer.full_size(), self.problem.activation, kept)
        sizes = [int(mask.sum()) for mask in kept]
        parameters = Parameters(sizes, self.full.flat.dtype, self.full.flat.device)
        parameters.set(coefs, intercepts)
        return parameters, self.terms.on_units(kept, parameters)

    def _trainer(self, parameters, terms, kept, state):
        problem, validation = self.problem, self.problem.validation
        if validation is not None and not kept[0].all():
            validation = replace(validation, X=validation.X[:, kept[0]])
        self.batches.select_inputs(kept[0])
        network = Network(parameters, problem.activation, LOSSES[problem.loss])
        optimizer = self._optimizer(network, terms)
        if state is not None:
            optimizer.load(state)
        return Trainer(
            network, optimizer, self.batches, terms, kept, l2=problem.l2, validation=validation
        )

    def _optimizer(self, network, terms):
        settings = self.settings
        arguments = network.parameters, network.gradient, terms, self.problem.units
        if settings.solver == "adam":
            if len(self.batches) == 1:
                return ProxAdam(*arguments, floor=_FULL_BATCH_FLOOR)
            rate = settings.learning_rate_init if terms.is_convex else None
            return ProxAdam(*arguments, initial_rate=rate)
        return ProxSGD(*arguments, momentum=settings.momentum, nesterov=settings.nesterovs_momentum)

    def _live(self, trainer):
        blocks = self.problem.blocks
        coefs = [layer.weight.cpu().numpy() for layer in trainer.network.parameters.layers]
        return removal.live_units(coefs, None if blocks is None else blocks[trainer.kept[0]])

    def _revived(self, trainer, margin):
        """Return the units that the next step over all samples leaves alive, inputs all tried."""
        problem = self.problem
        kept = [*removal.all_units(self.full.sizes[:1]), *trainer.kept[1:]]
        parameters, terms = self._smaller(trainer, kept)
        network = Network(parameters, problem.activation, LOSSES[problem.loss])
        revived = removal.revived_units(
            network, terms, self.batches, problem.l2, problem.units, problem.blocks, margin
        )
        return removal.compose(kept, revived)
