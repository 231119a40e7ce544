# cython: cdivision=True
"""Moves, proxes and values of numbers that are next to each other."""

from libc.stdint cimport int64_t

from sgnn.kernels._real cimport magnitude, real, root
from sgnn.kernels._shapes cimport NOTHING, SOFT, Term, prox, value_of

cdef enum:
    BLOCK = 128


cdef inline real* part(real* values, int64_t at) noexcept nogil:
    return NULL if values == NULL else values + at


cdef inline real sum_of_squares(const real* x, int64_t n) noexcept nogil:
    cdef int64_t j
    cdef real total = 0
    for j in range(n):
        total += x[j] * x[j]
    return total


cdef inline real soft(real x, real threshold) noexcept nogil:
    """The soft threshold, without a branch."""
    cdef real inner = threshold if x > threshold else x
    inner = -threshold if inner < -threshold else inner
    return x - inner


cdef inline void move_row(real* w, const real* g, real* m, int n, real step, real toward,
                          real debias, real l1, const real* factors) noexcept nogil:
    cdef int j
    cdef real reach = step * debias, threshold = step * l1
    if l1 == 0:
        for j in range(n):
            m[j] += toward * (g[j] - m[j])
            w[j] -= reach * m[j]
    elif factors == NULL:
        for j in range(n):
            m[j] += toward * (g[j] - m[j])
            w[j] = soft(w[j] - reach * m[j], threshold)
    else:
        for j in range(n):
            m[j] += toward * (g[j] - m[j])
            w[j] = soft(w[j] - reach * m[j], threshold * factors[j])


cdef inline void adam_entries(real* w, const real* g, real* m, real* v, int64_t n, real rate,
                              real epsilon, real toward, real beta_2, real correction, real debias,
                              const Term* term, const real* factors, real* steps) noexcept nogil:
    """Write the steps, if there is room for them, or apply the prox of a soft threshold."""
    cdef int64_t j
    cdef real step, threshold, inverse = 1 / correction, one = 1
    cdef real rest = one - beta_2
    cdef real l1 = <real> (term.factor * term.strength), l2 = <real> (term.factor * term.parameter)
    for j in range(n):
        m[j] += toward * (g[j] - m[j])
        v[j] = beta_2 * v[j] + rest * g[j] * g[j]
    if steps != NULL:
        for j in range(n):
            steps[j] = rate / (root(v[j]) * inverse + epsilon)
            w[j] -= steps[j] * debias * m[j]
    elif term.shape == NOTHING:
        for j in range(n):
            w[j] -= rate * debias * m[j] / (root(v[j]) * inverse + epsilon)
    elif factors == NULL:
        for j in range(n):
            step = rate / (root(v[j]) * inverse + epsilon)
            w[j] = soft(w[j] - step * debias * m[j], step * l1) / (one + step * l2)
    else:
        for j in range(n):
            step = rate / (root(v[j]) * inverse + epsilon)
            threshold = step * factors[j]
            w[j] = soft(w[j] - step * debias * m[j], threshold * l1) / (one + threshold * l2)


cdef inline void sgd_entries(real* w, const real* g, real* v, int64_t n, real step, real momentum,
                             bint nesterov) noexcept nogil:
    cdef int64_t j
    if v == NULL:
        for j in range(n):
            w[j] -= step * g[j]
    elif nesterov:
        for j in range(n):
            v[j] = momentum * v[j] + g[j]
            w[j] -= step * (g[j] + momentum * v[j])
    else:
        for j in range(n):
            v[j] = momentum * v[j] + g[j]
            w[j] -= step * v[j]


cdef inline void shrink(const Term* term, const real* x, const real* steps, real step,
                        const real* factors, int64_t n, real* out) noexcept nogil:
    """Write the prox of numbers, whose steps are one for all or one each, times factors or NULL."""
    cdef double[BLOCK] r, of_prox
    cdef int64_t j, n_here
    while n > 0:
        n_here = n if n < BLOCK else BLOCK
        for j in range(n_here):
            r[j] = magnitude(x[j])
            of_prox[j] = term.factor * step
        if steps != NULL:
            for j in range(n_here):
                of_prox[j] *= steps[j]
            steps += n_here
        if factors != NULL:
            for j in range(n_here):
                of_prox[j] *= factors[j]
            factors += n_here
        prox(term, r, of_prox, n_here)
        for j in range(n_here):
            out[j] = <real> (-r[j] if x[j] < 0 else r[j])
        x += n_here
        out += n_here
        n -= n_here


cdef inline double sum_of_values(const Term* term, const real* x, const real* factors,
                                 int64_t n) noexcept nogil:
    cdef double total = 0, of_sizes = 0, of_squares = 0, factor = 1
    cdef int64_t j
    for j in range(n):
        if factors != NULL:
            factor = factors[j]
        if term.shape == SOFT:
            of_sizes += factor * magnitude(x[j])
            of_squares += factor * x[j] * x[j]
        else:
            total += factor * value_of(term, magnitude(x[j]))
    total += term.strength * of_sizes + 0.5 * term.parameter * of_squares
    return term.factor * total
