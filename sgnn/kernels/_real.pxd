# cython: cdivision=True
"""Numbers of either precision, and what is computed with them."""

from libc.math cimport erf, erff, fabs, fabsf, log, logf, log1p, log1pf, sqrt, sqrtf
from libc.stdint cimport int32_t, int64_t

cdef extern from "_math.h" nogil:
    double sgnn_exp(double) noexcept
    float sgnn_expf(float) noexcept
    double sgnn_tanh(double) noexcept
    float sgnn_tanhf(float) noexcept

ctypedef fused real:
    float
    double

cdef inline real root(real x) noexcept nogil:
    if real is float:
        return sqrtf(x)
    else:
        return sqrt(x)

cdef inline real magnitude(real x) noexcept nogil:
    if real is float:
        return fabsf(x)
    else:
        return fabs(x)

cdef inline real exponential(real x) noexcept nogil:
    if real is float:
        return sgnn_expf(x)
    else:
        return sgnn_exp(x)

cdef inline real hyperbolic(real x) noexcept nogil:
    if real is float:
        return sgnn_tanhf(x)
    else:
        return sgnn_tanh(x)

cdef inline real logarithm(real x) noexcept nogil:
    if real is float:
        return logf(x)
    else:
        return log(x)

cdef inline real logarithm_of_1_plus(real x) noexcept nogil:
    if real is float:
        return log1pf(x)
    else:
        return log1p(x)

cdef inline real error_function(real x) noexcept nogil:
    if real is float:
        return erff(x)
    else:
        return erf(x)
