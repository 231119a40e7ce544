# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
"""Proxes of functions of whole groups, each group a row of magnitudes."""

from libc.math cimport copysign, fabs, fmax, log1p, sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from sgnn.kernels._memory cimport address
from sgnn.kernels._real cimport magnitude, real
from sgnn.kernels._shapes cimport Term, prox as prox_of, value_of

import numpy as np

cdef enum RowShape:
    SQUARED_L1, NORM_DIFFERENCE, HOYER, HOYER_SQUARE, GRAPH, SPREAD_LOGARITHM

SHAPES = {
    "squared_l1": SQUARED_L1,
    "norm_difference": NORM_DIFFERENCE,
    "hoyer": HOYER,
    "hoyer_square": HOYER_SQUARE,
    "graph": GRAPH,
    "spread_logarithm": SPREAD_LOGARITHM,
}

cdef enum Kind:
    OF_ROWS, OF_NORMS, OF_BOTH

cdef double LEAST = 1e-300
cdef int N_ARRAYS = 5


cdef struct Graph:
    # A sparse matrix in CSR with a column for each member of a row, and a cost for each of its rows.
    int64_t n_rows
    const int64_t* starts
    const int64_t* columns
    const double* values
    const double* costs


cdef struct Steps:
    # Several, of the precision of the buffer, or one.
    const void* several
    double one


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
    groups : ndarray of int64, shape (n_rows,)
        Which of the steps is that of each row, where there are several.
    graph : tuple of csr_array and ndarray, or None
        What a shape of a graph needs, if the only row is that of its nodes: a matrix of shape
        (n_rows, n_nodes), and a cost for each of its rows.
    """

    cdef const int64_t[::1] entries, members, rows, groups
    cdef bint is_single
    cdef int64_t longest
    cdef Graph graph
    cdef int kind, shape
    cdef double parameter
    cdef Term fine, coarse
    cdef const double* factors
    cdef const double* of_norms
    cdef object _alive, _alive_too

    def __init__(self, entries, members, rows, groups, graph=None):
        self.entries, self.rows, self.groups = entries, rows, groups
        self.is_single = members is None
        self.members = rows if members is None else members
        self.longest = np.diff(rows).max(initial=0)
        if graph is not None:
            self._bind(*graph)

    def _bind(self, matrix, costs):
        cdef const int64_t[::1] starts = matrix.indptr.astype(np.int64)
        cdef const int64_t[::1] columns = matrix.indices.astype(np.int64)
        cdef const double[::1] values = matrix.data
        cdef const double[::1] of_rows = costs
        self._alive = starts, columns, values, of_rows
        self.graph = Graph(matrix.shape[0], &starts[0], &columns[0], &values[0], &of_rows[0])

    def penalise_rows(self, int shape, double parameter, const double[::1] factors,
                      const double[::1] of_norms):
        """Be the prox of a shape of whole rows from now on.

        Parameters
        ----------
        shape : int
            A value of `SHAPES`.
        parameter : float
            Of the shape.
        factors : ndarray of shape (n_rows,)
            Of the steps.
        of_norms : ndarray of shape (n_rows,), or None
            Factors of the steps for the Euclidean norm, which is added to the squared l1 norm.
        """
        self.kind, self.shape, self.parameter = OF_ROWS, shape, parameter
        self._alive_too = factors, of_norms
        self.factors, self.of_norms = &factors[0], NULL
        if of_norms is not None:
            self.of_norms = &of_norms[0]

    def penalise_norms(self, shape, const double[::1] factors):
        """Be the prox of a shape of the norms of rows of single weights from now on.

        Parameters
        ----------
        shape : tuple
            A value of ``_groups.SHAPES``, strength and parameter.
        factors : ndarray of shape (n_rows,)
            Of the steps.
        """
        self.kind, self.coarse = OF_NORMS, Term(shape[0], 1, shape[1], shape[2])
        self._alive_too, self.of_norms = factors, &factors[0]

    def penalise_both(self, fine, coarse, const double[::1] factors, const double[::1] of_norms):
        """Be the joint prox of a shape of single weights and one of the norms of their rows.

        Parameters
        ----------
        fine, coarse : tuple
            As `shape` of :meth:`penalise_norms`.
        factors : ndarray of shape (n_entries,)
            Of the steps, for the fine shape.
        of_norms : ndarray of shape (n_rows,)
            Of the steps, for the coarse shape.
        """
        self.kind, self.fine = OF_BOTH, Term(fine[0], 1, fine[1], fine[2])
        self.coarse = Term(coarse[0], 1, coarse[1], coarse[2])
        self._alive_too = factors, of_norms
        self.factors, self.of_norms = &factors[0], &of_norms[0]

    def prox(self, flat, step):
        """Apply the prox in place.

        Parameters
        ----------
        flat : torch.Tensor
        step : float, or torch.Tensor like `flat`
            One for all, or several.
        """
        cdef Steps steps = steps_of(step)
        cdef void* buffer = address(flat)
        cdef bint is_double = flat.element_size() == 8
        cdef double* r = numbers(N_ARRAYS * self.longest)
        with nogil:
            if is_double:
                prox(self, <double*> buffer, r, &steps)
            else:
                prox(self, <float*> buffer, r, &steps)
        free(r)

    def value(self, flat):
        """Return the value of the function, with steps of 1."""
        cdef void* buffer = address(flat)
        cdef bint is_double = flat.element_size() == 8
        cdef double found
        cdef double* r = numbers(N_ARRAYS * self.longest)
        with nogil:
            if is_double:
                found = value(self, <double*> buffer, r)
            else:
                found = value(self, <float*> buffer, r)
        free(r)
        return found


cdef double* numbers(int64_t n) except NULL:
    """Return memory for some numbers."""
    cdef double* found = <double*> malloc((n + 1) * sizeof(double))
    if found == NULL:
        raise MemoryError
    return found


cdef Steps steps_of(step):
    if getattr(step, "ndim", 0):
        return Steps(address(step), 0)
    return Steps(NULL, step)


cdef inline double step_of(const Steps* steps, Rows of, int64_t row, const real* like) noexcept nogil:
    """Return the step of a row."""
    return steps.one if steps.several == NULL else (<const real*> steps.several)[of.groups[row]]


cdef void prox(Rows of, real* flat, double* r, const Steps* steps) noexcept nogil:
    cdef int64_t row, n, first
    cdef double step, area, norm
    cdef double* before = r + of.longest
    cdef double* memory = before + of.longest
    # A change that single precision cannot show ends an iteration.
    cdef double precision = 1e-8 if real is float else 1e-15
    for row in range(of.rows.shape[0] - 1):
        first, n = of.rows[row], of.rows[row + 1] - of.rows[row]
        step = step_of(steps, of, row, flat)
        if of.kind == OF_NORMS:
            norm = r[0] = norm_at(flat, &of.entries[first], n)
            area = step * of.of_norms[row]
            prox_of(&of.coarse, r, &area, 1)
            scale_at(flat, &of.entries[first], n, r[0] / norm if norm > 0 else 0)
            continue
        gather(of, flat, row, n, before)
        if of.kind == OF_BOTH:
            nested(r, before, memory, n, &of.fine, &of.coarse, step, of.factors + first,
                   step * of.of_norms[row])
        else:
            area = step * of.factors[row]
            norm = step * of.of_norms[row] if of.of_norms != NULL else 0
            row_prox(of, r, before, n, area, norm, precision, memory)
        scatter(of, flat, row, n, before, r)


cdef void row_prox(Rows of, double* r, const double* x, int64_t n, double area, double of_norm,
                   double precision, double* memory) noexcept nogil:
    cdef int64_t k
    for k in range(n):
        r[k] = x[k]
    if of.shape == SQUARED_L1 and of.of_norms == NULL:
        squared_l1(r, n, area)
    elif of.shape == SQUARED_L1:
        squared_l1_and_norm(r, n, area, of_norm)
    elif of.shape == NORM_DIFFERENCE:
        norm_difference(r, n, area, of.parameter)
    elif of.shape == HOYER:
        hoyer(r, x, n, area, precision)
    elif of.shape == GRAPH:
        graph(r, x, n, area, of.parameter, precision, &of.graph, memory)
    elif of.shape == SPREAD_LOGARITHM:
        spread_logarithm(r, x, n, area, of.parameter, precision, &of.graph, memory)
    else:
        hoyer_square(r, n, area)


cdef double value(Rows of, const real* flat, double* r) noexcept nogil:
    cdef int64_t row, n, first, k
    cdef double total = 0
    for row in range(of.rows.shape[0] - 1):
        first, n = of.rows[row], of.rows[row + 1] - of.rows[row]
        if of.kind == OF_NORMS:
            total += of.of_norms[row] * value_of(&of.coarse, norm_at(flat, &of.entries[first], n))
            continue
        gather(of, flat, row, n, r)
        if of.kind == OF_BOTH:
            for k in range(n):
                total += of.factors[first + k] * value_of(&of.fine, r[k])
            total += of.of_norms[row] * value_of(&of.coarse, norm_of(r, n))
        else:
            total += of.factors[row] * row_value(of, r, n)
            total += of.of_norms[row] * norm_of(r, n) if of.of_norms != NULL else 0
    return total


include "_members.pxi"
include "_row_shapes.pxi"
include "_nested.pxi"
include "_graphs.pxi"
include "_split.pxi"
