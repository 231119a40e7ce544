"""Proximal L-BFGS: all samples at once, no rate, no noise."""

import math
from collections import deque

import numpy as np
import torch

from sgnn.networks.parameters import to_tensor
from sgnn.proximal.optimizers import ProximalOptimizer

_MEMORY = 10
_SHARE = 0.95  # of the largest step at which the model of the loss is an upper bound
_DECREASE = 0.1
_SHORTER, _SHORTEST = 0.25, 1e-3
_LEAST_STEP = 1e-18


class ProxLBFGS(ProximalOptimizer):
    r"""L-BFGS on the residual of the proximal gradient step (PANOC).

    With the smooth part :math:`f` of the objective, the penalty :math:`g` and a step
    :math:`\gamma`, a network :math:`x` is followed by
    :math:`z = \mathrm{prox}_{\gamma g}(x - \gamma \nabla f(x))`, and :math:`r = x - z` is zero at
    a minimum. L-BFGS looks for that zero. Its step is taken as far as the envelope

    .. math:: f(x) - \langle \nabla f(x), r\rangle + \|r\|^2 / (2\gamma) + g(z)

    falls, and is mixed with the plain proximal gradient step where it does not. The network is
    :math:`z`, with exact zeros; the step is halved wherever the loss lies above its model.

    Parameters
    ----------
    parameters, gradient, regulariser, scales
        As in :class:`ProximalOptimizer`.

    Raises
    ------
    ValueError
        If the prox of the regulariser is not exact.

    References
    ----------
    Stella, Themelis, Sopasakis & Patrinos (2017), "A simple and efficient algorithm for nonlinear
    model predictive control", arXiv:1709.06487.
    """

    numbers = ("n_steps", "gamma")

    def __init__(self, parameters, gradient, regulariser, scales):
        if not regulariser.is_exact:
            raise ValueError(
                "penalty: solver='lbfgs' needs a prox in closed form, which penalties on groups "
                "that overlap have not: take solver='adam' or 'sgd'."
            )
        super().__init__(parameters, gradient, regulariser, scales)
        self.gamma = 0.0
        self._units = _units_of(parameters, regulariser.metric, scales)
        self._squared = regulariser.metric.of_layers([unit**2 for unit in scales.weights])
        self._pairs = deque(maxlen=_MEMORY)
        self._here = self._evaluate_there = None

    @classmethod
    def of(cls, settings, n_batches, *arguments):
        return cls(*arguments)

    @property
    def of_parameters(self):
        return {}

    def state(self):
        pairs = [(move.cpu().numpy(), change.cpu().numpy(), p) for move, change, p in self._pairs]
        here = None if self._here is None else self._here.state()
        return {**super().state(), "here": here, "pairs": pairs}

    def restore(self, state):
        super().restore(state)
        device = self.parameters.flat.device
        self._here = None if state["here"] is None else _Point.of(state["here"], device)
        self._pairs.extend(
            (to_tensor(move, device), to_tensor(change, device), product)
            for move, change, product in state["pairs"]
        )

    def epoch(self, gradients, smooth, rate):
        """Take one step, at the cost of two gradients or a few more.

        Parameters
        ----------
        gradients : callable
            Writes gradients when it is iterated over; here of the only batch.
        smooth : callable
            Returns the loss and the ridge at the last gradient.
        rate : float
            Not used.
        """
        self.n_steps += 1
        self._evaluate_there = (gradients, smooth)
        self._here = self._start() if self._here is None else self._next()
        self.parameters.flat.copy_(self._here.z)

    def _start(self):
        """Return where training starts, with a first guess of the step."""
        point = self._at(self.parameters.flat.clone())
        if not math.isfinite(point.loss):
            raise FloatingPointError("the objective is not finite")
        if not self.gamma:
            size = point.slope.norm().item()
            reach = 1e-4 * max(1.0, (point.x / self._units).norm().item())
            nearby = point.x - self._units * point.slope * (reach / max(size, 1e-300))
            change = (self._at(nearby).slope - point.slope).norm().item()
            self.gamma = _SHARE * reach / change if change > 0 and size > 0 else 1.0
        return self._with_short_step(point)

    def _next(self):
        """Return the next point: by L-BFGS as far as the envelope falls, else the network."""
        here = self._here
        direction = self._direction(here.residual)
        squared = here.residual.dot(here.residual).item()
        bound = here.envelope - _DECREASE * (1 - _SHARE) * squared / (2 * self.gamma)
        bound += _rounding(here.x) * abs(here.envelope)
        share = 1.0
        while share > _SHORTEST:
            move = share * direction - (1 - share) * here.residual
            point = self._at(here.x + self._units * move)
            if math.isfinite(point.loss):
                self._prox(point)
                if point.envelope <= bound and self._is_below_model(point):
                    break
            share *= _SHORTER
        else:
            point = self._with_short_step(here.followed)
        self._remember(here, point)
        return point

    def _with_short_step(self, point):
        """Complete a point, with so short a step that its network is not above the model."""
        self._prox(point)
        while not self._is_below_model(point):
            if self.gamma < _LEAST_STEP:
                raise FloatingPointError("the objective is not finite")
            self.gamma /= 2
            self._pairs.clear()
            self._prox(point)
        return point

    def _is_below_model(self, point):
        """Find the loss of a network; whether it is not above what the model of the loss says."""
        point.followed = self._at(point.z)
        model = point.envelope - point.penalty
        model -= (1 - _SHARE) * point.residual.dot(point.residual).item() / (2 * self.gamma)
        return point.followed.loss <= model + _rounding(point.x) * abs(point.envelope)

    def _at(self, x):
        """Return a point with its loss and slope."""
        gradients, smooth = self._evaluate_there
        self.parameters.flat.copy_(x)
        for _ in gradients():
            pass
        loss = smooth() / self.scales.loss
        return _Point(x, loss, self.gradient.flat * (self._units / self.scales.loss))

    def _prox(self, point):
        """Complete a point by its network, the residual and the envelope."""
        step = self.gamma / self.scales.loss
        self.parameters.flat.copy_(point.x - self.gamma * self._units * point.slope)
        self.regulariser.prox_(self.parameters, step * self._squared)
        point.z = self.parameters.flat.clone()
        point.residual = (point.x - point.z) / self._units
        point.penalty = self.penalty() / self.scales.loss
        linear = point.slope.dot(point.residual).item()
        quadratic = point.residual.dot(point.residual).item() / (2 * self.gamma)
        point.envelope = point.loss - linear + quadratic + point.penalty

    def _remember(self, here, there):
        move, change = (there.x - here.x) / self._units, there.residual - here.residual
        product = move.dot(change).item()
        if product > 1e-12 * move.dot(move).item():
            self._pairs.append((move, change, product))

    def _direction(self, residual):
        """Return minus the residual times what L-BFGS takes for the inverse of its Jacobian."""
        direction, shares = residual.clone(), []
        for move, change, product in reversed(self._pairs):
            share = move.dot(direction).item() / product
            direction.sub_(change, alpha=share)
            shares.append(share)
        if self._pairs:
            _, change, product = self._pairs[-1]
            direction.mul_(product / change.dot(change).item())
        for (move, change, product), share in zip(self._pairs, reversed(shares), strict=True):
            direction.add_(move, alpha=share - change.dot(direction).item() / product)
        return direction.neg_()


