"""The joint prox of a function of magnitudes and one of their norm."""

cdef double LEAST_SHARE = 1e-9
cdef int MOST_STEPS = 60


cdef inline double norm_of(const double* x, int64_t n) noexcept nogil:
    cdef int64_t k
    cdef double total = 0
    for k in range(n):
        total += x[k] * x[k]
    return sqrt(total)


cdef void nested(double* z, const double* x, double* steps, int64_t n, const Term* fine,
                 const Term* coarse, double step, const double* factors,
                 double of_norm) noexcept nogil:
    """As :func:`sgnn.proximal.joint.nested_prox`."""
    cdef int64_t k
    cdef int iteration
    cdef bint is_inside
    cdef double c, shrunk = 0, image, change, target, last_r = 0, last_change = 0, low = 0
    cdef double norm = norm_of(x, n), at_z = 0
    cdef double r = norm, high = norm
    for iteration in range(MOST_STEPS):
        shrunk = r
        prox_of(coarse, &shrunk, &of_norm, 1)
        c = fmax(shrunk / fmax(r, LEAST), LEAST_SHARE)
        for k in range(n):
            z[k] = c * x[k]
            steps[k] = c * step * factors[k]
        prox_of(fine, z, steps, n)
        image = norm_of(z, n) / c
        change = image - r
        if not (fabs(change) > 1e-13 * r and (shrunk > 0 or change > 0)):
            break
        if change > 0:
            low = r
        else:
            high = r
        target = image
        if iteration > 0 and low > 0:
            target = r - change * (r - last_r) / (change - last_change)
        is_inside = low < target < high and (iteration % 3 != 2 or low == 0)
        last_r, last_change = r, change
        r = target if is_inside else 0.5 * (low + high)
    for k in range(n):
        at_z += 0.5 * (z[k] - x[k]) * (z[k] - x[k]) + step * factors[k] * value_of(fine, z[k])
    at_z += of_norm * value_of(coarse, norm_of(z, n))
    if not (shrunk > 0 and at_z < 0.5 * norm * norm):
        for k in range(n):
            z[k] = 0
