"""Proxes of functions of the norms of all nodes of a graph."""

cdef int MOST_ROUNDS = 1000


cdef inline double product(const Graph* of, int64_t row, const double* x) noexcept nogil:
    """Return a row of the matrix times x."""
    cdef int64_t k
    cdef double total = 0
    for k in range(of.starts[row], of.starts[row + 1]):
        total += of.values[k] * x[of.columns[k]]
    return total


cdef void graph(double* z, const double* x, int64_t n, double area, double smoothing,
                double precision, const Graph* of, double* memory) noexcept nogil:
    """As in :class:`sgnn.penalties.graph.GraphShape`, of norms."""
    cdef double* degrees = memory
    cdef double* ahead = memory + n
    cdef double* moves = memory + 2 * n
    cdef double kappa = area * smoothing, least = precision * largest_of(x, n)
    cdef double root, pull, change, momentum = 0
    cdef int64_t i, k
    cdef int iteration
    for i in range(n):
        ahead[i] = x[i]
        degrees[i] = 0
        for k in range(of.starts[i], of.starts[i + 1]):
            degrees[i] += kappa * of.values[k] if of.columns[k] == i else 0
    root = sqrt(1 + 2 * largest_of(degrees, n))
    for iteration in range(MOST_ROUNDS):
        change = 0
        for i in range(n):
            pull = x[i] + kappa * product(of, i, ahead) - area * of.costs[i]
            pull = 0 if pull < 0 or x[i] == 0 else pull / (1 + 2 * degrees[i])
            moves[i] = pull - z[i]
            change = fabs(moves[i]) if fabs(moves[i]) > change else change
            z[i] = pull
        if not change > least and momentum == 0:
            break
        momentum = (root - 1) / (root + 1) if change > 30 * least else 0
        for i in range(n):
            ahead[i] = z[i] + momentum * moves[i]


cdef double graph_value(const double* r, int64_t n, double smoothing,
                        const Graph* of) noexcept nogil:
    """Return the value at strength 1."""
    cdef int64_t i, k
    cdef double pull, total = 0
    for i in range(n):
        pull = 0
        for k in range(of.starts[i], of.starts[i + 1]):
            pull += of.values[k] * (r[i] if of.columns[k] == i else -r[of.columns[k]])
        total += of.costs[i] * r[i] + 0.5 * smoothing * r[i] * pull
    return total


cdef void spread_logarithm(double* r, const double* x, int64_t n, double area, double eps,
                           double precision, const Graph* of, double* memory) noexcept nogil:
    """As in :class:`sgnn.penalties.graph_log_sum.SpreadLogarithm`."""
    cdef double* other = memory
    cdef double least = precision * largest_of(x, n)
    cdef int64_t i
    for i in range(n):
        other[i] = 0
    descend(r, x, n, area, eps, least, of, memory + n)
    descend(other, x, n, area, eps, least, of, memory + n)
    if objective(other, x, n, area, eps, of) < objective(r, x, n, area, eps, of):
        for i in range(n):
            r[i] = other[i]


cdef void descend(double* r, const double* x, int64_t n, double area, double eps, double least,
                  const Graph* of, double* target) noexcept nogil:
    cdef int64_t i, k
    cdef int iteration
    cdef double slope, move, change
    for iteration in range(MOST_ROUNDS):
        for i in range(n):
            target[i] = x[i]
        for i in range(of.n_rows):
            slope = area * of.costs[i] / (product(of, i, r) / eps + 1)
            for k in range(of.starts[i], of.starts[i + 1]):
                target[of.columns[k]] -= slope * of.values[k]
        change = 0
        for i in range(n):
            target[i] = 0 if target[i] < 0 else target[i]
            move = fabs(target[i] - r[i])
            change = move if move > change else change
            r[i] = target[i]
        if not change > least:
            break


cdef double objective(const double* r, const double* x, int64_t n, double area, double eps,
                      const Graph* of) noexcept nogil:
    cdef int64_t i
    cdef double half = 0
    for i in range(n):
        half += 0.5 * (r[i] - x[i]) * (r[i] - x[i])
    return half + area * eps * sum_of_logarithms(r, eps, of)


cdef double sum_of_logarithms(const double* r, double eps, const Graph* of) noexcept nogil:
    cdef int64_t i
    cdef double total = 0
    for i in range(of.n_rows):
        total += of.costs[i] * log1p(product(of, i, r) / eps)
    return total
