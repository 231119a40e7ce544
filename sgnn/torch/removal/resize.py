"""Modules with some entries of the axes of their parameters."""

import copy

import torch
from torch import nn

from sgnn._common.private_torch import _ConvNd, _ConvTransposeNd, _NormBase
from sgnn.torch.removal.attention import narrow


def resize(module, structure):
    """Return a copy of a module with the sizes that :func:`compact` has found.

    With ``load_state_dict`` it restores a compact module::

        torch.save([report.structure, small.state_dict()], "small.pt")
        structure, state = torch.load("small.pt")
        small = resize(Model(), structure)
        small.load_state_dict(state)

    Parameters
    ----------
    module : torch.nn.Module
        As large as the one that was made compact.
    structure : dict of str to dict of int to list of int
        For each parameter or buffer that gets smaller, the entries that it keeps on each axis, for
        the second axis of a convolution in groups a list per group; ``report.structure`` of
        :func:`compact`.

    Returns
    -------
    torch.nn.Module
        With parameters of these sizes, and a part of the values.

    Raises
    ------
    ValueError
        If the module has no parameter of a name, or it is too small.

    Examples
    --------
    >>> from torch import nn
    >>> from sgnn.torch import resize
    >>> resize(nn.Linear(5, 2), {"weight": {1: [0, 3, 4]}})
    Linear(in_features=3, out_features=2, bias=True)
    """
    _check(module, structure)
    small = copy.deepcopy(module)
    cut(small, structure)
    return small


def cut(module, structure):
    """Do in place what :func:`resize` does on a copy."""
    tensors = dict(_named_tensors(module))
    new = {}
    for name, axes in structure.items():
        new[id(tensors[name])] = _cut(tensors[name], axes)
    n_groups = {
        name.rpartition(".")[0]: sum(map(bool, axes[1]))
        for name, axes in structure.items()
        if 1 in axes and isinstance(axes[1][0], list)
    }
    for path, child in module.named_modules(remove_duplicate=False):
        if path in n_groups:
            child.groups = n_groups[path]
    changed = set()
    for child in module.modules():
        for own in (child._parameters, child._buffers):
            smaller = {name: new[id(tensor)] for name, tensor in own.items() if id(tensor) in new}
            own.update(smaller)
            if smaller:
                changed.add(child)
    for child in module.modules():
        if changed & {child, getattr(child, "out_proj", None)}:
            _set_sizes(child)


def _named_tensors(module):
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


def _check(module, structure):
    tensors = dict(_named_tensors(module))
    for name, axes in structure.items():
        if name not in tensors:
            raise ValueError(f"structure names {name!r}, which is no parameter of the module.")
        shape = tuple(tensors[name].shape)
        for axis, kept in axes.items():
            entries = _flat(kept)
            if not 0 <= axis < len(shape) or not entries or max(entries) >= shape[axis]:
                raise ValueError(
                    f"structure: axis {axis} of {name!r} must have the entries that it keeps; the "
                    f"module has shape {shape}."
                )


def _flat(kept):
    return [entry for row in kept for entry in (row if isinstance(row, list) else [row])]


def _cut(tensor, axes):
    smaller = tensor.detach()
    if 1 in axes and isinstance(axes[1][0], list):
        smaller = _cut_groups(smaller, axes[1])
        axes = {axis: kept for axis, kept in axes.items() if axis != 1}
    for axis, kept in axes.items():
        smaller = smaller.index_select(axis, torch.tensor(kept, device=tensor.device))
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(smaller, requires_grad=tensor.requires_grad)
    return smaller


def _cut_groups(weight, kept):
    """Take entries of the second axis, others for each group of the first."""
    some = next(filter(None, kept))
    parts = weight.unflatten(0, (len(kept), -1)).unbind()
    columns = [torch.tensor(of_group or some, device=weight.device) for of_group in kept]
    return torch.cat([part[:, of] for part, of in zip(parts, columns, strict=True)])


def _set_sizes(module):
    """Let the attributes of a module say what its parameters are."""
    if isinstance(module, nn.Linear):
        module.out_features, module.in_features = module.weight.shape
    elif isinstance(module, _ConvTransposeNd):
        module.in_channels, n_outputs = module.weight.shape[:2]
        module.out_channels = n_outputs * module.groups
    elif isinstance(module, _ConvNd):
        module.out_channels, n_inputs = module.weight.shape[:2]
        module.in_channels = n_inputs * module.groups
    elif isinstance(module, _NormBase):
        of_channels = module.weight if module.running_mean is None else module.running_mean
        module.num_features = len(of_channels)
    elif isinstance(module, nn.GroupNorm):
        n_each = module.num_channels // module.num_groups
        module.num_channels = len(module.weight)
        module.num_groups = module.num_channels // n_each
    elif isinstance(module, nn.RNNBase):
        module.hidden_size, module.input_size = (
            weight.shape[1] for weight in (module.weight_hh_l0, module.weight_ih_l0)
        )
        module._flat_weights = [getattr(module, name) for name in module._flat_weights_names]
        module.flatten_parameters()
    elif isinstance(module, nn.MultiheadAttention):
        narrow(module)
        module.embed_dim, n_inside = module.out_proj.weight.shape
        module.num_heads = n_inside // module.head_dim
    elif isinstance(module, nn.Embedding):
        module.embedding_dim = module.weight.shape[1]
    elif isinstance(module, nn.PReLU):
        module.num_parameters = len(module.weight)
