"""Nodes of a graph of ONNX."""

import numpy as np
from onnx.helper import np_dtype_to_tensor_dtype
from onnx.numpy_helper import from_array


class Nodes:
    """Adds nodes to a graph: ``op("Relu", x)`` adds one and returns the name of its output.

    Inputs are names, numbers in the data type of the graph, or arrays.

    Parameters
    ----------
    scope, container : object
        What skl2onnx gives to converters.
    dtype : numpy.dtype
    """

    def __init__(self, scope, container, dtype):
        self._scope, self._container, self.dtype = scope, container, np.dtype(dtype)

    def __call__(self, kind, *inputs, output=None, **attributes):
        output = output or self._scope.get_unique_variable_name(kind.lower())
        name = self._scope.get_unique_operator_name(kind)
        names = [self._name(value) for value in inputs]
        self._container.add_node(kind, names, output, name=name, **attributes)
        return output

    def cast(self, x, dtype):
        """Return values in another data type.

        Parameters
        ----------
        x : str
        dtype : numpy.dtype
        """
        return self("Cast", x, to=np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def _name(self, value):
        if isinstance(value, str):
            return value
        array = value if isinstance(value, np.ndarray) else np.array(value, self.dtype)
        name = self._scope.get_unique_variable_name("constant")
        tensor = from_array(np.ascontiguousarray(array), name)
        self._container.initializers.append(tensor)
        return name
