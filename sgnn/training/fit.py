"""From a problem and a starting network to a trained network, numpy in and numpy out."""

from dataclasses import dataclass

import torch

from sgnn.penalties.build import build_terms
from sgnn.penalties.terms import KeptZeros
from sgnn.training.data import Batches
from sgnn.training.losses import LOSSES
from sgnn.training.network import Network
from sgnn.training.optim import ProxAdam, ProxSGD
from sgnn.training.parameters import Parameters
from sgnn.training.resources import flushed_denormals, keep_freed_memory, limited_threads
from sgnn.training.schedule import LearningRate
from sgnn.training.trainer import History, Trainer

_AUTO_BATCH_SIZE = 200
_FULL_BATCH_FLOOR = 0.1


@dataclass(frozen=True)
class Outcome:
    """A trained network (weights, biases), its history, and the state of the optimiser."""

    network: tuple
    history: History
    optimizer_state: dict


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
    """
    device = torch.device(settings.device)
    sizes = [len(coef) for coef in coefs] + [len(intercepts[-1])]
    with torch.inference_mode(), limited_threads(settings.n_threads), flushed_denormals():
        keep_freed_memory()
        parameters = Parameters(sizes, torch.from_numpy(coefs[0]).dtype, device)
        parameters.set(coefs, intercepts)
        terms = KeptZeros(parameters) if problem.keep_zeros else _terms(problem, parameters)
        network = Network(parameters, problem.activation, LOSSES[problem.loss])
        batch_size = _AUTO_BATCH_SIZE if settings.batch_size == "auto" else settings.batch_size
        batches = Batches(
            problem.X,
            problem.targets,
            problem.sample_weight,
            batch_size=batch_size,
            shuffle=settings.shuffle,
            rng=rng,
            device=device,
        )
        optimizer = _make_optimizer(network, terms, problem.units, settings, len(batches))
        if optimizer_state is not None:
            optimizer.load(optimizer_state)
        trainer = Trainer(
            network, optimizer, batches, terms, l2=problem.l2, validation=problem.validation
        )
        history = trainer.run(
            LearningRate(settings.learning_rate, settings.learning_rate_init, settings.max_iter),
            max_iter=settings.max_iter,
            tol=settings.tol * (1 if settings.early_stopping else problem.units.loss),
            n_iter_no_change=settings.n_iter_no_change,
            early_stopping=settings.early_stopping,
            monitor=monitor,
            first_epoch=first_epoch,
        )
        return Outcome(parameters.to_numpy(), history, optimizer.save())


def _terms(problem, parameters):
    pilot = None
    if problem.pilot is not None:
        pilot = parameters.zeros_like()
        pilot.set(*problem.pilot)
    return build_terms(
        problem.penalties, parameters, problem.alpha, problem.blocks, problem.seed, pilot
    )


def _make_optimizer(network, terms, units, settings, n_batches):
    arguments = network.parameters, network.gradient, terms, units
    if settings.solver == "adam":
        if n_batches == 1:
            return ProxAdam(*arguments, floor=_FULL_BATCH_FLOOR)
        rate = settings.learning_rate_init if terms.is_convex else None
        return ProxAdam(*arguments, initial_rate=rate)
    return ProxSGD(*arguments, momentum=settings.momentum, nesterov=settings.nesterovs_momentum)
