"""Which parameters of a module are penalised, and how."""

from fnmatch import fnmatchcase

from torch import nn

from sgnn._common.private_torch import _ConvNd
from sgnn.penalties import get_penalty
from sgnn.torch.layouts import layouts_of
from sgnn.torch.tensors import Place

_DEFAULT = nn.Linear, _ConvNd


def sparse_groups(module, rules="group_lasso", alpha=1e-3, *, channels=None):
    """Return the parameter groups of a module for :class:`ProxAdam` or :class:`ProxSGD`.

    Parameters
    ----------
    module : torch.nn.Module
        Wrappers of ``torch.compile`` and ``DistributedDataParallel`` are seen through.
    rules : str, Penalty, list of these, or dict, default="group_lasso"
        A penalty of the weights of all linear and convolutional layers; a list is a sum. Or a dict
        from modules to penalties: a key is a pattern of names, as in :mod:`fnmatch`, a type, or a
        tuple of types, and the first that fits counts. It fits the modules that it names, if they
        hold weights of a known layout, and the linear and convolutional layers inside them. None
        leaves all that it fits free. Layouts are known of linear, convolutional (transposed,
        grouped and depthwise too) and embedding layers, batch normalisation (scale and shift are
        the weight and the bias of a channel), attention (its outputs are heads) and recurrent
        layers (units, with all their gates).
    alpha : float >= 0, default=1e-3
        Strength.
    channels : dict of str to int, default=None
        Patterns of names of linear layers that read flattened channels, and how many channels:
        what one channel puts out is then one input.

    Returns
    -------
    list of dict
        One per penalty, with ``params``, ``alpha``, ``penalty`` and ``places``, and one with the
        parameters that are not penalised. Parameters that need no gradient are among these.

    Raises
    ------
    ValueError
        If a rule fits no weights, or a parameter has no values yet.
    TypeError
        If a penalty is not one.

    Examples
    --------
    >>> from torch import nn
    >>> from sgnn.penalties import GroupLasso
    >>> from sgnn.torch import sparse_groups
    >>> module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))
    >>> groups = sparse_groups(module, {"3": None, nn.Conv2d: GroupLasso(groups="incoming")})
    >>> [len(group["params"]) for group in groups]
    [2, 2]
    """
    module = bare(module)
    _check_has_values(module)
    if not isinstance(rules, dict):
        rules = {_DEFAULT: rules}
    groups, taken = [], set()
    for key, weights in _weights_of_rules(module, rules, channels or {}).items():
        penalties = get_penalty(rules[key])
        if penalties:
            params, places = _places(weights)
            taken |= {*params}
            groups.append(
                {"params": params, "alpha": alpha, "penalty": penalties, "places": places}
            )
    free = [parameter for parameter in module.parameters() if parameter not in taken]
    return [*groups, {"params": free}] if free else groups


def bare(module):
    """Return a module without wrappers."""
    if isinstance(module, nn.parallel.DistributedDataParallel):
        return bare(module.module)
    return bare(module._orig_mod) if hasattr(module, "_orig_mod") else module


def _check_has_values(module):
    for name, parameter in module.named_parameters():
        if isinstance(parameter, nn.parameter.UninitializedParameter):
            raise ValueError(
                f"module must have values; its parameter {name!r} is lazy: run the module once."
            )


def _weights_of_rules(module, rules, channels):
    """Return, for each rule, a list of (weight, bias, layout); each weight is of one rule."""
    named = dict(module.named_modules())
    n_channels = {name: channels[key] for key in channels for name in _named(key, named)}
    found, fitted, taken = {key: [] for key in rules}, set(), set()
    for name, child in named.items():
        key = next((key for key in rules if _fits(key, rules[key], name, named)), None)
        if key is None:
            continue
        fitted.add(key)
        parameters = dict(child.named_parameters())
        for local, layout in layouts_of(child, n_channels.get(name)).items():
            weight, bias = parameters[local], parameters.get(layout.bias)
            if weight.requires_grad and weight not in taken:
                taken.add(weight)
                is_new = bias is not None and bias.requires_grad and bias not in taken
                taken.add(bias)
                found[key].append((weight, bias if is_new else None, layout))
    for key in rules:
        if key not in fitted or (get_penalty(rules[key]) and not found[key]):
            raise ValueError(_fits_nothing(key, named))
    return found


def _named(key, named):
    names = [name for name in named if fnmatchcase(name, key)]
    if not names:
        raise ValueError(_fits_nothing(key, named))
    return names


def _fits_nothing(key, named):
    names = ", ".join(filter(None, named))[:200]
    types = key if isinstance(key, tuple) else (key,)
    told = ", ".join(repr(one) if isinstance(one, str) else one.__name__ for one in types)
    return f"{told} fits no weights of a known layout; the modules are {names}."


def _fits(key, penalty, name, named):
    """Whether a rule is about a module, or about one that it is in."""
    if _is_about(key, name, named):
        return True
    parents = ["", *(name.rsplit(".", n)[0] for n in range(1, name.count(".") + 1))]
    inside = any(_is_about(key, parent, named) for parent in parents)
    return inside and (penalty is None or isinstance(named[name], _DEFAULT))


def _is_about(key, name, named):
    return fnmatchcase(name, key) if isinstance(key, str) else isinstance(named[name], key)


def _places(weights):
    """Return the parameters of a group, and where its layers are among them."""
    params, places = [], []
    for weight, bias, layout in weights:
        of_bias = None if bias is None else len(params) + 1
        places.append(Place(len(params), of_bias, layout))
        params += [weight] if bias is None else [weight, bias]
    return params, places
