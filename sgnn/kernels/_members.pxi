"""Magnitudes of the members of rows, read from a flat buffer and written back."""


cdef inline bint is_contiguous(const int64_t* places, int64_t n) noexcept nogil:
    """Whether rising places are next to each other."""
    return n > 0 and places[n - 1] - places[0] == n - 1


cdef inline double norm_at(const real* flat, const int64_t* places, int64_t n) noexcept nogil:
    """Return the norm of what is at rising places."""
    cdef int64_t k
    cdef double w, total = 0
    if is_contiguous(places, n):
        flat += places[0]
        for k in range(n):
            w = flat[k]
            total += w * w
    else:
        for k in range(n):
            w = flat[places[k]]
            total += w * w
    return sqrt(total)


cdef inline void scale_at(real* flat, const int64_t* places, int64_t n,
                          double factor) noexcept nogil:
    """Multiply what is at rising places."""
    cdef int64_t k
    cdef real by = <real> factor
    if by == 1:
        return
    if is_contiguous(places, n):
        flat += places[0]
        for k in range(n):
            flat[k] *= by
    else:
        for k in range(n):
            flat[places[k]] *= by


cdef inline void gather(Rows of, const real* flat, int64_t row, int64_t n,
                        double* out) noexcept nogil:
    cdef int64_t k, start, first = of.rows[row]
    cdef const int64_t* entries = &of.entries[0]
    if not of.is_single:
        for k in range(n):
            start = of.members[first + k]
            out[k] = norm_at(flat, entries + start, of.members[first + k + 1] - start)
    elif is_contiguous(entries + first, n):
        flat += entries[first]
        for k in range(n):
            out[k] = magnitude(flat[k])
    else:
        for k in range(n):
            out[k] = magnitude(flat[entries[first + k]])


cdef inline void scatter(Rows of, real* flat, int64_t row, int64_t n, const double* before,
                         const double* r) noexcept nogil:
    cdef int64_t k, start, first = of.rows[row]
    cdef const int64_t* entries = &of.entries[0]
    cdef real* w
    if not of.is_single:
        for k in range(n):
            start = of.members[first + k]
            scale_at(flat, entries + start, of.members[first + k + 1] - start,
                     r[k] / before[k] if before[k] > 0 else 0)
    elif is_contiguous(entries + first, n):
        flat += entries[first]
        for k in range(n):
            flat[k] = <real> copysign(r[k], flat[k])
    else:
        for k in range(n):
            w = flat + entries[first + k]
            w[0] = <real> copysign(r[k], w[0])
