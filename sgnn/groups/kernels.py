"""Groups inside the kernels of convolutions."""

from sgnn.groups.base import Groups


class Taps(Groups):
    """All weights that leave one unit through one place of a kernel, towards all outputs.

    In a matrix they are all that leave the unit.

    References
    ----------
    Yoon & Hwang (2017), "Combined group and exclusive sparsity for deep neural networks", ICML.
    """

    def axes(self, layer):
        return {*range(layer.weight.ndim)} - {*layer.outputs}


class Kernels(Groups):
    """All weights from one unit to another: the kernel of a convolution, one weight of a matrix."""

    def axes(self, layer):
        return {*layer.inputs, *layer.outputs}