class _Point:
    """A network in the search, and what follows it.

    Attributes
    ----------
    x, slope : torch.Tensor of shape (n_parameters,)
        Parameters, and the gradient of the smooth part in units of the layers.
    loss : float
        The smooth part.
    z, residual : torch.Tensor of shape (n_parameters,)
        After a proximal gradient step, and the way there in units of the layers.
    penalty, envelope : float
        At `z`.
    followed : _Point
        `z` with its own loss and slope.
    """

    def __init__(self, x, loss, slope):
        self.x, self.loss, self.slope = x, loss, slope
        self.z = self.residual = self.followed = None
        self.penalty = self.envelope = math.nan

    def state(self):
        """Return it as plain data."""
        state = {n: v.cpu().numpy() if torch.is_tensor(v) else v for n, v in vars(self).items()}
        followed = None if self.followed is None else self.followed.state()
        return {**state, "followed": followed}

    @classmethod
    def of(cls, state, device):
        """Return the point whose state this is."""
        point = cls(None, None, None)
        for name, value in state.items():
            is_array = isinstance(value, np.ndarray)
            setattr(point, name, to_tensor(value, device) if is_array else value)
        if state["followed"] is not None:
            point.followed = cls.of(state["followed"], device)
        return point


def _rounding(like):
    return 10 * torch.finfo(like.dtype).eps


def _units_of(parameters, metric, scales):
    """Return the unit of each parameter; a bias in a group has that of the weights."""
    units = parameters.zeros_like()
    for index, layer in enumerate(units.layers):
        layer.weight.add_(torch.as_tensor(scales.weights[index]))
        of_bias = scales.weights if metric.with_bias else scales.biases
        layer.bias.add_(torch.as_tensor(of_bias[index]))
    return units.flat
