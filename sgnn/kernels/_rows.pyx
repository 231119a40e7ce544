# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
"""Proxes of functions of whole groups, each group a row of magnitudes."""

from libc.math cimport copysign, fabs, fmax, sqrt
from libc.stdint cimport int64_t, uintptr_t
from libc.stdlib cimport free, malloc

from sgnn.kernels._real cimport magnitude, real
from sgnn.kernels._shapes cimport Term, prox as prox_of, value_of

import numpy as np

cdef enum RowShape:
    SQUARED_L1, NORM_DIFFERENCE, HOYER, HOYER_SQUARE

SHAPES = {
    "squared_l1": SQUARED_L1,
    "norm_difference": NORM_DIFFERENCE,
    "hoyer": HOYER,
    "hoyer_square": HOYER_SQUARE,
}

cdef double LEAST = 1e-300, LEAST_SHARE = 1e-9
cdef int MOST_ITERATIONS = 100, MOST_STEPS = 60


cdef class Rows:
    """Groups of the entries of a flat buffer, seen as rows of magnitudes.

    Parameters
    ----------
    entries : ndarray of int64, shape (n_entries,)
        Places in the buffer, member by member and row by row; those of a member rise.
    members : ndarray of int64, shape (n_members + 1,), or None
        Where each member starts in `entries`; its magnitude is its norm. None makes each entry a
        member.
    rows : ndarray of int64, shape (n_rows + 1,)
        The first member of each row.
    """

    cdef const int64_t[::1] entries, members, rows
    cdef bint is_single
    cdef int64_t longest

    def __init__(self, entries, members, rows):
        self.entries, self.rows = entries, rows
        self.is_single = members is None
        self.members = rows if members is None else members
        self.longest = np.diff(rows).max(initial=0)

    def prox(self, flat, int shape, double parameter, const double[::1] areas,
             const double[::1] thresholds):
        """Apply the prox of a shape in place.

        Parameters
        ----------
        flat : torch.Tensor
        shape : int
            A value of `SHAPES`.
        parameter : float
            Of the shape.
        areas : ndarray of shape (n_rows,)
            Step times strength.
        thresholds : ndarray of shape (n_rows,), or None
            Factors of the Euclidean norm, which is added to the squared l1 norm.
        """
        cdef void* buffer = <void*> <uintptr_t> flat.data_ptr()
        cdef bint is_double = flat.element_size() == 8
        cdef const double* norms = NULL
        cdef const double* sizes = &areas[0]
        cdef double* r = <double*> malloc((2 * self.longest + 1) * sizeof(double))
        if r == NULL:
            raise MemoryError
        if thresholds is not None:
            norms = &thresholds[0]
        with nogil:
            if is_double:
                prox(self, <double*> buffer, r, shape, parameter, sizes, norms)
            else:
                prox(self, <float*> buffer, r, shape, parameter, sizes, norms)
        free(r)


    def nested_prox(self, flat, fine, coarse, const double[::1] steps, const double[::1] factors,
                    const double[::1] of_norms):
        """Apply the joint prox of a shape of single weights and one of the norms of rows in place.

        Parameters
        ----------
        flat : torch.Tensor
        fine, coarse : tuple
            Shape, a value of ``_groups.SHAPES``, strength and parameter.
        steps : ndarray of shape (n_rows,)
        factors : ndarray of shape (n_entries,)
            Of the steps, for the fine shape.
        of_norms : ndarray of shape (n_rows,)
            Of the steps, for the coarse shape.
        """
        cdef void* buffer = <void*> <uintptr_t> flat.data_ptr()
        cdef bint is_double = flat.element_size() == 8
        cdef Term of_fine = Term(fine[0], 1, fine[1], fine[2])
        cdef Term of_coarse = Term(coarse[0], 1, coarse[1], coarse[2])
        cdef double* r = <double*> malloc((3 * self.longest + 1) * sizeof(double))
        if r == NULL:
            raise MemoryError
        with nogil:
            if is_double:
                nested_prox(self, <double*> buffer, r, &of_fine, &of_coarse, &steps[0], &factors[0],
                            &of_norms[0])
            else:
                nested_prox(self, <float*> buffer, r, &of_fine, &of_coarse, &steps[0], &factors[0],
                            &of_norms[0])
        free(r)


cdef void nested_prox(Rows of, real* flat, double* r, const Term* fine, const Term* coarse,
                      const double* steps, const double* factors,
                      const double* of_norms) noexcept nogil:
    cdef int64_t row, n, first
    cdef double* before = r + of.longest
    for row in range(of.rows.shape[0] - 1):
        first, n = of.rows[row], of.rows[row + 1] - of.rows[row]
        gather(of, flat, row, n, before)
        nested(r, before, before + of.longest, n, fine, coarse, steps[row], factors + first,
               steps[row] * of_norms[row])
        scatter(of, flat, row, n, before, r)


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


cdef void prox(Rows of, real* flat, double* r, int shape, double parameter,
               const double* areas, const double* thresholds) noexcept nogil:
    cdef int64_t row, n, k
    cdef double* before = r + of.longest
    # A change that single precision cannot show ends an iteration.
    cdef double precision = 1e-8 if real is float else 1e-15
    for row in range(of.rows.shape[0] - 1):
        n = of.rows[row + 1] - of.rows[row]
        gather(of, flat, row, n, before)
        for k in range(n):
            r[k] = before[k]
        if shape == SQUARED_L1 and thresholds == NULL:
            squared_l1(r, n, areas[row])
        elif shape == SQUARED_L1:
            squared_l1_and_norm(r, n, areas[row], thresholds[row])
        elif shape == NORM_DIFFERENCE:
            norm_difference(r, n, areas[row], parameter)
        elif shape == HOYER:
            hoyer(r, before, n, areas[row], precision)
        else:
            hoyer_square(r, n, areas[row])
        scatter(of, flat, row, n, before, r)


cdef inline void gather(Rows of, const real* flat, int64_t row, int64_t n,
                        double* out) noexcept nogil:
    cdef int64_t k, j, first = of.rows[row]
    cdef const int64_t* entries = &of.entries[0]
    cdef double w
    if of.is_single:
        if is_contiguous(entries + first, n):
            flat += entries[first]
            for k in range(n):
                out[k] = magnitude(flat[k])
        else:
            for k in range(n):
                out[k] = magnitude(flat[entries[first + k]])
        return
    for k in range(n):
        out[k] = 0
        for j in range(of.members[first + k], of.members[first + k + 1]):
            w = flat[entries[j]]
            out[k] += w * w
        out[k] = sqrt(out[k])


cdef inline void scatter(Rows of, real* flat, int64_t row, int64_t n, const double* before,
                         const double* r) noexcept nogil:
    cdef int64_t k, j, first = of.rows[row]
    cdef const int64_t* entries = &of.entries[0]
    cdef double factor
    cdef real* w
    if of.is_single:
        if is_contiguous(entries + first, n):
            flat += entries[first]
            for k in range(n):
                flat[k] = <real> copysign(r[k], flat[k])
        else:
            for k in range(n):
                w = flat + entries[first + k]
                w[0] = <real> copysign(r[k], w[0])
        return
    for k in range(n):
        factor = r[k] / before[k] if before[k] > 0 else 0
        for j in range(of.members[first + k], of.members[first + k + 1]):
            flat[entries[j]] *= <real> factor


cdef inline bint is_contiguous(const int64_t* places, int64_t n) noexcept nogil:
    """Whether rising places are next to each other."""
    return n > 0 and places[n - 1] - places[0] == n - 1


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
