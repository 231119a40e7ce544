"""How the modules of torch store their weights: which axes tell inputs and outputs apart."""

from dataclasses import dataclass

from torch import nn

from sgnn._common.private_torch import _ConvNd, _ConvTransposeNd, _NormBase


@dataclass(frozen=True)
class Layout:
    """Axes of one weight.

    Attributes
    ----------
    inputs, outputs : tuple of int
        As in :class:`sgnn.networks.layers.Layer`, after `split`.
    split : tuple of (int, tuple of int), default=None
        Arguments of ``Tensor.unflatten``, where one axis of the parameter is several.
    bias : str, default=None
        Name of the parameter with the biases of the outputs.
    split_bias : tuple of (tuple of int, int), default=None
        Where outputs have several biases: the shape of these, and its axis of the outputs.
    """

    inputs: tuple
    outputs: tuple
    split: tuple | None = None
    bias: str | None = None
    split_bias: tuple | None = None


DENSE = Layout((1,), (0,), bias="bias")


def layouts_of(module, n_channels=None):
    """Return the layouts of the weights of a module, by the names of its parameters.

    Parameters
    ----------
    module : torch.nn.Module
    n_channels : int, default=None
        Of a linear layer that reads flattened channels: their number. The inputs of one channel
        are then one input.

    Returns
    -------
    dict of str to Layout
        Empty for a module whose weights are not known, or that has none.

    Raises
    ------
    ValueError
        If the inputs of the layer are not a multiple of `n_channels`.
    """
    if n_channels is not None:
        return {"weight": _flattened(module, n_channels)}
    for kinds, layouts in _LAYOUTS:
        if isinstance(module, kinds):
            of_module = layouts(module)
            return {name: layout for name, layout in of_module.items() if _has(module, name)}
    return {}


def _has(module, name):
    """Whether a module, or a child of it, has a parameter of a name."""
    return any(name == other for other, _ in module.named_parameters())


def _flattened(module, n_channels):
    if not isinstance(module, nn.Linear) or module.in_features % n_channels:
        raise ValueError(
            f"channels must name linear layers whose inputs are a multiple of the channels; got "
            f"{n_channels} for {module}."
        )
    return Layout((1,), (0,), (1, (n_channels, -1)), "bias")


def _linear(module):
    return {"weight": DENSE}


def _convolution(module):
    if module.groups == 1:
        return {"weight": DENSE}
    return {"weight": Layout((0, 2), (0, 1), (0, (module.groups, -1)), "bias")}


def _transposed(module):
    if module.groups == 1:
        return {"weight": Layout((0,), (1,), bias="bias")}
    return {"weight": Layout((0, 1), (0, 2), (0, (module.groups, -1)), "bias")}


def _embedding(module):
    return {"weight": Layout((0,), (1,))}


def _normalisation(module):
    return {"weight": Layout((0,), (0,), bias="bias")}


def _attention(module):
    heads = module.num_heads, module.head_dim
    one = Layout((2,), (0,), (0, heads))
    of_bias = "in_proj_bias", ((3, *heads), 1)
    return {
        "in_proj_weight": Layout((3,), (1,), (0, (3, *heads)), *of_bias),
        "q_proj_weight": one,
        "k_proj_weight": one,
        "v_proj_weight": one,
        "out_proj.weight": Layout((1,), (0,), (1, heads), "out_proj.bias"),
    }


def _recurrent(module):
    n_gates = {"LSTM": 4, "GRU": 3}.get(module.mode, 1)
    layouts = {}
    for name, _ in module.named_parameters():
        if name.startswith("weight_hr"):
            layouts[name] = Layout((1,), (0,))
        elif name.startswith("weight"):
            bias, of_bias = name.replace("weight", "bias"), ((n_gates, -1), 1)
            layouts[name] = Layout((2,), (1,), (0, (n_gates, -1)), bias, of_bias)
    return layouts


_LAYOUTS = [
    (nn.Linear, _linear),
    (_ConvTransposeNd, _transposed),
    (_ConvNd, _convolution),
    (nn.Embedding, _embedding),
    (_NormBase, _normalisation),
    (nn.MultiheadAttention, _attention),
    (nn.RNNBase, _recurrent),
]
