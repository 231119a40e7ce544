# cython: cdivision=True
"""Functions of magnitudes, and their proxes, as in the files of `sgnn.penalties`."""

from libc.math cimport acos, cbrt, cos, log1p, pow, sqrt
from libc.stdint cimport int64_t

cdef extern from "_math.h" nogil:
    double sgnn_square_of_third(double) noexcept

cdef enum Shape:
    NOTHING, SOFT, CAPPED, COUNT, LOG_SUM, MCP, SCAD, TRANSFORMED_L1, SQUARE_ROOT, TWO_THIRDS


cdef struct Term:
    # A shape times a factor; SOFT is the strength times r, plus the parameter times r²/2.
    int shape
    double factor, strength, parameter


cdef inline double value_of(const Term* term, double r) noexcept nogil:
    """Return the value at a magnitude."""
    cdef double inner, strength = term.strength, parameter = term.parameter
    if term.shape == SOFT:
        return strength * r + 0.5 * parameter * r * r
    if term.shape == CAPPED:
        return strength * least(r, parameter)
    if term.shape == COUNT:
        return strength if r > 0 else 0
    if term.shape == LOG_SUM:
        return strength * parameter * log1p(r / parameter)
    if term.shape == MCP:
        inner = least(r, parameter * strength)
        return strength * inner - inner * inner / (2 * parameter)
    if term.shape == SCAD:
        inner = least(r, parameter * strength)
        return strength * inner - positive(inner - strength) ** 2 / (2 * (parameter - 1))
    if term.shape == TRANSFORMED_L1:
        return strength * (parameter + 1) * r / (parameter + r)
    if term.shape == SQUARE_ROOT:
        return strength * sqrt(r)
    return strength * pow(r, 2.0 / 3)


cdef inline void prox(const Term* term, double* r, const double* steps, int64_t n) noexcept nogil:
    """Overwrite magnitudes with their prox, each with a step of its own.

    A step or a strength of 0 leaves a magnitude as it is, bit for bit.
    """
    cdef int64_t k
    cdef double strength = term.strength, parameter = term.parameter
    if term.shape == SOFT:
        for k in range(n):
            r[k] = positive(r[k] - steps[k] * strength) / (1 + steps[k] * parameter)
    elif term.shape == CAPPED:
        for k in range(n):
            r[k] = capped(r[k], steps[k] * strength, parameter)
    elif term.shape == COUNT:
        for k in range(n):
            r[k] = above(r[k], sqrt(2 * strength * steps[k]))
    elif term.shape == LOG_SUM:
        for k in range(n):
            r[k] = log_sum(r[k], steps[k] * (strength * parameter), parameter)
    elif term.shape == MCP:
        for k in range(n):
            r[k] = minimax_concave(r[k], steps[k], strength, parameter)
    elif term.shape == SCAD:
        for k in range(n):
            r[k] = smoothly_clipped(r[k], steps[k], strength, parameter)
    elif term.shape == TRANSFORMED_L1:
        for k in range(n):
            r[k] = transformed(r[k], steps[k] * strength, parameter)
    elif term.shape == SQUARE_ROOT:
        for k in range(n):
            r[k] = square_root(r[k], steps[k] * strength)
    elif term.shape == TWO_THIRDS:
        for k in range(n):
            r[k] = two_thirds(r[k], steps[k] * strength)


# In these, what is not a number stays so.

cdef inline double positive(double x) noexcept nogil:
    return 0 if x < 0 else x


cdef inline double least(double x, double high) noexcept nogil:
    return high if x > high else x


cdef inline double above(double r, double edge) noexcept nogil:
    return 0 if r <= edge else r


cdef inline double capped(double r, double threshold, double theta) noexcept nogil:
    cdef double inner = theta + 0.5 * threshold
    cdef double knee = inner if threshold < 2 * theta else sqrt(2 * threshold * theta)
    return r if r > knee else positive(r - threshold)


cdef inline double log_sum(double r, double area, double eps) noexcept nogil:
    cdef double shifted = r + eps
    cdef double square = shifted * shifted - 4 * area
    cdef double point = r - 2 * area / (shifted + sqrt(positive(square)))
    if square < 0 or point <= 0:
        return 0
    # Below, the objective is convex.
    if area > eps * eps and point * (2 * r - point) <= 2 * area * log1p(point / eps):
        return 0
    return point


cdef inline double minimax_concave(double r, double step, double strength,
                                   double gamma) noexcept nogil:
    cdef double rest = gamma - step
    cdef double firm = r - step * positive(gamma * strength - r) / (rest if rest > 0 else 1)
    cdef double hard = above(r, strength * sqrt(step * gamma))
    return positive(firm) if rest > 0 else hard


cdef inline double smoothly_clipped(double r, double step, double strength,
                                    double gamma) noexcept nogil:
    cdef double rest = gamma - 1 - step, high = gamma + 1
    cdef double slope = positive(gamma * strength - r) / (rest if rest > 0 else 1)
    cdef double soft = positive(r - step * strength)
    cdef double jump = r if r > 0.5 * (high + step) * strength else soft
    cdef double hard = above(r, strength * sqrt(step * high))
    if rest > 0:
        return positive(r - step * least(slope, strength))
    return jump if step < high else hard


cdef inline double transformed(double r, double area, double a) noexcept nogil:
    cdef double grown = r + a, middle = r + 0.5 * a
    cdef double square = 6.75 * a * (a + 1) * area / (grown * grown * grown)
    cdef double point = r - 4.0 / 3 * grown * sgnn_square_of_third(least(square, 1))
    return 0 if middle * middle <= 2 * (a + 1) * area else positive(point)


cdef inline double square_root(double r, double area) noexcept nogil:
    cdef double size = 1e-24 if r < 1e-24 else r
    cdef double root = sqrt(size)
    cdef double cosine = 0.75 * sqrt(3.0) * area / (size * root)
    if cosine > sqrt(0.5):
        return 0
    return r - 0.25 * sqrt(3.0) * area / (root * cos(acos(-cosine) / 3))


cdef inline double two_thirds(double r, double area) noexcept nogil:
    cdef double size = 1e-18 if r < 1e-18 else r
    cdef double c, s, root, b = 2.0 / 3 * area
    cdef double ratio = b / size * (b / size) * (b / size) / size
    if ratio > 0.0625:
        return 0
    c = cbrt(0.5 * size * size * (1 + sqrt(1 - 256.0 / 27 * ratio)))
    s = c + 4 * b / (3 * c)
    root = sqrt(s)
    return r - 2 * b / (root + sqrt(positive(2 * size / root - s)))
