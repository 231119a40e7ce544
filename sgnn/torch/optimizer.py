"""What the proximal optimisers for modules have in common."""

import math
from abc import abstractmethod
from numbers import Real

import torch

from sgnn._common.private_torch import _foreach_add
from sgnn.penalties import get_penalty
from sgnn.proximal.build import build_terms
from sgnn.proximal.kept_zeros import KeptZeros
from sgnn.torch.layouts import DENSE
from sgnn.torch.tensors import Place, Tensors, n_units


class ProximalOptimizer(torch.optim.Optimizer):
    """A gradient step, then the prox of a penalty in the metric of that step.

    Penalties and layouts are no numbers: they stay out of ``param_groups`` and ``state_dict``, and
    go along when the optimiser is pickled or copied.

    Parameters
    ----------
    params : iterable of torch.nn.Parameter, or list of dict
        As :func:`sgnn.torch.sparse_groups` returns. A group may have a ``penalty``, a name, a
        Penalty or a list of these, and its strength ``alpha``; its tensors are then taken for
        weights of shape (n_outputs, n_inputs, ...).
    defaults : dict
        Options of parameter groups.
    """

    def __init__(self, params, defaults):
        self._penalties, self._regularisers = [], []
        super().__init__(params, {"alpha": 0.0, "keeps_zeros": False, **defaults})

    def __getstate__(self):
        """Return what is pickled: all but the memory of the regularisers."""
        return {**super().__getstate__(), "_penalties": self._penalties}

    def __setstate__(self, state):
        """Take over what was pickled, or loaded; zeros to keep are those of the weights then."""
        super().__setstate__(state)
        self._regularisers = [None] * len(self._penalties)

    def add_param_group(self, param_group):
        """Add a parameter group, which may have a ``penalty``.

        Parameters
        ----------
        param_group : dict

        Raises
        ------
        ValueError
            If an option is out of its range, or the penalty does not fit.
        TypeError
            If `penalty` is none.
        """
        param_group = dict(param_group)
        penalties = get_penalty(param_group.pop("penalty", None))
        places = param_group.pop("places", None)
        super().add_param_group(param_group)
        params = self.param_groups[-1]["params"]
        try:
            self._check_options(self.param_groups[-1])
            if penalties:
                places = _dense_places(params) if places is None else places
                _check_penalised(penalties, Tensors(places, params))
        except (TypeError, ValueError):
            del self.param_groups[-1]
            raise
        self._penalties.append((penalties, places) if penalties else None)
        self._regularisers.append(None)

    @torch.no_grad()
    def step(self, closure=None):
        """Take one step, and the prox after it.

        A group without any gradient is left as it is. In a group with a penalty a missing gradient
        is one of zero, since its weights are penalised all the same.

        Parameters
        ----------
        closure : callable, default=None
            Evaluates the loss anew and returns it.

        Returns
        -------
        torch.Tensor or None
            What `closure` returned.

        Raises
        ------
        RuntimeError
            If a gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for index, group in enumerate(self.param_groups):
            params = [p for p in group["params"] if p.grad is not None]
            if not params:
                continue
            if any(p.grad.is_sparse for p in params):
                raise RuntimeError(f"{type(self).__name__} does not support sparse gradients.")
            regulariser = self._regulariser(index)
            if regulariser is not None:
                params = group["params"]
            grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in params]
            if group["weight_decay"]:
                grads = _foreach_add(grads, params, alpha=group["weight_decay"])
            for p in params:
                self.state[p].setdefault("step", 0)
                self.state[p]["step"] += 1
            if regulariser is None:
                self._step_free(group, params, grads)
            else:
                self._step_penalised(group, params, grads, regulariser, self._penalties[index][1])
        return loss

    @torch.no_grad()
    def penalty(self):
        """Return ``alpha`` times the penalty, the second term of the objective.

        Returns
        -------
        float
            >= 0.
        """
        regularisers = enumerate(map(self._regulariser, range(len(self.param_groups))))
        return sum(r.value(self._tensors(index)) for index, r in regularisers if r is not None)

    def sparsity(self):
        """Return the share of the penalised weights that are zero.

        Returns
        -------
        float
            In [0, 1]; 0 where none is penalised.
        """
        weights = self.penalised_weights()
        n_weights = sum(w.numel() for w in weights)
        return sum(w.numel() - int(w.count_nonzero()) for w in weights) / max(n_weights, 1)

    def penalised_weights(self):
        """Return the weights under a penalty.

        Returns
        -------
        list of torch.nn.Parameter
            Themselves, no copies.
        """
        return [parameter for parameter, _ in self._layers()]

    def n_units(self, module):
        """Return how many inputs and outputs of each penalised weight are left.

        Parameters
        ----------
        module : torch.nn.Module
            The module of the parameters, from which their names are.

        Returns
        -------
        dict of str to tuple of two int
            For each weight, the numbers of inputs and of outputs with a weight that is not zero.

        Raises
        ------
        ValueError
            If the module has other parameters.
        """
        names = {parameter: name for name, parameter in module.named_parameters()}
        if not names.keys() >= {*self.penalised_weights()}:
            raise ValueError(
                "module must be the one whose parameters this optimiser has; make a new optimiser "
                "for a compact module, or a copy."
            )
        return {names[parameter]: n_units(layer) for parameter, layer in self._layers()}

    def set_alpha(self, alpha):
        """Set the strength of all penalties.

        Parameters
        ----------
        alpha : float >= 0
            The new strength.

        Raises
        ------
        ValueError
            If `alpha` is out of its range.
        """
        check_option({"alpha": alpha}, "alpha", 0)
        for group, penalised in zip(self.param_groups, self._penalties, strict=True):
            if penalised is not None:
                group["alpha"] = alpha
                group.pop("initial_alpha", None)

    def keep_zeros(self):
        """Train on without penalty: weights that are zero now stay zero, and none is shrunk.

        What the optimiser remembers of the penalised parameters is forgotten. That zeros are kept
        is saved with ``state_dict``.
        """
        for index, group in enumerate(self.param_groups):
            if self._penalties[index] is not None:
                group["keeps_zeros"], self._regularisers[index] = True, None
                for parameter in group["params"]:
                    self.state.pop(parameter, None)

    @abstractmethod
    def _check_options(self, group):
        """Raise ValueError unless the options of a parameter group are in their ranges."""
        check_option(group, "lr", 0)
        check_option(group, "alpha", 0)
        check_option(group, "weight_decay", 0)

    @abstractmethod
    def _step_free(self, group, params, grads):
        """Step parameters without penalty."""

    @abstractmethod
    def _step_penalised(self, group, params, grads, regulariser, places):
        """Step parameters, then apply the prox."""

    def _layers(self):
        """Return pairs of a penalised weight and its layer."""
        pairs = []
        for index, penalised in enumerate(self._penalties):
            if penalised is not None:
                params = self.param_groups[index]["params"]
                layers = zip(penalised[1], self._tensors(index).layers, strict=True)
                pairs += [(params[place.weight], layer) for place, layer in layers]
        return pairs

    def _tensors(self, index):
        _, places = self._penalties[index]
        return Tensors(places, [p.detach() for p in self.param_groups[index]["params"]])

    def _regulariser(self, index):
        """Return the regulariser of a group, at its strength, or None."""
        if self._penalties[index] is None:
            return None
        group = self.param_groups[index]
        kind = group["keeps_zeros"], *((p.device, p.dtype, p.shape) for p in group["params"])
        if self._regularisers[index] is None or self._regularisers[index][0] != kind:
            tensors = self._tensors(index)
            if group["keeps_zeros"]:
                made = KeptZeros(tensors)
            else:
                made = build_terms(self._penalties[index][0], tensors, float(group["alpha"]))
            self._regularisers[index] = kind, made
        regulariser = self._regularisers[index][1]
        regulariser.set_strength(float(group["alpha"]))
        return regulariser


def check_option(group, name, low, high=math.inf):
    """Raise ValueError unless an option of a parameter group is in [low, high)."""
    value = group[name]
    if not (isinstance(value, (Real, torch.Tensor)) and low <= value < high):
        raise ValueError(f"{name} must be a number in [{low}, {high}); got {value!r}.")


def _dense_places(params):
    vectors = [tuple(p.shape) for p in params if p.ndim < 2]
    if vectors:
        raise ValueError(
            f"params: a group with a penalty must hold weights only, unless sparse_groups made it; "
            f"got a tensor of shape {vectors[0]}. Give such tensors a group of their own."
        )
    return [Place(index, None, DENSE) for index in range(len(params))]


def _check_penalised(penalties, tensors):
    kinds = {(layer.weight.dtype, layer.weight.device) for layer in tensors.layers}
    if len(kinds) > 1 or next(iter(kinds))[0] not in (torch.float32, torch.float64):
        found = ", ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
        raise ValueError(
            "params: the weights under one penalty must all be float32, or all float64, on one "
            f"device; got {found}. Coarser numbers lose the steps of the prox; use autocast."
        )
    for penalty in penalties:
        penalty.check(tensors.sizes)
        for name, instead in (
            ("warm_up", "AlphaRamp"),
            ("adaptive", "a concave penalty, 'log_sum'"),
        ):
            value = getattr(penalty, name)
            if value:
                raise ValueError(
                    f"{type(penalty).__name__}: {name} must be 0 here, where there are no epochs "
                    f"and no pilot fit; got {value!r}. Use {instead}."
                )
    with torch.no_grad():
        build_terms(penalties, tensors, 1.0)
