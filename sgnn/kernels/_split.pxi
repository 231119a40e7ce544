"""The joint prox of two functions of rows that overlap."""

cdef int MOST_SPLITS = 50


cdef class Split:
    """As :class:`sgnn.proximal.joint.SplitProx`, of two.

    Parameters
    ----------
    first, last : Rows
    """

    cdef Rows first, last

    def __init__(self, Rows first, Rows last):
        self.first, self.last = first, last

    def prox(self, flat, step, duals):
        """Apply the prox in place.

        Parameters
        ----------
        flat : torch.Tensor
        step
            As in :meth:`Rows.prox`.
        duals : torch.Tensor like `flat`
            Of the last call; overwritten.
        """
        cdef Steps steps = steps_of(step)
        cdef void* buffer = address(flat)
        cdef void* of_first = address(duals)
        cdef bint is_double = flat.element_size() == 8
        cdef int64_t n = len(flat)
        cdef int64_t longest = max(self.first.longest, self.last.longest)
        cdef double* r = numbers(N_ARRAYS * longest + 5 * n)
        cdef void* memory = r + N_ARRAYS * longest
        with nogil:
            if is_double:
                split(self, <double*> buffer, <double*> of_first, n, &steps, r, <double*> memory)
            else:
                split(self, <float*> buffer, <float*> of_first, n, &steps, r, <float*> memory)
        free(r)


cdef void split(Split of, real* z, real* dual, int64_t n, const Steps* steps, double* r,
                real* memory) noexcept nogil:
    cdef real* x = memory
    cdef real* ahead = memory + n
    cdef real* before = memory + 2 * n
    cdef real* new = memory + 3 * n
    cdef real* shrunk = memory + 4 * n
    cdef int64_t j
    cdef int iteration
    cdef real factor
    cdef double slope, move, moved, largest = 0, momentum = 1, following = 1
    cdef double precision = 1e-7 if real is float else 1e-10
    for j in range(n):
        x[j], ahead[j] = z[j], dual[j]
        largest = magnitude(z[j]) if magnitude(z[j]) > largest else largest
    for iteration in range(MOST_SPLITS):
        for j in range(n):
            before[j] = z[j]
            z[j] = x[j] - ahead[j]
        prox(of.last, z, r, steps)
        for j in range(n):
            new[j] = shrunk[j] = ahead[j] + z[j]
        prox(of.first, shrunk, r, steps)
        slope = moved = 0
        for j in range(n):
            new[j] -= shrunk[j]
            slope += (ahead[j] - new[j]) * (new[j] - dual[j])
            move = magnitude(z[j] - before[j])
            moved = move if move > moved else moved
        following = 1 if slope > 0 else 0.5 + sqrt(0.25 + momentum * momentum)
        factor = <real> (0 if slope > 0 else (momentum - 1) / following)
        for j in range(n):
            ahead[j] = new[j] + factor * (new[j] - dual[j])
            dual[j] = new[j]
        momentum = following
        if not moved > precision * largest:
            break
    for j in range(n):
        if shrunk[j] == 0:
            z[j] = 0
