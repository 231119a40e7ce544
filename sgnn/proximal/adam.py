"""Proximal Adam."""

import torch

from sgnn.proximal.adam_in_torch import TorchAdam
from sgnn.proximal.compiled import CompiledAdam, can_take
from sgnn.proximal.optimizers import BatchOptimizer

_FULL_BATCH_FLOOR = 0.1


class ProxAdam(BatchOptimizer):
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
    parameters, gradient, regulariser, scales
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
    numbers = ("n_steps", "decay")

    def __init__(self, parameters, gradient, regulariser, scales, initial_rate=None, floor=0.0):
        super().__init__(parameters, gradient, regulariser, scales)
        self.initial_rate = initial_rate
        self.mean = parameters.zeros_like()
        self.square = parameters.zeros_like()
        self.shared = not regulariser.metric.single
        self.decay = 1.0
        if self.shared:
            self.group_square = torch.zeros_like(regulariser.metric.sizes)
        #: What is added to epsilon: a number, or one per group of the metric.
        self.floor = floor * regulariser.concave_scale()
        if can_take(parameters, regulariser.metric):
            self._compiled = CompiledAdam(self)
        self._move = self._compiled or TorchAdam(self)

    @classmethod
    def of(cls, settings, n_batches, *arguments):
        if n_batches == 1:
            return cls(*arguments, floor=_FULL_BATCH_FLOOR)
        *_, regulariser, _ = arguments
        rate = settings.learning_rate_init if regulariser.is_convex else None
        return cls(*arguments, initial_rate=rate)

    @property
    def of_parameters(self):
        return {"mean": self.mean.flat, "square": self.square.flat}

    @property
    def of_groups(self):
        return {"group_square": self.group_square} if self.shared else {}

    def step(self, learning_rate):
        self.n_steps += 1
        fraction = learning_rate / (self.initial_rate or learning_rate)
        beta_1 = 1 - (1 - self.beta_1) * max(fraction, self.least_fraction)
        self.decay *= beta_1
        self._move(learning_rate, beta_1)

    def epsilon_of(self, unit):
        """Return epsilon in the unit of the gradient of a parameter, a float."""
        return self.epsilon * self.scales.loss / unit

    @property
    def correction(self):
        """The square root of the correction of the bias of second moments."""
        return (1 - self.beta_2**self.n_steps) ** 0.5
