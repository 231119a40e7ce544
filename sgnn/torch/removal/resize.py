"""Modules with some entries of the axes of their parameters."""

import copy

import torch
from torch import nn

from sgnn._common.private_torch import _ConvNd, _ConvTransposeNd, _NormBase


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
        For each parameter or buffer that gets smaller, the entries that it keeps on each axis;
        ``report.structure`` of :func:`compact`.

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
    for child in module.modules():
        for own in (child._parameters, child._buffers):
            changed = {name: new[id(tensor)] for name, tensor in own.items() if id(tensor) in new}
            own.update(changed)
            if changed:
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
            if not 0 <= axis < len(shape) or not kept or max(kept) >= shape[axis]:
                raise ValueError(
                    f"structure: axis {axis} of {name!r} must have the entries that it keeps; the "
                    f"module has shape {shape}."
                )


def _cut(tensor, axes):
    smaller = tensor.detach()
    for axis, kept in axes.items():
        smaller = smaller.index_select(axis, torch.tensor(kept, device=tensor.device))
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(smaller, requires_grad=tensor.requires_grad)
    return smaller


def _set_sizes(module):
    """Let the attributes of a module say what its parameters are."""
    if isinstance(module, nn.Linear):
        module.out_features, module.in_features = module.weight.shape
    elif isinstance(module, _ConvTransposeNd):
        module.in_channels, module.out_channels = module.weight.shape[:2]
    elif isinstance(module, _ConvNd):
        module.out_channels, module.in_channels = module.weight.shape[:2]
        if module.groups > 1:
            module.groups = module.in_channels = module.out_channels
    elif isinstance(module, _NormBase):
        module.num_features = len(module.running_mean)
    elif isinstance(module, nn.Embedding):
        module.embedding_dim = module.weight.shape[1]
    elif isinstance(module, nn.PReLU):
        module.num_parameters = len(module.weight)
