"""Trainers of the networks that some of the units form."""

from dataclasses import replace

import numpy as np

from sgnn.networks.parameters import Parameters
from sgnn.proximal._registry import SOLVERS
from sgnn.proximal.build import build_terms
from sgnn.proximal.kept_zeros import KeptZeros
from sgnn.training.backprop import Perceptron
from sgnn.training.compiled import CompiledPerceptron
from sgnn.training.trainer import Trainer


class Subnetworks:
    """Makes what trains some of the units of a full network.

    Units are told by masks, one per layer, inputs first.

    Parameters
    ----------
    problem : Problem
    settings : Settings
    batches : Batches
    network : Network
        At full size.

    Attributes
    ----------
    full : Parameters
        The full-size network.
    regulariser : Regulariser
        The penalty on it.
    """

    def __init__(self, problem, settings, batches, network):
        self.problem = problem
        self.settings = settings
        self.batches = batches
        self.full = Parameters.of(network, batches.losses.device)
        self.regulariser = KeptZeros(self.full) if problem.keep_zeros else self._build_terms()

    def trainer(self, parameters, regulariser, kept, state):
        """Return what trains some units, from the state of an optimiser or None."""
        problem, held_out = self.problem, self.problem.held_out
        if held_out is not None and not kept[0].all():
            held_out = replace(held_out, X=held_out.X[:, kept[0]])
        self.batches.select_inputs(kept[0])
        model = self.model(parameters)
        optimizer = SOLVERS[self.settings.solver].of(
            self.settings,
            len(self.batches),
            parameters,
            model.gradient,
            regulariser,
            problem.scales,
        )
        if state is not None:
            optimizer.load(state)
        return Trainer(
            model,
            optimizer,
            self.batches,
            regulariser,
            kept,
            l2=problem.l2,
            blocks=None if problem.blocks is None else problem.blocks[kept[0]],
            held_out=held_out,
            loss_unit=problem.loss_unit,
        )

    def model(self, parameters):
        """Return forward and backward pass on some parameters."""
        return perceptron(parameters, self.problem.activation, self.problem.loss)

    def holding(self, network):
        """Return the parameters of the units that are left of a network, and the regulariser."""
        parameters = Parameters.of(network, self.full.flat.device)
        return parameters, self.regulariser.on_units(network.kept, parameters)

    def live(self, trainer):
        """Return which of the units that a trainer has are alive."""
        *alive, outputs = trainer.units_on_paths()
        return [*alive, np.ones_like(outputs)]

    def _build_terms(self):
        problem, pilot = self.problem, None
        if problem.pilot is not None:
            pilot = Parameters.of(problem.pilot, self.full.flat.device)
        return build_terms(
            problem.penalties, self.full, problem.strength, problem.blocks, problem.seed, pilot
        )


def perceptron(parameters, activation, loss):
    """Return forward and backward pass, by kernels where they can, else in torch."""
    is_compiled = CompiledPerceptron.can_take(parameters, activation)
    return (CompiledPerceptron if is_compiled else Perceptron)(parameters, activation, loss)
