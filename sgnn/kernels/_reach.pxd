# cython: cdivision=True
"""Which units are on a path of weights that are not 0 from an input to an output."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

from sgnn.kernels._real cimport real


cdef inline void units_on_paths(const real* theta, const int* sizes, const int64_t* weight,
                                int n_layers, uint8_t* reached, uint8_t* reaching,
                                int64_t* counts) noexcept nogil:
    """Write which units are, one after the other, and their number per layer.

    `weight` says where in `theta` the weights of a layer begin, `reaching` is memory for as many
    units as there are.
    """
    cdef const real* row
    cdef int layer, i, j, n_in, n_out, left
    cdef int64_t first = 0, after
    memset(reached, 1, sizes[0])
    for layer in range(n_layers):
        n_in, n_out, after = sizes[layer], sizes[layer + 1], first + sizes[layer]
        memset(reached + after, 0, n_out)
        left, row = n_out, theta + weight[layer]
        for i in range(n_in):
            if left == 0:
                break
            if reached[first + i]:
                for j in range(n_out):
                    if row[j] != 0 and not reached[after + j]:
                        reached[after + j] = 1
                        left -= 1
            row += n_out
        first = after
    memset(reaching + first, 1, sizes[n_layers])
    for layer in range(n_layers - 1, -1, -1):
        n_in, n_out, after = sizes[layer], sizes[layer + 1], first
        first -= n_in
        row = theta + weight[layer]
        for i in range(n_in):
            reaching[first + i] = 0
            for j in range(n_out):
                if row[j] != 0 and reaching[after + j]:
                    reaching[first + i] = 1
                    break
            row += n_out
    first = 0
    for layer in range(n_layers + 1):
        counts[layer] = 0
        for i in range(sizes[layer]):
            reached[first + i] &= reaching[first + i]
            counts[layer] += reached[first + i]
        first += sizes[layer]
