"""The weights of a module as layers, for what works on the parameters of a network."""

from dataclasses import dataclass

from sgnn._common.private_torch import _foreach_copy_
from sgnn.networks.layers import Layer
from sgnn.torch.layouts import Layout


@dataclass(frozen=True)
class Place:
    """Where a layer is among the tensors of a parameter group.

    Attributes
    ----------
    weight : int
    bias : int or None
    layout : Layout
    """

    weight: int
    bias: int | None
    layout: Layout

    def layer(self, tensors):
        """Return the layer among tensors that are shaped as the parameters."""
        weight = tensors[self.weight]
        if self.layout.split is not None:
            weight = weight.unflatten(*self.layout.split)
        bias = None if self.bias is None else tensors[self.bias]
        if bias is not None and self.layout.split_bias is not None:
            shape, axis = self.layout.split_bias
            bias = bias.unflatten(0, shape).movedim(axis, -1)
        return Layer(weight, bias, self.layout.inputs, self.layout.outputs)


class Tensors:
    """Layers over separate tensors, in place of :class:`sgnn.networks.parameters.Parameters`.

    Parameters
    ----------
    places : list of Place
    tensors : list of torch.Tensor

    Attributes
    ----------
    layers : list of Layer
        Views of the tensors.
    sizes : tuple of int
        Inputs of the first layer, and outputs of each layer.
    """

    def __init__(self, places, tensors):
        self._places, self._tensors = places, tensors
        self.layers = [place.layer(tensors) for place in places]

    @property
    def sizes(self):
        first = self.layers[0]
        outputs = (layer.count(layer.outputs) for layer in self.layers)
        return first.count(first.inputs), *outputs

    def runs(self):
        """Return the weights layer by layer, and where they are among all."""
        runs, start = [], 0
        for layer in self.layers:
            stop = start + layer.weight.numel()
            runs.append((layer.weight, slice(start, stop)))
            start = stop
        return runs

    def zeros_like(self):
        """Return tensors of the same shapes in one buffer, all zero."""
        return _Buffer(self._places, self._tensors)

    def flattened(self):
        """Return a copy in one buffer."""
        flat = self.zeros_like()
        flat.copy_(self)
        return flat

    def copy_(self, other):
        """Copy the values of other tensors of the same shapes."""
        _foreach_copy_(self._tensors, other._tensors)


class _Buffer(Tensors):
    """Tensors that are views of one buffer, `flat`."""

    def __init__(self, places, like):
        sizes = [tensor.numel() for tensor in like]
        self.flat = like[0].new_zeros(sum(sizes))
        parts = zip(self.flat.split(sizes), like, strict=True)
        super().__init__(places, [part.view(tensor.shape) for part, tensor in parts])

    def flattened(self):
        return self


def n_units(layer):
    """Return how many inputs and outputs of a layer have a weight that is not zero."""
    counts = []
    for axes in (layer.inputs, layer.outputs):
        others = [axis for axis in range(layer.weight.ndim) if axis not in axes]
        alive = (layer.weight != 0).sum(others) if others else layer.weight != 0
        counts.append(int(alive.count_nonzero()))
    return tuple(counts)
