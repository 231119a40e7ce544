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

import torch


class ProximalOptimizer(ABC):
    """A gradient step in some metric, then the prox in the same metric.

    Parameters
    ----------
    parameters, gradient : Parameters
    terms : list of LayerTerms
    units : sgnn.problem.Units
    """

    def __init__(self, parameters, gradient, terms, units):
        self.parameters = parameters
        self.gradient = gradient
        self.terms = terms
        self.units = units
        self.n_steps = 0

    @abstractmethod
    def step(self, learning_rate):
        """Take one step from the gradient in the buffer, then apply every layer's prox."""

    @abstractmethod
    def tensors(self):
        """Return the tensors that make up the state, by name."""

    def save(self):
        """Return the state as a dict of arrays and a step count."""
        arrays = {name: tensor.cpu().numpy().copy() for name, tensor in self.tensors().items()}
        return {"n_steps": self.n_steps, **arrays}

    def load(self, state):
        """Go on from what `save` returned."""
        self.n_steps = state["n_steps"]
        for name, tensor in self.tensors().items():
            tensor.copy_(torch.from_numpy(state[name]))


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
        layers = zip(self.parameters.layers, direction.layers, strict=True)
        for index, (layer, move) in enumerate(layers):
            step = rate * self.units.weights[index] ** 2
            layer.weight.sub_(move.weight, alpha=step)
            bias_step = rate * self.units.biases[index] ** 2
            if self.terms[index].metric.with_bias:
                bias_step = step
            layer.bias.sub_(move.bias, alpha=bias_step)
            self.terms[index].prox_(layer, step * reach)


class ProxAdam(ProximalOptimizer):
    r"""Proximal Adam with the second moment shared inside each group of the penalty.

    The step of group :math:`g` is :math:`\eta / (\sqrt{\hat v_g} + \epsilon)`, where :math:`v_g`
    averages the mean squared gradient of the group; :math:`\hat m` moves the weights by it and the
    prox gets the same step. ``beta_2`` is 0.99: under a sparsity penalty the gradients fall far
    below their first values, and fits of small data end before 0.999 has forgotten these.

    References
    ----------
    Kingma & Ba (2015), "Adam: a method for stochastic optimization", arXiv:1412.6980. For proximal
    steps in an adaptive metric see Yun, Lozano & Yang (2021), arXiv:2007.07484.
    """

    beta_1, beta_2, epsilon = 0.9, 0.99, 1e-8

    def __init__(self, parameters, gradient, terms, units):
        super().__init__(parameters, gradient, terms, units)
        self.mean = parameters.zeros_like()
        self.square = parameters.zeros_like()
        self.scratch = parameters.zeros_like()
        self.count = torch.zeros((), device=parameters.flat.device)
        self.grouped = {
            index: torch.zeros_like(layer_terms.metric.sizes)
            for index, layer_terms in enumerate(terms)
            if layer_terms.metric.sizes.ndim
        }
        self.free = self._free_segments()

    def tensors(self):
        shared = {f"square_{index}": square for index, square in self.grouped.items()}
        return {"mean": self.mean.flat, "square": self.square.flat, **shared}

    def step(self, learning_rate):
        self.n_steps += 1
        self._step_free(learning_rate)
        for index, layer in enumerate(self.parameters.layers):
            if index in self.grouped:
                self.terms[index].prox_(layer, self._step_grouped(index, learning_rate))
            elif self.terms[index].terms:
                self.terms[index].prox_(layer, self._steps_of_entries(index, learning_rate))

    def _free_segments(self):
        """Slices of the flat buffer without shared moments, neighbours of one unit merged."""
        flat = self.parameters.flat
        named = [
            (layer.weight, self.units.weights[index])
            for index, layer in enumerate(self.parameters.layers)
            if index not in self.grouped
        ] + [
            (layer.bias, self.units.biases[index])
            for index, layer in enumerate(self.parameters.layers)
            if not self.terms[index].metric.with_bias
        ]
        merged = []
        for view, unit in named:
            start = view.storage_offset() - flat.storage_offset()
            if merged and merged[-1][1] == start and merged[-1][2] == unit:
                merged[-1] = (merged[-1][0], start + view.numel(), unit)
            else:
                merged.append((start, start + view.numel(), unit))
        return [(slice(start, stop), unit) for start, stop, unit in merged]

    def _step_free(self, learning_rate):
        """Adam with a second moment per entry, fused."""
        for segment, unit in self.free:
            self.count.fill_(self.n_steps)
            torch._fused_adam_(
                [self.parameters.flat[segment]],
                [self.gradient.flat[segment]],
                [self.mean.flat[segment]],
                [self.square.flat[segment]],
                [],
                [self.count],
                lr=learning_rate * unit,
                beta1=self.beta_1,
                beta2=self.beta_2,
                weight_decay=0.0,
                eps=self.epsilon,
                amsgrad=False,
                maximize=False,
            )

    def _steps_of_entries(self, index, learning_rate):
        square, scratch = self.square.layers[index].weight, self.scratch.layers[index].weight
        return self._steps(square, scratch, learning_rate * self.units.weights[index])

    def _steps(self, square, out, rate):
        """Return ``rate / (sqrt(corrected square) + epsilon)``."""
        correction = (1 - self.beta_2**self.n_steps) ** 0.5
        torch.sqrt(square, out=out).div_(correction).add_(self.epsilon)
        return out.reciprocal_().mul_(rate)

    def _step_grouped(self, index, learning_rate):
        """Adam with one second moment per group; return the step of each group."""
        groups, square = self.terms[index].metric, self.grouped[index]
        layer, mean = self.parameters.layers[index], self.mean.layers[index]
        gradient = self.gradient.layers[index]
        fresh = groups.norms(gradient).square_().div_(groups.sizes)
        square.lerp_(fresh, 1 - self.beta_2)
        step = self._steps(square, fresh, learning_rate * self.units.weights[index])
        correction = 1 - self.beta_1**self.n_steps
        mean.weight.lerp_(gradient.weight, 1 - self.beta_1)
        layer.weight.addcmul_(mean.weight, groups.spread(step), value=-1 / correction)
        if groups.with_bias:
            mean.bias.lerp_(gradient.bias, 1 - self.beta_1)
            layer.bias.addcmul_(mean.bias, step, value=-1 / correction)
        return step
