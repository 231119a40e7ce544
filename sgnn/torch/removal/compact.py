"""Modules without the units that nothing depends on."""

import copy
from collections import Counter
from dataclasses import dataclass

import torch
from torch import nn

from sgnn._common.private_torch import tree_leaves
from sgnn.torch.removal.attention import narrow, widen
from sgnn.torch.removal.closure import Kept
from sgnn.torch.removal.precision import full_precision
from sgnn.torch.removal.resize import cut
from sgnn.torch.removal.trace import Trace
from sgnn.torch.rules import bare

_TOLERANCES = {torch.float64: 1e-10, torch.float32: 1e-5}


@dataclass(frozen=True)
class Report:
    """What :func:`compact` has done.

    Attributes
    ----------
    structure : dict of str to dict of int to list of int
        For each parameter or buffer that got smaller, the entries that it keeps on each axis, for
        the second axis of a convolution in groups a list per group; what :func:`resize` takes.
    n_parameters : tuple of two int
        Number of parameters before and after.
    blocked : dict of str to dict of str to int
        For each weight, how many of its outputs are constant and stay all the same, by reason.
    error : float
        Largest difference of the outputs on the example inputs, relative to the largest output.
    """

    structure: dict
    n_parameters: tuple
    blocked: dict
    error: float

    def __repr__(self):
        before, after = self.n_parameters
        lines = [f"{after:,} of {before:,} parameters; outputs differ by {self.error:.1e}"]
        for weight, reasons in self.blocked.items():
            for reason, count in reasons.items():
                lines.append(f"{weight}: {count} constant outputs stay, because {reason}")
        return "\n".join(lines)


def compact(module, *example_inputs):
    """Return a module without the units that nothing depends on, and a report.

    A unit is a channel, a neuron or a feature: an entry of the output axis of a layer. It goes if
    whatever reads it has weights of zero for it, or puts out nothing that stays, or if it is the
    same for all inputs and can move into the biases, or running means, of the layers that read it.
    Units that are added, multiplied or normalised together stay or go together. What operations do
    is taken from ``torch.export``; those that are not known to work unit by unit keep what they
    touch, as do layers that are used more than once. The outputs in evaluation mode are the same
    but for rounding, and are compared on the example inputs.

    Parameters
    ----------
    module : torch.nn.Module
        It is left as it is. Wrappers of ``torch.compile`` and ``DistributedDataParallel`` are seen
        through.
    *example_inputs : torch.Tensor
        Arguments of the module, with two samples or more.

    Returns
    -------
    module : torch.nn.Module
        A copy of the same class with smaller parameters, of the same type, device and mode. They
        are new: an optimiser of the old ones does not know them.
    report : Report
        What was removed, and what stays and why.

    Raises
    ------
    TypeError
        If `module` is none.
    ValueError
        If the module does not take the inputs, or it cannot be exported, as where its operations
        depend on values, or a smaller one does not run, or does not put out the same.

    Examples
    --------
    >>> import torch
    >>> from sgnn.torch import compact
    >>> module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    >>> _ = torch.nn.init.zeros_(module[0].weight[1:])
    >>> small, report = compact(module, torch.randn(2, 3))
    >>> small
    Sequential(
      (0): Linear(in_features=3, out_features=1, bias=True)
      (1): ReLU()
      (2): Linear(in_features=1, out_features=1, bias=True)
    )
    >>> report.n_parameters
    (21, 6)
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"module must be a torch.nn.Module; got {type(module).__name__}.")
    small = copy.deepcopy(bare(module))
    for parameter in small.parameters():
        parameter.grad = None
    for child in small.modules():
        if isinstance(child, nn.RNNBase):
            child.flatten_parameters()
    modes = [child.training for child in small.modules()]
    small.eval()
    before = _run_example(small, example_inputs)
    trace = _trace(small, example_inputs)
    kept = Kept(trace)
    structure = _structure(trace, kept)
    n_before = _n_parameters(small)
    _fold(small, trace, kept)
    cut(small, structure)
    error = _compare(before, small, example_inputs)
    for child, mode in zip(small.modules(), modes, strict=True):
        child.training = mode
    counts = n_before, _n_parameters(small)
    return small, Report(structure, counts, _blocked(trace, kept), error)


def _trace(module, inputs):
    """Return the trace of a module with attentions whose heads can be told apart."""
    attentions = [child for child in module.modules() if type(child) is nn.MultiheadAttention]
    own = [not child._qkv_same_embed_dim for child in attentions]
    narrowed = [narrow(child) for child in attentions]
    try:
        return Trace(module, inputs)
    finally:
        for child, has_own_projections, is_narrow in zip(attentions, own, narrowed, strict=True):
            if is_narrow:
                widen(child, has_own_projections)


def _n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def _run(module, inputs):
    """Return the tensors that a module puts out; the generator of torch stays as it is."""
    devices = range(torch.cuda.device_count())
    with torch.no_grad(), torch.random.fork_rng(devices), full_precision():
        outputs = module(*copy.deepcopy(inputs))
    return [one.clone() for one in tree_leaves(outputs) if isinstance(one, torch.Tensor)]


def _run_example(module, inputs):
    try:
        return _run(module, inputs)
    except Exception as error:
        kinds = ", ".join(type(one).__name__ for one in inputs) or "none"
        reason = str(error).strip().partition("\n")[0][:200]
        raise ValueError(
            f"example_inputs must be what the module takes; got {kinds}, and it says: {reason}"
        ) from error


def _structure(trace, kept):
    structure = {}
    for (name, axis), units in trace.classes.axes.items():
        mask = kept.mask(units)
        if not mask.all():
            structure.setdefault(name, {})[axis] = _places(mask)
    return structure


def _places(mask):
    """Return where a mask is true, row by row if it has two axes."""
    if mask.ndim > 1:
        return [_places(row) for row in mask]
    return mask.nonzero()[:, 0].tolist()


def _fold(module, trace, kept):
    """Move the constants of units that go into what their readers add."""
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    for reader in trace.readers:
        gone = ~kept.mask(reader.flow.units) & reader.folds & (reader.flow.constants != 0)
        if gone.any():
            part, sign = reader.target
            move = sign * (reader.totals[:, gone] @ reader.flow.constants[gone])
            with torch.no_grad():
                added_to = tensors[part.name][part.rows]
                added_to.add_(move.to(added_to))


def _blocked(trace, kept):
    blocked = {}
    for reader in trace.readers:
        constant = reader.constants.isfinite() & kept.mask(reader.outputs)
        counts = Counter(kept.reason(unit) for unit in reader.outputs[constant].unique())
        if counts:
            blocked[reader.weight] = dict(counts)
    return blocked


def _compare(before, small, inputs):
    try:
        after = _run(small, inputs)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise ValueError(
            f"module must not depend on the number of its units; without some it says: {reason}"
        ) from error
    largest = 0.0
    for one, other in zip(before, after, strict=True):
        if one.shape != other.shape:
            raise ValueError(
                "module must not depend on the number of its units; without some it puts out shape "
                f"{tuple(other.shape)}, not {tuple(one.shape)}."
            )
        if one.is_floating_point() and one.numel():
            scale = one.abs().max().clamp(min=torch.finfo(one.dtype).tiny)
            error = float((other - one).abs().max() / scale)
            if not error <= _TOLERANCES.get(one.dtype, 0.05):
                raise ValueError(
                    f"module cannot be made compact: its outputs would change by {error:.1e}."
                )
            largest = max(largest, error)
    return largest
