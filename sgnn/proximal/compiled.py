"""Moves of optimisers by compiled kernels, and the proxes that go with them."""

from weakref import proxy

import numpy as np
import torch

from sgnn import kernels
from sgnn.groups.blocks import OutgoingBlocks
from sgnn.groups.units import Incoming, Outgoing
from sgnn.groups.weights import SingleWeights
from sgnn.groups.whole_layers import WholeLayers
from sgnn.networks.parameters import Parameters

_KINDS = {
    SingleWeights: "entries",
    Outgoing: "rows",
    OutgoingBlocks: "rows",
    WholeLayers: "rows",
    Incoming: "columns",
}


def can_take(parameters, metric):
    """Whether the kernels are there, and know such parameters and groups."""
    is_dense = type(parameters) is Parameters
    return is_dense and type(metric) in _KINDS and kernels.can_take(parameters)


class CompiledMove:
    """The move of an optimiser by a kernel, and the prox.

    Where the prox is a soft threshold of single weights, of the norms of the groups of the metric,
    or of both, the kernel applies it. If another function of the norms comes last, it is called
    with these. In all other cases the prox is the regulariser's.

    Parameters
    ----------
    optimizer : ProximalOptimizer
        Has this move, so that it is there as long as this one.
    kernel : type
        ``kernels.Adam`` or ``kernels.SGD``.
    """

    def __init__(self, optimizer, kernel):
        self._of, self._regulariser = proxy(optimizer), optimizer.regulariser
        parameters, metric = optimizer.parameters, optimizer.regulariser.metric
        fused = self._regulariser.fused
        self.is_fused = fused is not None
        self._entries, self._groups = fused or (None, None)
        per_group = torch.empty(3, 0 if metric.single else len(metric.sizes)).to(metric.sizes)
        self._steps, self._norms, self._factors = per_group
        self._kernel = kernel(
            parameters.sizes,
            parameters.flat,
            optimizer.gradient.flat,
            kind=kernels.KINDS[_KINDS[type(metric)]],
            row_groups=_row_groups(metric, parameters),
            n_groups=[part.stop - part.start for part in metric.slices],
            with_bias=metric.with_bias,
            units=optimizer.scales.weights,
            bias_units=optimizer.scales.biases,
            steps=self._steps,
            norms=self._norms,
            factors=self._factors,
            l1_factors=_factors(self._entries, parameters),
            group_factors=_factors(self._groups, parameters),
        )
        self._is_soft = self._groups is not None and self._groups.shape.soft is not None
        self._by_norms = None
        if self._groups is not None and not self._is_soft:
            self._by_norms = NormProx(self._groups, per_group, self._kernel.scale)

    def value(self):
        """Return the value of the regulariser at full strength, a float."""
        if not self.is_fused:
            return self._regulariser.value(self._of.parameters)
        value = 0.0
        if self._entries is not None:
            value = self._kernel.value_of_entries(*_strengths(self._entries, full=True))
        if self._is_soft:
            value += self._kernel.value_of_groups(*_strengths(self._groups, full=True))
        elif self._by_norms is not None:
            self._kernel.write_norms()
            value += self._by_norms.value()
        return value

    def _thresholds(self):
        """Return the strengths l1 and l2 of what the move applies to single weights."""
        return (0.0, 0.0) if self._entries is None else _strengths(self._entries)

    def _after(self, steps):
        """Apply what of the prox is not in the move."""
        if not self.is_fused:
            self._regulariser.prox_(self._of.parameters, steps)
        elif self._is_soft:
            self._kernel.shrink(*_strengths(self._groups))
        elif self._by_norms is not None:
            self._by_norms()


