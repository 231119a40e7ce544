"""Proximal Adam."""

import torch

from sgnn.proximal.optimizers import ProximalOptimizer

_FULL_BATCH_FLOOR = 0.1


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
            self._inverse_sizes = regulariser.metric.sizes.reciprocal()
        self._units = regulariser.metric.of_layers(scales.weights)
        self._floor = floor * regulariser.concave_scale()
        self._epsilons = regulariser.metric.of_layers(
            [self._epsilon(unit) for unit in scales.weights]
        )
        self._epsilons = self._epsilons + self._floor
        self._count = torch.zeros((), device=parameters.flat.device)
        self._free = self._free_segments()
        buffers = self.mean, self.gradient
        self._moving = [b.flat if regulariser.metric.with_bias else b.weights for b in buffers]
        self._scratch = torch.empty_like(self.group_square if self.shared else parameters.weights)

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
        self._step_free(learning_rate, beta_1)
        if self.shared:
            self.regulariser.prox_(self.parameters, self._step_groups(learning_rate, beta_1))
        elif not self.regulariser.is_zero:
            square = self.square.flat[: len(self.parameters.weights)]
            self._scratch.copy_(square)
            self.regulariser.prox_(self.parameters, self._to_steps_(learning_rate))

    def _epsilon(self, unit):
        """Return epsilon in the unit of the gradient of a parameter."""
        return self.epsilon * self.scales.loss / unit

    def _free_segments(self):
        """Views of whatever shares no second moment, neighbours of one unit merged."""
        layers = self.parameters.layers
        parts = []
        if not self.shared:
            weights = [layer.weight for layer in layers]
            parts += [
                (w, u, self._floor) for w, u in zip(weights, self.scales.weights, strict=True)
            ]
        if not self.regulariser.metric.with_bias:
            biases = [layer.bias for layer in layers]
            parts += [(b, u, 0.0) for b, u in zip(biases, self.scales.biases, strict=True)]
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
        metric = self.regulariser.metric
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
