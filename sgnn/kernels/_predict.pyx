# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
"""Prediction by a multilayer perceptron whose layers are arrays of their own."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from sgnn.kernels._layers cimport IDENTITY, activate, load_blas, product
from sgnn.kernels._real cimport real

import numpy as np

load_blas()

cdef enum:
    ROWS = 256


cdef class Predictor:
    """The raw outputs of a network.

    Parameters
    ----------
    coefs, intercepts : list of ndarray
        Of one data type.
    activation : int
        A value of `ACTIVATIONS`.
    features : ndarray of int64, or None
        Columns of X that are the inputs; None is all.
    """

    cdef int n_layers, activation, widest
    cdef bint is_double
    cdef int[64] sizes
    cdef void* coefs[64]
    cdef void* intercepts[64]
    cdef const int64_t* features
    cdef list _given
    cdef object _alive

    def __init__(self, coefs, intercepts, int activation, features):
        cdef int layer
        self._given = [*coefs, *intercepts]
        coefs, intercepts = (
            [np.ascontiguousarray(array) for array in arrays] for arrays in (coefs, intercepts)
        )
        self._alive = coefs, intercepts, features
        self.n_layers, self.activation, self.widest = len(coefs), activation, 0
        self.is_double = coefs[0].itemsize == 8
        self.features = NULL if features is None else <int64_t*> address(features)
        for layer in range(self.n_layers):
            self.sizes[layer] = coefs[layer].shape[0]
            self.coefs[layer], self.intercepts[layer] = (
                address(coefs[layer]), address(intercepts[layer])
            )
            self.widest = max(self.widest, self.sizes[layer])
        self.sizes[self.n_layers] = len(intercepts[len(coefs) - 1])
        self.widest = max(self.widest, self.sizes[self.n_layers])

    def is_of(self, list coefs, list intercepts):
        """Whether these are the arrays that it was made of."""
        cdef int layer
        for layer in range(self.n_layers):
            if coefs[layer] is not self._given[layer]:
                return False
            if intercepts[layer] is not self._given[self.n_layers + layer]:
                return False
        return True

    def __call__(self, X):
        """Return the raw outputs, shape (n_samples, n_outputs).

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Contiguous, of the data type of the weights.
        """
        cdef int64_t n_samples = X.shape[0], width = X.shape[1]
        cdef void* rows = address(X)
        cdef int64_t chunk = min(n_samples, ROWS)
        out = np.empty((n_samples, self.sizes[self.n_layers]), dtype=X.dtype)
        cdef void* outputs = address(out)
        cdef void* memory = malloc(max(1, 2 * chunk * self.widest * (8 if self.is_double else 4)))
        if memory == NULL:
            raise MemoryError
        with nogil:
            if self.is_double:
                predict(self, <double*> rows, width, n_samples, <double*> outputs, <double*> memory)
            else:
                predict(self, <float*> rows, width, n_samples, <float*> outputs, <float*> memory)
        free(memory)
        return out


cdef void* address(array) except? NULL:
    """Return where a contiguous array is, which has to be kept."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)
    PyBuffer_Release(&view)
    return view.buf


cdef inline void one_row(const real* x, const real* weight, int n_in, int n_out,
                         real* out) noexcept nogil:
    """Write the product of a row and a matrix: calls of BLAS take longer."""
    cdef int j, k
    for k in range(n_out):
        out[k] = 0
    for j in range(n_in):
        for k in range(n_out):
            out[k] += x[j] * weight[k]
        weight += n_out


cdef void predict(Predictor net, real* X, int64_t width, int64_t n_samples, real* out,
                  real* memory) noexcept nogil:
    cdef int64_t start = 0, i, chunk = min(n_samples, ROWS)
    cdef real* values
    cdef real* target
    cdef int n, layer, k, n_in, n_out, last = net.n_layers - 1
    while start < n_samples:
        n = <int> min(ROWS, n_samples - start)
        values = X + start * width
        if net.features != NULL:
            values = memory
            for i in range(n):
                for k in range(net.sizes[0]):
                    values[i * net.sizes[0] + k] = X[(start + i) * width + net.features[k]]
        for layer in range(net.n_layers):
            n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
            target = memory + chunk * net.widest if values == memory else memory
            if layer == last:
                target = out + start * n_out
            if n == 1:
                one_row(values, <const real*> net.coefs[layer], n_in, n_out, target)
            else:
                product(False, False, n, n_out, n_in, values, n_in, <real*> net.coefs[layer], n_out,
                        False, target)
            activate(target, target, <real*> net.intercepts[layer], n, n_out,
                     net.activation if layer < last else IDENTITY)
            values = target
        start += n
