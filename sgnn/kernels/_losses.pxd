# cython: cdivision=True
"""Losses of one sample, whose raw outputs become the gradient."""

from libc.math cimport exp, expf
from libc.stdint cimport int64_t

from sgnn.kernels._real cimport (
    exponential, logarithm, logarithm_of_1_plus, magnitude, real,
)


cdef inline real softmax(real* z, int width, int64_t label, real factor) noexcept nogil:
    cdef int k
    cdef real top = z[0], total = 0, of_label, scale
    for k in range(1, width):
        top = z[k] if z[k] > top else top
    of_label = z[label] - top
    for k in range(width):
        z[k] = exponential(z[k] - top)
    for k in range(width):
        total += z[k]
    scale = factor / total
    for k in range(width):
        z[k] *= scale
    z[label] -= factor
    return logarithm(total) - of_label


cdef inline real logistic(real* z, const real* targets, int width, real factor) noexcept nogil:
    cdef int k
    cdef real x, small, wrong, loss = 0
    for k in range(width):
        x = z[k]
        small = exponential(-magnitude(x))
        wrong = x * (1 - 2 * targets[k])
        loss += (wrong if wrong > 0 else 0) + logarithm_of_1_plus(small)
        z[k] = ((1 if x > 0 else small) / (1 + small) - targets[k]) * factor
    return loss


cdef inline real squared_error(real* z, const real* targets, int width, real factor) noexcept nogil:
    cdef int k
    cdef real error, loss = 0, half = <real> 0.5
    for k in range(width):
        error = z[k] - targets[k]
        loss += error * error
        z[k] = error * factor
    return half * loss


cdef inline real huber(real* z, const real* targets, int width, real factor,
                       const real* deltas) noexcept nogil:
    cdef int k
    cdef real error, inner, loss = 0, half = <real> 0.5
    for k in range(width):
        error = z[k] - targets[k]
        inner = deltas[k] if error > deltas[k] else error
        inner = -deltas[k] if inner < -deltas[k] else inner
        loss += (error - half * inner) * inner
        z[k] = inner * factor
    return loss


cdef inline real pinball(real* z, const real* targets, int width, real factor,
                         const real* quantiles) noexcept nogil:
    cdef int k
    cdef real error, slope, loss = 0
    for k in range(width):
        error = z[k] - targets[k]
        slope = (1 if error > 0 else 0) - quantiles[k]
        loss += error * slope
        z[k] = slope * factor
    return loss


cdef inline real power_of_e(real x) noexcept nogil:
    """exp(x), infinite where it overflows."""
    if real is float:
        return expf(x)
    else:
        return exp(x)


cdef inline real poisson(real* z, const real* targets, int width, real factor) noexcept nogil:
    cdef int k
    cdef real y, mean, loss = 0
    for k in range(width):
        y = targets[k]
        mean = power_of_e(z[k])
        loss += (y * logarithm(y) if y > 0 else 0) - y + mean - y * z[k]
        z[k] = (mean - y) * factor
    return loss


cdef inline real gamma(real* z, const real* targets, int width, real factor) noexcept nogil:
    cdef int k
    cdef real y, ratio, loss = 0, one = 1
    for k in range(width):
        y = targets[k]
        ratio = power_of_e(-z[k]) * y
        loss += z[k] - logarithm(y) + ratio - one
        z[k] = (one - ratio) * factor
    return loss
