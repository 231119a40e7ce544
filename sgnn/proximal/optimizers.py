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
import torch

from sgnn.groups import SingleWeights
from sgnn.training.data import to_tensor


class ProximalOptimizer(ABC):
    """A gradient step in some metric, then the prox in the same metric.

    Parameters
    ----------
    parameters, gradient : Parameters
    terms : Terms
    units : sgnn.training.problem.Units
    """

    def __init__(self, parameters, gradient, terms, units):
        self.parameters = parameters
        self.gradient = gradient
        self.terms = terms
        self.units = units
        self.n_steps = 0
        self.decay = 1.0

    @abstractmethod
    def step(self, learning_rate):
        """Take one step from the gradient in the buffer, then apply the prox."""

    @abstractmethod
    def tensors(self):
        """Return the tensors that make up the state, by name."""

    def save(self):
        """Return the state as a dict of arrays and a step count."""
        arrays = {name: tensor.cpu().numpy().copy() for name, tensor in self.tensors().items()}
        return {"n_steps": self.n_steps, "decay": self.decay, **arrays}

    def load(self, state):
        """Go on from what `save` returned; the state of another kind of optimiser is ignored."""
        tensors = self.tensors()
        if any(np.shape(state.get(name)) != tensor.shape for name, tensor in tensors.items()):
            return
        self.n_steps, self.decay = state["n_steps"], state["decay"]
        for name, tensor in tensors.items():
            tensor.copy_(to_tensor(state[name], tensor.device))


class ProxSGD(ProximalOptimizer):
    r"""Proximal stochastic gradient descent.

    After :math:`t` steps a constant gradient moves a weight by :math:`\eta (1 - \mu^t) / (1 - \mu)`
    times itself; that is the step of the prox.

    Parameters
    ----------
    parameters, gradient, terms, units
        As in :class:`ProximalOptimizer`.
    momentum : float in [0, 1)
    nesterov : bool
        Whether the momentum looks one step ahead.
    """

    def __init__(self, parameters, gradient, terms, units, *, momentum, nesterov):
        super().__init__(parameters, gradient, terms, units)
        self.momentum = momentum
        self.nesterov = nesterov and momentum > 0
        self.velocity = parameters.zeros_like() if momentum else None
        self._squared_units = terms.metric.of_layers([unit**2 for unit in units.weights])

    def tensors(self):
        return {} if self.velocity is None else {"velocity": self.velocity.flat}

    def step(self, learning_rate):
        self.n_steps += 1
        direction = self.gradient
        if self.velocity is not None:
            self.velocity.flat.mul_(self.momentum).add_(self.gradient.flat)
            direction = self.velocity
            if self.nesterov:
                self.gradient.flat.add_(self.velocity.flat, alpha=self.momentum)
                direction = self.gradient
        terms_ahead = self.n_steps + self.nesterov
        reach = (1 - self.momentum**terms_ahead) / (1 - self.momentum)
        rate = learning_rate / self.units.loss
        for index, layer in enumerate(self.parameters.layers):
            move, step = direction.layers[index], rate * self.units.weights[index] ** 2
            layer.weight.sub_(move.weight, alpha=step)
            if not self.terms.metric.with_bias:
                step = rate * self.units.biases[index] ** 2
            layer.bias.sub_(move.bias, alpha=step)
        self.terms.prox_(self.parameters, rate * reach * self._squared_units)


