r"""Proximal optimisers.

The optimiser owns the prox step: the prox must solve
:math:`\mathrm{argmin}_z \tfrac12\|z - x\|^2_{D^{-1}} + \Omega(z)` in the metric :math:`D` in which
the gradient step was taken, or the loop ends at the minimum of another objective. So momentum
enlarges the step by :math:`1/(1 - \mu)`, and Adam's step differs from group to group: its second
moment is shared inside each group, which keeps every group prox exact and in closed form.

Each layer has a unit, a positive number per weight matrix and per bias: its parameters are
optimised as if divided by it, and the loss as if divided by ``loss_unit``. That changes the path
and not the objective, and makes training independent of the unit of measure of the targets.
"""

from abc import ABC, abstractmethod

import numpy as np

from sgnn.networks.parameters import to_tensor
from sgnn.proximal.state import OptimizerState


class ProximalOptimizer(ABC):
    """What trains the parameters of a network under a regulariser.

    Parameters
    ----------
    parameters, gradient : Parameters
    regulariser : Regulariser
    scales : sgnn.training.scales.Scales
    """

    #: Whether there are batches and a learning rate; else each step takes all samples.
    has_rate = False

    def __init__(self, parameters, gradient, regulariser, scales):
        self.parameters = parameters
        self.gradient = gradient
        self.regulariser = regulariser
        self.scales = scales
        self.n_steps = 0
        #: What takes steps by compiled kernels, a CompiledMove; None where torch does.
        self._compiled = None

    @classmethod
    @abstractmethod
    def of(cls, settings, n_batches, *arguments):
        """Return the optimiser that settings ask for.

        Parameters
        ----------
        settings : Settings
        n_batches : int
            Steps in an epoch.
        *arguments
            Parameters, gradient, regulariser and scales.
        """

    @abstractmethod
    def epoch(self, gradients, smooth, rate):
        """Train for an epoch.

        Parameters
        ----------
        gradients : callable
            Writes the gradient of one batch after the other while it is iterated over.
        smooth : callable
            Returns the mean of the loss over the batches, and the ridge.
        rate : float
            The learning rate.
        """

    def penalty(self):
        """Return the value of the regulariser at full strength, a float."""
        if self._compiled is None:
            return self.regulariser.value(self.parameters)
        return self._compiled.value()

    @property
    @abstractmethod
    def of_parameters(self):
        """The tensors with a number for each parameter that make up the state, by name."""

    @property
    def of_groups(self):
        """The tensors with a number for each group of the metric, by name."""
        return {}

    #: Attributes that are numbers and belong to the state.
    numbers = ("n_steps",)

    def save(self, copy=True):
        """Return the state, an :class:`OptimizerState`; no copy of it holds until the next step."""
        kinds = (self.of_parameters, self.of_groups)
        arrays = ({n: _array(t, copy) for n, t in kind.items()} for kind in kinds)
        return OptimizerState({name: getattr(self, name) for name in self.numbers}, *arrays)

    def load(self, state):
        """Go on from what `save` returned; the state of another kind of optimiser is ignored."""
        tensors = {**self.of_parameters, **self.of_groups}
        arrays = {**state.of_parameters, **state.of_groups}
        same = all(np.shape(arrays.get(name)) == tensor.shape for name, tensor in tensors.items())
        if not same or state.numbers.keys() != {*self.numbers}:
            return
        for name in self.numbers:
            setattr(self, name, state.numbers[name])
        for name, tensor in tensors.items():
            tensor.copy_(to_tensor(arrays[name], tensor.device))

    def state(self):
        """Return all that the next step depends on, for the same units, as plain data."""
        return {"saved": self.save()}

    def restore(self, state):
        """Go on from what `state` returned."""
        self.load(state["saved"])


def _array(tensor, copy):
    array = tensor.cpu().numpy()
    return array.copy() if copy else array


class BatchOptimizer(ProximalOptimizer):
    """A gradient step in some metric for each batch, then the prox in the same metric."""

    has_rate = True

    @abstractmethod
    def step(self, learning_rate):
        """Take one step from the gradient in the buffer, then apply the prox."""

    def epoch(self, gradients, smooth, rate):
        for _ in gradients():
            self.step(rate)
