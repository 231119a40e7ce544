"""Trainers of the networks that some of the units form."""

from dataclasses import replace

import numpy as np
import torch

from sgnn.losses.losses import LOSSES
from sgnn.networks.parameters import Parameters
from sgnn.proximal.build import build_terms
from sgnn.proximal.optimizers import ProxAdam, ProxSGD
from sgnn.proximal.terms import KeptZeros
from sgnn.training.backprop import Network
from sgnn.training.trainer import Trainer

_FULL_BATCH_FLOOR = 0.1


class Subnetworks:
    """Makes networks of some of the units of a full one, and what trains them.

    Units are told by masks, one per layer, inputs first.

    Parameters
    ----------
    problem : Problem
    settings : Settings
    batches : Batches
    coefs, intercepts : list of ndarray
        The full-size network.

    Attributes
    ----------
    full : Parameters
        The full-size network.
    terms : Terms or KeptZeros
        The penalty on it.
    """

    def __init__(self, problem, settings, batches, coefs, intercepts):
        self.problem = problem
        self.settings = settings
        self.batches = batches
        sizes = [len(coef) for coef in coefs] + [len(intercepts[-1])]
        self.full = Parameters(sizes, torch.from_numpy(coefs[0]).dtype, batches.losses.device)
        self.full.set(coefs, intercepts)
        self.terms = KeptZeros(self.full) if problem.keep_zeros else self._build_terms()

    def trainer(self, parameters, terms, kept, state):
        """Return what trains some units, from the state of an optimiser or None."""
        problem, validation = self.problem, self.problem.validation
        if validation is not None and not kept[0].all():
            validation = replace(validation, X=validation.X[:, kept[0]])
        self.batches.select_inputs(kept[0])
        network = Network(parameters, problem.activation, LOSSES[problem.loss])
        optimizer = self._optimizer(network, terms)
        if state is not None:
            optimizer.load(state)
        return Trainer(
            network,
            optimizer,
            self.batches,
            terms,
            kept,
            l2=problem.l2,
            blocks=None if problem.blocks is None else problem.blocks[kept[0]],
            validation=validation,
        )

    def holding(self, coefs, intercepts, kept):
        """Return the parameters of the network that some units form, and the terms on it.

        Parameters
        ----------
        coefs, intercepts : list of ndarray
            The network, of these units alone.
        kept : list of ndarray of bool
        """
        sizes = [int(mask.sum()) for mask in kept]
        parameters = Parameters(sizes, self.full.flat.dtype, self.full.flat.device)
        parameters.set(coefs, intercepts)
        return parameters, self.terms.on_units(kept, parameters)

    def live(self, trainer):
        """Return which of the units that a trainer has are alive."""
        *alive, outputs = trainer.units_on_paths()
        return [*alive, np.ones_like(outputs)]

    def _build_terms(self):
        problem, pilot = self.problem, None
        if problem.pilot is not None:
            pilot = self.full.zeros_like()
            pilot.set(*problem.pilot)
        return build_terms(
            problem.penalties, self.full, problem.alpha, problem.blocks, problem.seed, pilot
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