class ProxAdam(ProximalOptimizer):
    r"""Proximal Adam with the second moment shared inside each group of the penalty.

    The step of group :math:`g` is :math:`\eta / (\sqrt{\hat v_g} + \epsilon)`, where :math:`v_g`
    averages the mean squared gradient of the group; :math:`\hat m` moves the weights by it and the
    prox gets the same step. ``beta_2`` is 0.99: under a sparsity penalty the gradients fall far
    below their first values, and fits of small data end before 0.999 has forgotten these.

    As the rate :math:`\eta` falls from :math:`\eta_0`, the first moment averages over more steps,
    :math:`\beta_1 = 1 - 0.1 \max(\eta/\eta_0, 0.1)`. With a constant one the noise of mini-batches
    brings back weights that should be zero at every rate, however small: stochastic proximal steps
    do not identify the support unless the variance of the gradient is reduced. A concave penalty
    settles by itself, and the jumps of its prox do not go with a long memory.

    Parameters
    ----------
    parameters, gradient, terms, units
        As in :class:`ProximalOptimizer`.
    initial_rate : float, default=None
        :math:`\eta_0`; None keeps :math:`\beta_1` at 0.9.
    floor : float >= 0, default=0.0
        Added to :math:`\epsilon` under a penalty that is not convex, as a part of the gradient at
        which a group is just kept at zero. Without the noise of batches the gradient of what such
        a penalty leaves alone vanishes at a minimum; its step, and with it the threshold of the
        prox, must not grow without bound.

    References
    ----------
    Kingma & Ba (2015), "Adam: a method for stochastic optimization", arXiv:1412.6980. For proximal
    steps in an adaptive metric see Yun, Lozano & Yang (2021), arXiv:2007.07484; for identification,
    Poon, Liang & Schönlieb (2018), arXiv:1802.02554.
    """

    beta_1, beta_2, epsilon = 0.9, 0.99, 1e-8
    least_fraction = 0.1

    def __init__(self, parameters, gradient, terms, units, initial_rate=None, floor=0.0):
        super().__init__(parameters, gradient, terms, units)
        self.initial_rate = initial_rate
        self.mean = parameters.zeros_like()
        self.square = parameters.zeros_like()
        self.shared = not isinstance(terms.metric, SingleWeights)
        if self.shared:
            self.group_square = torch.zeros_like(terms.metric.sizes)
            self._inverse_sizes = terms.metric.sizes.reciprocal()
        self._units = terms.metric.of_layers(units.weights)
        self._floor = floor * terms.concave_scale()
        self._epsilons = terms.metric.of_layers([self._epsilon(unit) for unit in units.weights])
        self._epsilons = self._epsilons + self._floor
        self._count = torch.zeros((), device=parameters.flat.device)
        self._free = self._free_segments()
        buffers = self.mean, self.gradient
        self._moving = [b.flat if terms.metric.with_bias else b.weights for b in buffers]
        self._scratch = torch.empty_like(self.group_square if self.shared else parameters.weights)

    def tensors(self):
        shared = {"group_square": self.group_square} if self.shared else {}
        return {"mean": self.mean.flat, "square": self.square.flat, **shared}

    def step(self, learning_rate):
        self.n_steps += 1
        fraction = learning_rate / (self.initial_rate or learning_rate)
        beta_1 = 1 - (1 - self.beta_1) * max(fraction, self.least_fraction)
        self.decay *= beta_1
        self._step_free(learning_rate, beta_1)
        if self.shared:
            self.terms.prox_(self.parameters, self._step_groups(learning_rate, beta_1))
        elif self.terms.terms:
            square = self.square.flat[: len(self.parameters.weights)]
            self._scratch.copy_(square)
            self.terms.prox_(self.parameters, self._to_steps_(learning_rate))

    def _epsilon(self, unit):
        """Return epsilon in the unit of the gradient of a parameter."""
        return self.epsilon * self.units.loss / unit

    def _free_segments(self):
        """Views of whatever shares no second moment, neighbours of one unit merged."""
        layers = self.parameters.layers
        parts = []
        if not self.shared:
            weights = [layer.weight for layer in layers]
            parts += [(w, u, self._floor) for w, u in zip(weights, self.units.weights, strict=True)]
        if not self.terms.metric.with_bias:
            biases = [layer.bias for layer in layers]
            parts += [(b, u, 0.0) for b, u in zip(biases, self.units.biases, strict=True)]
        segments = []
        for view, unit, floor in parts:
            start, stop = view.storage_offset(), view.storage_offset() + view.numel()
            if segments and segments[-1][1:] == (start, unit, floor):
                start = segments.pop()[0]
            segments.append((start, stop, unit, floor))
        buffers = self.parameters, self.gradient, self.mean, self.square
        return [
            ([[b.flat[start:stop]] for b in buffers], unit, self._epsilon(unit) + floor)
            for start, stop, unit, floor in segments
        ]

    def _step_free(self, learning_rate, beta_1):
        """Adam with a second moment per entry, fused; the kernel takes `beta_1` for constant."""
        learning_rate *= (1 - beta_1**self.n_steps) / (1 - self.decay)
        for views, unit, epsilon in self._free:
            torch._fused_adam_(
                *views,
                [],
                [self._count.fill_(self.n_steps)],
                lr=learning_rate * unit,
                beta1=beta_1,
                beta2=self.beta_2,
                weight_decay=0.0,
                eps=epsilon,
                amsgrad=False,
                maximize=False,
            )

    def _step_groups(self, learning_rate, beta_1):
        """Adam with one second moment per group; return the step of each group."""
        metric = self.terms.metric
        norms = metric.norms(self.gradient)
        self.group_square.mul_(self.beta_2).addcmul_(norms, norms, value=1 - self.beta_2)
        torch.mul(self.group_square, self._inverse_sizes, out=self._scratch)
        steps = self._to_steps_(learning_rate)
        moving, towards = self._moving
        moving.lerp_(towards, 1 - beta_1)
        metric.add_product_(self.parameters, self.mean, steps, -1 / (1 - self.decay))
        return steps

    def _to_steps_(self, learning_rate):
        """Turn the second moments in the scratch buffer into steps: rate / (sqrt(v) + epsilon)."""
        correction = (1 - self.beta_2**self.n_steps) ** 0.5
        self._scratch.sqrt_().add_(correction * self._epsilons).reciprocal_()
        return self._scratch.mul_(learning_rate * correction * self._units)
