"""Proxes of functions of all magnitudes of a row."""

cdef int MOST_ITERATIONS = 100


cdef inline double largest_of(const double* r, int64_t n) noexcept nogil:
    cdef int64_t k
    cdef double found = 0
    for k in range(n):
        found = r[k] if r[k] > found else found
    return found


cdef inline void sums(const double* r, int64_t n, double threshold, double* count, double* total,
                      double* square) noexcept nogil:
    """Count what is above a threshold, and sum what is left of it, and its squares."""
    cdef int64_t k
    cdef double inner, n_above = 0, first = 0, second = 0
    for k in range(n):
        inner = r[k] - threshold
        inner = 0 if inner < 0 else inner
        n_above += 1.0 if inner > 0 else 0.0
        first += inner
        second += inner * inner
    count[0], total[0], square[0] = n_above, first, second


cdef double row_value(Rows of, const double* r, int64_t n) noexcept nogil:
    """Return the value of a shape of magnitudes at strength 1."""
    cdef double count, total, square
    if of.shape == GRAPH:
        return graph_value(r, n, of.parameter, &of.graph)
    if of.shape == SPREAD_LOGARITHM:
        return of.parameter * sum_of_logarithms(r, of.parameter, &of.graph)
    sums(r, n, 0, &count, &total, &square)
    if of.shape == SQUARED_L1:
        return 0.5 * total * total
    if of.shape == NORM_DIFFERENCE:
        return total - of.parameter * sqrt(square)
    if of.shape == HOYER:
        return total / fmax(sqrt(square), LEAST)
    return total * total / fmax(square, LEAST)


cdef inline void shrink(double* r, int64_t n, double threshold, double factor) noexcept nogil:
    """Subtract a threshold, and multiply what is left."""
    cdef int64_t k
    cdef double inner
    for k in range(n):
        inner = r[k] - threshold
        r[k] = factor * (0 if inner < 0 else inner)


cdef void squared_l1(double* r, int64_t n, double kappa) noexcept nogil:
    """Newton's steps from below, as in :class:`sgnn.penalties.exclusive.SquaredL1`."""
    cdef double count, total, square, last = n + 1.0
    cdef double threshold = kappa / (1 + kappa) * largest_of(r, n)
    while True:
        sums(r, n, threshold, &count, &total, &square)
        if count >= last:
            break
        last = count
        threshold += fmax((kappa * total - threshold) / (1 + kappa * count), 0)
    shrink(r, n, threshold, 1)


cdef void squared_l1_and_norm(double* r, int64_t n, double kappa, double theta) noexcept nogil:
    """The root of s = Σu (1 - θ/‖u‖)₊ with u = (r - κs)₊, by Newton's steps in a bracket."""
    cdef double count, total, square, norm, miss, target
    cdef double s = 0, low = 0, high = 0, factor = 0
    cdef int iteration
    for iteration in range(MOST_ITERATIONS):
        sums(r, n, kappa * s, &count, &total, &square)
        norm = sqrt(square)
        factor = 1 - theta / norm if norm > theta else 0
        miss = total * factor - s
        if iteration == 0:
            high = miss
        elif miss > 0:
            low = s
        else:
            high = s
        if miss <= 1e-14 * s and -miss <= 1e-14 * s:
            break
        target = s
        if norm > theta:
            miss /= 1 + kappa * (count * factor + theta * total * total / (square * norm))
            target = s + miss
        if not low <= target <= high:
            target = 0.5 * (low + high)
        if target == s:
            break
        s = target
    shrink(r, n, kappa * s, factor)


cdef void norm_difference(double* r, int64_t n, double area, double c) noexcept nogil:
    """As in :class:`sgnn.penalties.l1_minus_l2.NormDifference`."""
    cdef double count, total, square, largest = largest_of(r, n)
    if largest > area:
        sums(r, n, area, &count, &total, &square)
        shrink(r, n, area, 1 + c * area / sqrt(square))
    else:
        keep_largest(r, n, largest, largest - (1 - c) * area)


cdef inline void keep_largest(double* r, int64_t n, double largest, double value) noexcept nogil:
    """Set the first of the largest to a value, if that is positive, and all else to 0."""
    cdef int64_t k
    cdef bint is_found = value <= 0
    for k in range(n):
        if not is_found and r[k] == largest:
            r[k], is_found = value, True
        else:
            r[k] = 0


cdef void hoyer(double* r, const double* x, int64_t n, double area,
                double precision) noexcept nogil:
    """As in :class:`sgnn.penalties.hoyer.HoyerRatio`."""
    cdef int64_t k
    cdef int iteration
    cdef double count, total, square, target, p, rest, largest, norm = 0, ratio = 0
    cdef double at_zero, at_alone, at_shrunk
    if area == 0:
        return
    sums(x, n, 0, &count, &total, &square)
    largest, at_zero = largest_of(x, n), 0.5 * square
    p = 1 / fmax(sqrt(square), LEAST)
    for iteration in range(MOST_ITERATIONS):
        sums(x, n, area * p, &count, &total, &square)
        norm = sqrt(square)
        ratio = total / fmax(norm, LEAST)
        target = 1 / fmax(norm + area * p * ratio, LEAST)
        if norm == 0 or not target > p * (1 + precision):
            break
        p = target
    rest = 1 - area * p * p * ratio
    shrink(r, n, area * p, 1 / rest if norm > 0 and rest > 0 else 0)
    sums(r, n, 0, &count, &total, &square)
    at_shrunk = area * total / fmax(sqrt(square), LEAST)
    for k in range(n):
        at_shrunk += 0.5 * (r[k] - x[k]) * (r[k] - x[k])
    at_alone = at_zero - 0.5 * largest * largest + area
    if at_shrunk <= at_zero and at_shrunk <= at_alone:
        return
    for k in range(n):
        r[k] = x[k]
    keep_largest(r, n, largest, largest if at_alone < at_zero else 0)


cdef void hoyer_square(double* r, int64_t n, double kappa) noexcept nogil:
    """As in :class:`sgnn.penalties.hoyer.HoyerSquareRatio`."""
    cdef double count, total, square, first, second, spread, root, last = n + 1.0
    cdef double largest = largest_of(r, n)
    cdef double threshold = largest
    if largest > sqrt(2 * kappa):
        threshold = 2 * kappa / largest
    while True:
        sums(r, n, threshold, &count, &total, &square)
        square = fmax(square, total * total / fmax(count, 1))
        if count >= last:
            break
        last = count
        first = total + count * threshold
        second = square + threshold * (2 * total + count * threshold)
        spread = fmax(count * square - total * total, 0)
        root = sqrt((second - 2 * kappa * count) ** 2 + 8 * kappa * spread)
        root = 4 * kappa * first / fmax(second + 2 * kappa * count + root, LEAST)
        threshold = fmax(threshold, root)
    shrink(r, n, threshold, 1 + threshold * total / fmax(square, LEAST))
