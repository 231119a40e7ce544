# cython: cdivision=True
"""Products of matrices, and activations."""

from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer
from libc.stdint cimport int64_t
from libc.string cimport memset

from sgnn.kernels._real cimport error_function, exponential, hyperbolic, real

cdef extern from "_blas.h" nogil:
    ctypedef void (*sgnn_sgemm_t)(char*, char*, int*, int*, int*, float*, float*, int*, float*,
                                  int*, float*, float*, int*) noexcept
    ctypedef void (*sgnn_dgemm_t)(char*, char*, int*, int*, int*, double*, double*, int*, double*,
                                  int*, double*, double*, int*) noexcept
    sgnn_sgemm_t sgnn_sgemm
    sgnn_dgemm_t sgnn_dgemm

cdef enum Activation:
    IDENTITY, RELU, LEAKY_RELU, TANH, LOGISTIC, GELU


cdef inline void* function_of_blas(str name) except NULL:
    """Return a function of SciPy's BLAS; SciPy may have been built with integers of 64 bits."""
    from scipy.linalg import cython_blas

    capsule = cython_blas.__pyx_capi__[name]
    cdef const char* signature = PyCapsule_GetName(capsule)
    if not signature.startswith(b"void (char *, char *, int *,"):
        raise ImportError(f"{name} of scipy.linalg.cython_blas does not take 32-bit integers")
    return PyCapsule_GetPointer(capsule, signature)


cdef inline int load_blas() except -1:
    """Find the functions of the BLAS that scipy brings; called by each module that uses them."""
    global sgnn_sgemm, sgnn_dgemm
    sgnn_sgemm = <sgnn_sgemm_t> function_of_blas("sgemm")
    sgnn_dgemm = <sgnn_dgemm_t> function_of_blas("dgemm")
    return 0


cdef inline void product(bint transpose_a, bint transpose_b, int m, int n, int k, real* a, int lda,
                         real* b, int ldb, bint add, real* c) noexcept nogil:
    """Write op(a) op(b) into c (m x n), or add it; all are stored row after row."""
    cdef char ta = b"T" if transpose_a else b"N"
    cdef char tb = b"T" if transpose_b else b"N"
    cdef real one = 1
    cdef real beta = 1 if add else 0
    if real is float:
        sgnn_sgemm(&tb, &ta, &n, &m, &k, &one, b, &ldb, a, &lda, &beta, c, &n)
    else:
        sgnn_dgemm(&tb, &ta, &n, &m, &k, &one, b, &ldb, a, &lda, &beta, c, &n)


cdef enum:
    NARROW = 4


cdef inline void transpose(const real* matrix, int n_in, int n_out, real* out) noexcept nogil:
    cdef int j, k
    for j in range(n_in):
        for k in range(n_out):
            out[k * n_in + j] = matrix[j * n_out + k]


cdef inline void narrow_product(const real* values, int n, int n_in, int n_out,
                                const real* transposed, real* out) noexcept nogil:
    """As `product`, for few columns, whose transpose is given: products of matrices do not pay."""
    cdef int i, j, k
    cdef real total
    cdef const real* column
    for i in range(n):
        for k in range(n_out):
            total, column = 0, transposed + k * n_in
            for j in range(n_in):
                total += values[j] * column[j]
            out[k] = total
        values += n_in
        out += n_out


cdef inline void narrow_gradient(const real* values, const real* delta, int n, int n_in, int n_out,
                                 bint add, real* scratch, real* out) noexcept nogil:
    """Write the transpose of values times delta, or add it, for few columns."""
    cdef int i, j, k
    cdef real x
    cdef real* row
    memset(scratch, 0, <size_t> n_in * n_out * sizeof(real))
    for i in range(n):
        for k in range(n_out):
            x, row = delta[k], scratch + k * n_in
            for j in range(n_in):
                row[j] += x * values[j]
        values += n_in
        delta += n_out
    for j in range(n_in):
        for k in range(n_out):
            x = scratch[k * n_in + j]
            out[j * n_out + k] = out[j * n_out + k] + x if add else x


cdef inline void narrow_backward(const real* delta, const real* transposed, int n, int n_in,
                                 int n_out, real* out) noexcept nogil:
    """Write delta times the transpose of few columns."""
    cdef int i, j, k
    cdef real x
    cdef const real* column
    for i in range(n):
        x = delta[0]
        for j in range(n_in):
            out[j] = x * transposed[j]
        for k in range(1, n_out):
            x, column = delta[k], transposed + k * n_in
            for j in range(n_in):
                out[j] += x * column[j]
        delta += n_out
        out += n_in


cdef inline void add_rows(const real* delta, int n, int width, bint add, real* out) noexcept nogil:
    cdef int i, j
    cdef const real* d = delta
    if not add:
        memset(out, 0, width * sizeof(real))
    for i in range(n):
        for j in range(width):
            out[j] += d[j]
        d += width


cdef inline void activate(real* pre, real* values, const real* bias, int n, int width,
                   int activation) noexcept nogil:
    cdef int i, j
    cdef real x
    cdef real slope = <real> 0.01, half = <real> 0.5, root_half = <real> 0.70710678118654752440
    for i in range(n):
        if activation == RELU:
            for j in range(width):
                x = pre[j] + bias[j]
                values[j] = 0 if x < 0 else x
        elif activation == IDENTITY:
            for j in range(width):
                values[j] = pre[j] + bias[j]
        elif activation == LEAKY_RELU:
            for j in range(width):
                x = pre[j] + bias[j]
                values[j] = x if x > 0 else slope * x
        elif activation == TANH:
            for j in range(width):
                values[j] = hyperbolic(pre[j] + bias[j])
        elif activation == LOGISTIC:
            for j in range(width):
                values[j] = 1 / (1 + exponential(-(pre[j] + bias[j])))
        else:
            for j in range(width):
                x = pre[j] + bias[j]
                pre[j] = x
                values[j] = half * x * (1 + error_function(x * root_half))
        pre += width
        values += width


cdef inline void derive(real* d, const real* saved, int64_t n, int activation) noexcept nogil:
    cdef int64_t j
    cdef real x, slope = <real> 0.01
    cdef real half = <real> 0.5, root_half = <real> 0.70710678118654752440
    cdef real density = <real> 0.39894228040143267794
    if activation == RELU:
        for j in range(n):
            x = d[j]
            d[j] = x if saved[j] > 0 else 0
    elif activation == LEAKY_RELU:
        for j in range(n):
            x = d[j]
            d[j] = x if saved[j] > 0 else slope * x
    elif activation == TANH:
        for j in range(n):
            d[j] *= 1 - saved[j] * saved[j]
    elif activation == LOGISTIC:
        for j in range(n):
            d[j] *= saved[j] * (1 - saved[j])
    elif activation == GELU:
        for j in range(n):
            x = saved[j]
            d[j] *= (half * (1 + error_function(x * root_half))
                     + x * density * exponential(-half * x * x))