class NormProx:
    """The prox of a function of the norms of groups.

    Parameters
    ----------
    term : Term
    per_group : torch.Tensor of shape (3, n_groups)
        Steps, norms, and memory for the factors that `scale` multiplies the groups by.
    scale : callable
    """

    def __init__(self, term, per_group, scale):
        self._term, self._scale, self._norm_tensor = term, scale, per_group[1]
        is_array = term.shape.takes_arrays
        self._steps, self._norms, self._factors = per_group.numpy() if is_array else per_group
        weights = term.weights
        self._weights = weights.numpy() if is_array and torch.is_tensor(weights) else weights
        self._maximum, self._divide = (
            (np.maximum, np.divide) if is_array else (torch.clamp, torch.div)
        )
        self._tiny = torch.finfo(per_group.dtype).tiny

    def __call__(self):
        term, factors = self._term, self._factors
        steps = self._steps if term.is_uniform else self._steps * self._weights
        with np.errstate(all="ignore"):
            changed = term.shape.prox(self._norms, steps, term.current)
        self._maximum(self._norms, self._tiny, out=factors)
        self._divide(changed, factors, out=factors)
        self._scale()

    def value(self):
        """Return the penalty of the norms at full strength, a float."""
        values = self._term.shape.value(self._norm_tensor, self._term.strength)
        return float((values * self._term.weights).sum())


def _row_groups(metric, parameters):
    """Return the group of each row of the weight matrices, counted in each; None for one each."""
    n_rows = parameters.sizes[:-1]
    if isinstance(metric, WholeLayers):
        return torch.zeros(sum(n_rows), dtype=torch.int64)
    if isinstance(metric, OutgoingBlocks):
        return torch.cat([metric.blocks, *(torch.arange(n) for n in n_rows[1:])])
    return None


def _factors(term, parameters):
    """Return the factors of a term that differ between its groups, as a tensor, else None."""
    if term is None or not torch.is_tensor(term.weights):
        return None
    return term.weights.to(parameters.flat.dtype).contiguous()


def _strengths(term, full=False):
    """Return l1 and l2 of a term whose prox is a soft threshold, now or past all warm-up."""
    factor = 1.0 if torch.is_tensor(term.weights) else term.weights
    l1, l2 = term.shape.soft(term.strength if full else term.current)
    return factor * l1, factor * l2


class CompiledAdam(CompiledMove):
    """The step of proximal Adam."""

    def __init__(self, optimizer):
        super().__init__(optimizer, kernels.Adam)
        of, metric, scales = optimizer, optimizer.regulariser.metric, optimizer.scales
        needs_steps = metric.single and not self.is_fused
        self._entry_steps = torch.empty_like(of.parameters.weights) if needs_steps else None
        epsilons = [of.epsilon_of(unit) for unit in scales.weights]
        shared = dict.fromkeys(("group_square", "inverse_sizes", "group_units", "epsilons"))
        if of.shared:
            ones = torch.ones_like(metric.sizes)
            shared = {
                "group_square": of.group_square,
                "inverse_sizes": metric.sizes.reciprocal(),
                "group_units": ones * metric.of_layers(scales.weights),
                "epsilons": ones * (metric.of_layers(epsilons) + of.floor),
            }
        else:
            epsilons = [epsilon + of.floor for epsilon in epsilons]
        self._kernel.bind(
            mean=of.mean.flat,
            square=of.square.flat,
            **shared,
            layer_epsilons=epsilons,
            bias_epsilons=[of.epsilon_of(unit) for unit in scales.biases],
            entry_steps=self._entry_steps,
        )

    def __call__(self, learning_rate, beta_1):
        of = self._of
        self._kernel.move(
            learning_rate,
            1 - beta_1,
            of.beta_2,
            of.correction,
            1 / (1 - of.decay),
            *self._thresholds(),
        )
        self._after(self._steps if of.shared else self._entry_steps)


class CompiledSGD(CompiledMove):
    """The step of proximal stochastic gradient descent."""

    def __init__(self, optimizer):
        super().__init__(optimizer, kernels.SGD)
        velocity = optimizer.velocity
        self._kernel.bind(None if velocity is None else velocity.flat)

    def __call__(self, rate, reach):
        of = self._of
        self._kernel.move(rate, of.momentum, of.nesterov, reach, *self._thresholds())
        self._after(None if self.is_fused else of.prox_steps(rate, reach))
