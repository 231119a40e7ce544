"""Shapes of one magnitude as the kernels take them."""

from sgnn import kernels


def is_known(shape):
    """Whether the kernels have a shape."""
    return not shape.by_rows and (shape.soft is not None or shape.kernel is not None)


def for_kernels(shape, strength):
    """Return the number of a shape in the kernels, its strength and its parameter."""
    if shape.soft is not None:
        return kernels.SHAPES["soft"], *shape.soft(strength)
    name, parameter = shape.kernel
    return kernels.SHAPES[name], strength, parameter
