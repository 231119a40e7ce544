"""How one layer is stored: its weight, its bias, and which axes tell units apart."""

import math
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Layer:
    """Views of one layer.

    Axes that are neither inputs nor outputs are positions, such as those of a kernel.

    Attributes
    ----------
    weight : torch.Tensor
    bias : torch.Tensor of shape (..., n_outputs), or None
        Recurrent units have a bias for each gate, heads one for each entry.
    inputs, outputs : tuple of int
        The axes of `weight` that tell inputs apart, and outputs. By default those of a dense
        layer of shape (n_in, n_out).
    """

    weight: torch.Tensor
    bias: torch.Tensor | None
    inputs: tuple = (0,)
    outputs: tuple = (1,)

    def count(self, axes):
        """Return how many places some axes tell apart.

        Parameters
        ----------
        axes : iterable of int
        """
        return math.prod(self.weight.shape[axis] for axis in axes)
