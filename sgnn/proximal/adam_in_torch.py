"""The step of proximal Adam in torch."""

from weakref import proxy

import torch

from sgnn._common.private_torch import _fused_adam_


class TorchAdam:
    """Moves parameters as Adam does, and applies the prox.

    Parameters
    ----------
    optimizer : ProxAdam
    """

    def __init__(self, optimizer):
        self._of, self._metric = proxy(optimizer), optimizer.regulariser.metric
        parameters, scales = optimizer.parameters, optimizer.scales
        self._units = self._metric.of_layers(scales.weights)
        epsilons = [optimizer.epsilon_of(unit) for unit in scales.weights]
        self._epsilons = self._metric.of_layers(epsilons) + optimizer.floor
        self._count = torch.zeros((), device=parameters.flat.device)
        self._free = self._free_segments()
        if optimizer.shared:
            self._inverse_sizes = self._metric.sizes.reciprocal()
            self._scratch = torch.empty_like(optimizer.group_square)
        else:
            self._scratch = torch.empty_like(parameters.weights)
        buffers = optimizer.mean, optimizer.gradient
        self._moving = [b.flat if self._metric.with_bias else b.weights for b in buffers]

    def __call__(self, learning_rate, beta_1):
        """Take a step from the gradient in the buffer."""
        of, regulariser = self._of, self._of.regulariser
        self._step_free(learning_rate, beta_1)
        if of.shared:
            regulariser.prox_(of.parameters, self._step_groups(learning_rate, beta_1))
        elif not regulariser.is_zero:
            self._scratch.copy_(of.square.flat[: len(of.parameters.weights)])
            regulariser.prox_(of.parameters, self._to_steps_(learning_rate))

    def _free_segments(self):
        """Views of whatever shares no second moment, neighbours of one unit merged."""
        of, layers, scales = self._of, self._of.parameters.layers, self._of.scales
        parts = []
        if not of.shared:
            weights = [layer.weight for layer in layers]
            parts += [(w, u, of.floor) for w, u in zip(weights, scales.weights, strict=True)]
        if not self._metric.with_bias:
            biases = [layer.bias for layer in layers]
            parts += [(b, u, 0.0) for b, u in zip(biases, scales.biases, strict=True)]
        segments = []
        for view, unit, floor in parts:
            start, stop = view.storage_offset(), view.storage_offset() + view.numel()
            if segments and segments[-1][1:] == (start, unit, floor):
                start = segments.pop()[0]
            segments.append((start, stop, unit, floor))
        buffers = of.parameters, of.gradient, of.mean, of.square
        return [
            ([[b.flat[start:stop]] for b in buffers], unit, of.epsilon_of(unit) + floor)
            for start, stop, unit, floor in segments
        ]

    def _step_free(self, learning_rate, beta_1):
        """Adam with a second moment per entry, fused; the kernel takes `beta_1` for constant."""
        of = self._of
        learning_rate *= (1 - beta_1**of.n_steps) / (1 - of.decay)
        for views, unit, epsilon in self._free:
            _fused_adam_(
                *views,
                [],
                [self._count.fill_(of.n_steps)],
                lr=learning_rate * unit,
                beta1=beta_1,
                beta2=of.beta_2,
                weight_decay=0.0,
                eps=epsilon,
                amsgrad=False,
                maximize=False,
            )

    def _step_groups(self, learning_rate, beta_1):
        """Adam with one second moment per group; return the step of each group."""
        of, metric = self._of, self._metric
        norms = metric.norms(of.gradient)
        of.group_square.mul_(of.beta_2).addcmul_(norms, norms, value=1 - of.beta_2)
        torch.mul(of.group_square, self._inverse_sizes, out=self._scratch)
        steps = self._to_steps_(learning_rate)
        moving, towards = self._moving
        moving.lerp_(towards, 1 - beta_1)
        metric.add_product_(of.parameters, of.mean, steps, -1 / (1 - of.decay))
        return steps

    def _to_steps_(self, learning_rate):
        """Turn the second moments in the scratch buffer into steps: rate / (sqrt(v) + epsilon)."""
        correction = self._of.correction
        self._scratch.sqrt_().add_(correction * self._epsilons).reciprocal_()
        return self._scratch.mul_(learning_rate * correction * self._units)
