"""Proximal stochastic gradient descent for modules."""

import torch

from sgnn._common.docstrings import takes_over
from sgnn._common.private_torch import _foreach_add, _foreach_add_, _foreach_mul_
from sgnn.torch.optimizer import ProximalOptimizer, check_option
from sgnn.torch.tensors import Tensors


@takes_over(ProximalOptimizer)
class ProxSGD(ProximalOptimizer):
    r"""Stochastic gradient descent that minimises loss + alpha * penalty, for any module.

    After :math:`t` steps with momentum :math:`\mu` a constant gradient moves a weight by
    :math:`\eta (1 - \mu^t) / (1 - \mu)` times itself; that is the step of the prox. With Nesterov's
    look-ahead the power is :math:`t + 1`. What is not penalised is stepped as by
    :class:`torch.optim.SGD`.

    Parameters
    ----------
    params
        As in :class:`ProximalOptimizer`.
    lr : float >= 0, default=1e-2
        Learning rate :math:`\eta`.
    momentum : float in [0, 1), default=0.0
        :math:`\mu`.
    nesterov : bool, default=False
        Whether the momentum looks one step ahead.
    weight_decay : float >= 0, default=0.0
        Strength of a ridge, ``weight_decay / 2`` times the sum of squares in the objective.

    Examples
    --------
    >>> import torch
    >>> from sgnn.torch import ProxSGD, sparse_groups
    >>> module = torch.nn.Linear(3, 1)
    >>> optimizer = ProxSGD(sparse_groups(module, "l1", alpha=10.0), lr=0.1, momentum=0.9)
    >>> for _ in range(50):
    ...     optimizer.zero_grad()
    ...     module(torch.ones(4, 3)).square().mean().backward()
    ...     optimizer.step()
    >>> optimizer.sparsity()
    1.0
    """

    def __init__(self, params, lr=1e-2, momentum=0.0, nesterov=False, weight_decay=0.0):
        options = {"momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}
        super().__init__(params, {"lr": lr, **options})

    def _check_options(self, group):
        super()._check_options(group)
        check_option(group, "momentum", 0, 1)
        if group["nesterov"] and not group["momentum"]:
            raise ValueError("nesterov=True needs a momentum above 0; got momentum=0.")

    def _step_free(self, group, params, grads):
        momentum = group["momentum"]
        if momentum:
            for p in params:
                self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
            velocity = [self.state[p]["momentum_buffer"] for p in params]
            _foreach_mul_(velocity, momentum)
            _foreach_add_(velocity, grads)
            ahead = group["nesterov"]
            grads = _foreach_add(grads, velocity, alpha=momentum) if ahead else velocity
        _foreach_add_(params, grads, alpha=-float(group["lr"]))

    def _step_penalised(self, group, params, grads, regulariser, places):
        self._step_free(group, params, grads)
        if group["alpha"] or group["keeps_zeros"]:
            terms = self.state[params[0]]["step"] + group["nesterov"]
            reach = (1 - group["momentum"] ** terms) / (1 - group["momentum"])
            regulariser.prox_(Tensors(places, params), float(group["lr"]) * reach)
