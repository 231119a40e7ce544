"""Moves of optimisers by compiled kernels, and the proxes that go with them."""

from weakref import proxy

import torch

from sgnn import kernels
from sgnn.groups.base import prox_of, write_ratio
from sgnn.groups.blocks import OutgoingBlocks
from sgnn.groups.units import Incoming, Outgoing
from sgnn.groups.weights import SingleWeights
from sgnn.groups.whole_layers import WholeLayers
from sgnn.networks.parameters import Parameters
from sgnn.proximal.shapes import for_kernels, is_known

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

    The kernel applies what it knows of a prox: a shape of single weights, a shape of the norms of
    the groups of the metric, or a soft threshold and such a shape. If another function of the norms
    comes last, it is called with these. In all other cases the prox is the regulariser's.

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
        entries, groups = fused or (None, None)
        if entries is not None and not is_known(entries.shape):
            fused, entries = None, None
        self.is_fused = fused is not None
        per_group = torch.empty(3, 0 if metric.single else len(metric.sizes)).to(metric.sizes)
        self._steps, norms, factors = per_group
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
            norms=norms,
            factors=factors,
            entry_factors=_factors(entries, parameters),
            group_factors=_factors(groups, parameters),
        )
        #: Whether nothing but a soft threshold happens to single weights, if anything.
        self._has_soft_entries = self.is_fused and (
            entries is None or entries.shape.soft is not None
        )
        self._by_norms = None
        self._in_kernel, self._strengths = [], []
        if entries is not None:
            self._in_kernel.append((entries, self._kernel.penalise_entries))
        if groups is not None and is_known(groups.shape):
            self._in_kernel.append((groups, self._kernel.penalise_groups))
        elif groups is not None:
            self._by_norms = NormProx(groups, per_group, self._kernel)

    def value(self):
        """Return the value of the regulariser at full strength, a float."""
        if not self.is_fused:
            return self._regulariser.value(self._of.parameters)
        self._set_strengths([term.strength for term, _ in self._in_kernel])
        value = self._kernel.value()
        return value if self._by_norms is None else value + self._by_norms.value()

    def _prepare(self):
        """Let the kernel apply the prox with the strengths of now."""
        self._set_strengths([term.current for term, _ in self._in_kernel])

    def _set_strengths(self, strengths):
        if strengths == self._strengths:
            return
        for (term, penalise), strength in zip(self._in_kernel, strengths, strict=True):
            factor = 1.0 if torch.is_tensor(term.weights) else term.weights
            penalise(factor, *for_kernels(term.shape, strength))
        self._strengths = strengths

    def _after(self, steps):
        """Apply what of the prox is not in the move."""
        if not self.is_fused:
            self._regulariser.prox_(self._of.parameters, steps)
        elif self._by_norms is not None:
            self._by_norms()


class NormProx:
    """The prox of a function of the norms of groups that has no kernel.

    Parameters
    ----------
    term : Term
    per_group : torch.Tensor of shape (3, n_groups)
        Steps, norms, and memory for the factors that the kernel multiplies the groups by.
    kernel : kernels.Adam or kernels.SGD
    """

    def __init__(self, term, per_group, kernel):
        self._term, self._kernel = term, kernel
        self._steps, self._norms, self._factors = per_group

    def __call__(self):
        term = self._term
        steps = self._steps if term.is_uniform else self._steps * term.weights
        changed = prox_of(term.shape, self._norms, steps, term.current)
        write_ratio(changed, self._norms, self._factors)
        self._kernel.scale()

    def value(self):
        """Return the penalty at full strength, a float."""
        self._kernel.write_norms()
        values = self._term.shape.value(self._norms, self._term.strength)
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


class CompiledAdam(CompiledMove):
    """The step of proximal Adam."""

    def __init__(self, optimizer):
        super().__init__(optimizer, kernels.Adam)
        of, metric, scales = optimizer, optimizer.regulariser.metric, optimizer.scales
        needs_steps = metric.single and not self._has_soft_entries
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
        self._prepare()
        self._kernel.move(
            learning_rate,
            1 - beta_1,
            of.beta_2,
            of.correction,
            1 / (1 - of.decay),
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
        self._prepare()
        self._kernel.move(rate, of.momentum, of.nesterov, reach)
        self._after(None if self.is_fused else of.prox_steps(rate, reach))
