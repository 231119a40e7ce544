"""Proximal Adam for modules."""

import torch

from sgnn._common.docstrings import takes_over
from sgnn._common.private_torch import (
    _foreach_add_,
    _foreach_addcmul_,
    _foreach_lerp_,
    _foreach_mul_,
    _foreach_reciprocal_,
    _foreach_sqrt,
)
from sgnn.torch.optimizer import ProximalOptimizer, check_option
from sgnn.torch.tensors import Tensors

_LEAST_FRACTION = 0.1


@takes_over(ProximalOptimizer)
class ProxAdam(ProximalOptimizer):
    r"""Adam that minimises loss + alpha * penalty, for any module.

    After the step of Adam comes the prox of the penalty in the same metric. Inside each group of
    the penalty the second moment is shared, :math:`v_g \leftarrow \beta_2 v_g + (1 - \beta_2)
    \|\nabla_g\|^2 / |g|`, so that each group has one step :math:`\eta / (\sqrt{\hat v_g} +
    \epsilon)` and its prox is exact. What is not penalised is stepped as by
    :class:`torch.optim.Adam`. It does what ``solver="adam"`` of :class:`sgnn.SparseMLPClassifier`
    does with mini-batches.

    Where a scheduler lowers the rate and the penalty is convex, the first moment averages over more
    steps, :math:`\beta_1 \leftarrow 1 - (1 - \beta_1) \max(\eta / \eta_0, 0.1)`, without which
    noise would bring back weights that should be zero.

    Parameters
    ----------
    params
        As in :class:`ProximalOptimizer`.
    lr : float >= 0, default=1e-3
        Learning rate :math:`\eta`.
    betas : tuple of two floats in [0, 1), default=(0.9, 0.99)
        Decay of the two moments.
    eps : float >= 0, default=1e-8
        :math:`\epsilon`.
    weight_decay : float >= 0, default=0.0
        Strength of a ridge, ``weight_decay / 2`` times the sum of squares in the objective; it is
        not decoupled.

    References
    ----------
    Kingma & Ba (2015), "Adam: a method for stochastic optimization", arXiv:1412.6980. For proximal
    steps in an adaptive metric see Yun, Lozano & Yang (2021), arXiv:2007.07484; for identification,
    Poon, Liang & Schönlieb (2018), arXiv:1802.02554.

    Examples
    --------
    >>> import torch
    >>> from sgnn.torch import ProxAdam, sparse_groups
    >>> module = torch.nn.Linear(3, 1)
    >>> optimizer = ProxAdam(sparse_groups(module, "group_lasso", alpha=10.0), lr=0.1)
    >>> for _ in range(50):
    ...     optimizer.zero_grad()
    ...     module(torch.ones(4, 3)).square().mean().backward()
    ...     optimizer.step()
    >>> optimizer.sparsity()
    1.0
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.0):
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        )

    def _check_options(self, group):
        super()._check_options(group)
        check_option(group, "eps", 0)
        for number, beta in enumerate(group["betas"]):
            check_option({f"betas[{number}]": beta}, f"betas[{number}]", 0, 1)

    def _step_free(self, group, params, grads):
        self._average(group, params, grads, group["betas"][0])
        self._step_entries(group, params, grads)

    def _step_penalised(self, group, params, grads, regulariser, places):
        beta_1, rate = group["betas"][0], float(group["lr"])
        if regulariser.is_convex and group.get("initial_lr"):
            fraction = min(1.0, rate / float(group["initial_lr"]))
            beta_1 = 1 - (1 - beta_1) * max(fraction, _LEAST_FRACTION)
        self._average(group, params, grads, beta_1)
        metric = regulariser.metric
        if metric.single:
            steps = dict(zip(params, self._step_entries(group, params, grads), strict=True))
            weights = Tensors(places, [steps[p] for p in params]).layers
            step = torch.cat([layer.weight.reshape(-1) for layer in weights])
        else:
            shared = {index for place in places for index in (place.weight, place.bias)}
            if not metric.with_bias:
                shared -= {place.bias for place in places}
            own = [index for index in range(len(params)) if index not in shared]
            if own:
                self._step_entries(group, [params[i] for i in own], [grads[i] for i in own])
            step = self._step_groups(group, params, grads, metric, places)
        if group["alpha"] or group["keeps_zeros"]:
            regulariser.prox_(Tensors(places, params), step)

    def _average(self, group, params, grads, beta_1):
        """Update the first moments, and what corrects them for their start."""
        for p in params:
            state = self.state[p]
            state.setdefault("exp_avg", torch.zeros_like(p))
            state["decay"] = state.get("decay", 1.0) * beta_1
        _foreach_lerp_([self.state[p]["exp_avg"] for p in params], grads, 1 - beta_1)

    def _step_entries(self, group, params, grads):
        """Adam with a second moment per entry; return the step of each."""
        states, beta_2, rate = (
            [self.state[p] for p in params],
            group["betas"][1],
            float(group["lr"]),
        )
        for p, state in zip(params, states, strict=True):
            state.setdefault("exp_avg_sq", torch.zeros_like(p))
        squares = [state["exp_avg_sq"] for state in states]
        _foreach_mul_(squares, beta_2)
        _foreach_addcmul_(squares, grads, grads, 1 - beta_2)
        corrections = [(1 - beta_2 ** state["step"]) ** 0.5 for state in states]
        steps = _foreach_sqrt(squares)
        _foreach_add_(steps, [group["eps"] * c for c in corrections])
        _foreach_reciprocal_(steps)
        _foreach_mul_(steps, [rate * c for c in corrections])
        means = [state["exp_avg"] for state in states]
        factors = [-1 / (1 - state["decay"]) for state in states]
        _foreach_addcmul_(params, means, steps, factors)
        return steps

    def _step_groups(self, group, params, grads, metric, places):
        """Adam with one second moment per group; return the step of each."""
        first, beta_2 = self.state[params[0]], group["betas"][1]
        square = first.setdefault("group_square", torch.zeros_like(metric.sizes))
        norms = metric.norms(Tensors(places, grads))
        square.mul_(beta_2).addcmul_(norms, norms, value=1 - beta_2)
        correction = (1 - beta_2 ** first["step"]) ** 0.5
        steps = (square / metric.sizes).sqrt_().add_(correction * group["eps"]).reciprocal_()
        steps.mul_(float(group["lr"]) * correction)
        means = Tensors(places, [self.state[p]["exp_avg"] for p in params])
        metric.add_product_(Tensors(places, params), means, steps, -1 / (1 - first["decay"]))
        return steps
