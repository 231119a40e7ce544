"""Proximal stochastic gradient descent."""

from sgnn.proximal.compiled import CompiledSGD, can_take
from sgnn.proximal.optimizers import BatchOptimizer


class ProxSGD(BatchOptimizer):
    r"""Proximal stochastic gradient descent.

    After :math:`t` steps a constant gradient moves a weight by :math:`\eta (1 - \mu^t) / (1 - \mu)`
    times itself; that is the step of the prox.

    Parameters
    ----------
    parameters, gradient, regulariser, scales
        As in :class:`ProximalOptimizer`.
    momentum : float in [0, 1)
    nesterov : bool
        Whether the momentum looks one step ahead.
    """

    def __init__(self, parameters, gradient, regulariser, scales, *, momentum, nesterov):
        super().__init__(parameters, gradient, regulariser, scales)
        self.momentum = momentum
        self.nesterov = nesterov and momentum > 0
        self.velocity = parameters.zeros_like() if momentum else None
        self._squared_units = regulariser.metric.of_layers([unit**2 for unit in scales.weights])
        if can_take(parameters, regulariser.metric):
            self._compiled = CompiledSGD(self)
        self._move = self._compiled or self._move_in_torch

    @classmethod
    def of(cls, settings, n_batches, *arguments):
        momentum, nesterov = settings.momentum, settings.nesterovs_momentum
        return cls(*arguments, momentum=momentum, nesterov=nesterov)

    @property
    def of_parameters(self):
        return {} if self.velocity is None else {"velocity": self.velocity.flat}

    def step(self, learning_rate):
        self.n_steps += 1
        terms_ahead = self.n_steps + self.nesterov
        reach = (1 - self.momentum**terms_ahead) / (1 - self.momentum)
        self._move(learning_rate / self.scales.loss, reach)

    def prox_steps(self, rate, reach):
        """Return the steps of the prox: a float, or a tensor with one number per group."""
        return rate * reach * self._squared_units

    def _move_in_torch(self, rate, reach):
        direction = self.gradient
        if self.velocity is not None:
            self.velocity.flat.mul_(self.momentum).add_(self.gradient.flat)
            direction = self.velocity
            if self.nesterov:
                self.gradient.flat.add_(self.velocity.flat, alpha=self.momentum)
                direction = self.gradient
        for index, layer in enumerate(self.parameters.layers):
            move, step = direction.layers[index], rate * self.scales.weights[index] ** 2
            layer.weight.sub_(move.weight, alpha=step)
            if not self.regulariser.metric.with_bias:
                step = rate * self.scales.biases[index] ** 2
            layer.bias.sub_(move.bias, alpha=step)
        self.regulariser.prox_(self.parameters, self.prox_steps(rate, reach))
