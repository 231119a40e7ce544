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
    cdef object _alive

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

    cdef double* memory(self) except NULL:
        """Return memory for some numbers per member of a row."""
        cdef double* found = <double*> malloc((N_ARRAYS * self.longest + 1) * sizeof(double))
        if found == NULL:
            raise MemoryError
        return found

    def prox(self, flat, step, int shape, double parameter, const double[::1] factors,
             const double[::1] of_norms):
        """Apply the prox of a shape in place.

        Parameters
        ----------
        flat : torch.Tensor
        step : float, or torch.Tensor like `flat`
            One for all, or several.
        shape : int
            A value of `SHAPES`.
        parameter : float
            Of the shape.
        factors : ndarray of shape (n_rows,)
            Of the steps.
        of_norms : ndarray of shape (n_rows,), or None
            Factors of the steps for the Euclidean norm, which is added to the squared l1 norm.
        """
        cdef Steps steps = steps_of(step)
        cdef void* buffer = address(flat)
        cdef bint is_double = flat.element_size() == 8
        cdef const double* norms = NULL
        cdef double* r = self.memory()
        if of_norms is not None:
            norms = &of_norms[0]
        with nogil:
            if is_double:
                prox(self, <double*> buffer, r, &steps, shape, parameter, &factors[0], norms)
            else:
                prox(self, <float*> buffer, r, &steps, shape, parameter, &factors[0], norms)
        free(r)

    def value(self, flat, int shape, double parameter, const double[::1] factors,
              const double[::1] of_norms):
        """Return the value of the function that :meth:`prox` is of, with steps of 1."""
        cdef void* buffer = address(flat)
        cdef bint is_double = flat.element_size() == 8
        cdef const double* norms = NULL
        cdef double found
        cdef double* r = self.memory()
        if of_norms is not None:
            norms = &of_norms[0]
        with nogil:
            if is_double:
                found = value(self, <double*> buffer, r, shape, parameter, &factors[0], norms)
            else:
                found = value(self, <float*> buffer, r, shape, parameter, &factors[0], norms)
        free(r)
        return found

    def norm_prox(self, flat, step, shape, const double[::1] factors):
        """Apply the prox of a shape to the norms of rows of single weights in place.

        Parameters
        ----------
        flat, step
            As in :meth:`prox`.
        shape : tuple
            A value of ``_groups.SHAPES``, strength and parameter.
        factors : ndarray of shape (n_rows,)
            Of the steps.
        """
        cdef Steps steps = steps_of(step)
        cdef void* buffer = address(flat)
        cdef bint is_double = flat.element_size() == 8
        cdef Term term = Term(shape[0], 1, shape[1], shape[2])
        with nogil:
            if is_double:
                norm_prox(self, <double*> buffer, &steps, &term, &factors[0])
            else:
                norm_prox(self, <float*> buffer, &steps, &term, &factors[0])

    def norm_value(self, flat, shape, const double[::1] factors):
        """Return the value of the function that :meth:`norm_prox` is of, with steps of 1."""
        cdef void* buffer = address(flat)
        cdef bint is_double = flat.element_size() == 8
        cdef Term term = Term(shape[0], 1, shape[1], shape[2])
        cdef double found
        with nogil:
            if is_double:
                found = norm_value(self, <double*> buffer, &term, &factors[0])
            else:
                found = norm_value(self, <float*> buffer, &term, &factors[0])
        return found

    def nested_prox(self, flat, step, fine, coarse, const double[::1] factors,
                    const double[::1] of_norms):
        """Apply the joint prox of a shape of single weights and one of the norms of rows in place.

        Parameters
        ----------
        flat, step
            As in :meth:`prox`.
        fine, coarse : tuple
            As `shape` of :meth:`norm_prox`.
        factors : ndarray of shape (n_entries,)
            Of the steps, for the fine shape.
        of_norms : ndarray of shape (n_rows,)
            Of the steps, for the coarse shape.
        """
        cdef Steps steps = steps_of(step)
        cdef void* buffer = address(flat)
        cdef bint is_double = flat.element_size() == 8
        cdef Term of_fine = Term(fine[0], 1, fine[1], fine[2])
        cdef Term of_coarse = Term(coarse[0], 1, coarse[1], coarse[2])
        cdef double* r = self.memory()
        with nogil:
            if is_double:
                nested_prox(self, <double*> buffer, r, &steps, &of_fine, &of_coarse, &factors[0],
                            &of_norms[0])
            else:
                nested_prox(self, <float*> buffer, r, &steps, &of_fine, &of_coarse, &factors[0],
                            &of_norms[0])
        free(r)


cdef Steps steps_of(step):
    if getattr(step, "ndim", 0):
        return Steps(address(step), 0)
    return Steps(NULL, step)


cdef inline double step_of(const Steps* steps, Rows of, int64_t row, const real* like) noexcept nogil:
    """Return the step of a row."""
    return steps.one if steps.several == NULL else (<const real*> steps.several)[of.groups[row]]


cdef void prox(Rows of, real* flat, double* r, const Steps* steps, int shape, double parameter,
               const double* factors, const double* of_norms) noexcept nogil:
    cdef int64_t row, n, k
    cdef double step, area
    cdef double* before = r + of.longest
    # A change that single precision cannot show ends an iteration.
    cdef double precision = 1e-8 if real is float else 1e-15
    for row in range(of.rows.shape[0] - 1):
        n = of.rows[row + 1] - of.rows[row]
        gather(of, flat, row, n, before)
        for k in range(n):
            r[k] = before[k]
        step = step_of(steps, of, row, flat)
        area = step * factors[row]
        if shape == SQUARED_L1 and of_norms == NULL:
            squared_l1(r, n, area)
        elif shape == SQUARED_L1:
            squared_l1_and_norm(r, n, area, step * of_norms[row])
        elif shape == NORM_DIFFERENCE:
            norm_difference(r, n, area, parameter)
        elif shape == HOYER:
            hoyer(r, before, n, area, precision)
        elif shape == GRAPH:
            graph(r, before, n, area, parameter, precision, &of.graph, before + of.longest)
        elif shape == SPREAD_LOGARITHM:
            spread_logarithm(r, before, n, area, parameter, precision, &of.graph,
                             before + of.longest)
        else:
            hoyer_square(r, n, area)
        scatter(of, flat, row, n, before, r)


cdef void norm_prox(Rows of, real* flat, const Steps* steps, const Term* term,
                    const double* factors) noexcept nogil:
    cdef int64_t row, first, n
    cdef double norm, shrunk, area
    for row in range(of.rows.shape[0] - 1):
        first, n = of.rows[row], of.rows[row + 1] - of.rows[row]
        norm = shrunk = norm_at(flat, &of.entries[first], n)
        area = step_of(steps, of, row, flat) * factors[row]
        prox_of(term, &shrunk, &area, 1)
        scale_at(flat, &of.entries[first], n, shrunk / norm if norm > 0 else 0)


cdef void nested_prox(Rows of, real* flat, double* r, const Steps* steps, const Term* fine,
                      const Term* coarse, const double* factors,
                      const double* of_norms) noexcept nogil:
    cdef int64_t row, n, first
    cdef double step
    cdef double* before = r + of.longest
    for row in range(of.rows.shape[0] - 1):
        first, n = of.rows[row], of.rows[row + 1] - of.rows[row]
        gather(of, flat, row, n, before)
        step = step_of(steps, of, row, flat)
        nested(r, before, before + of.longest, n, fine, coarse, step, factors + first,
               step * of_norms[row])
        scatter(of, flat, row, n, before, r)


cdef double value(Rows of, const real* flat, double* r, int shape, double parameter,
                  const double* factors, const double* of_norms) noexcept nogil:
    cdef int64_t row, n
    cdef double found, total = 0
    for row in range(of.rows.shape[0] - 1):
        n = of.rows[row + 1] - of.rows[row]
        gather(of, flat, row, n, r)
        if shape == GRAPH:
            found = graph_value(r, n, parameter, &of.graph)
        elif shape == SPREAD_LOGARITHM:
            found = parameter * sum_of_logarithms(r, parameter, &of.graph)
        else:
            found = row_value(r, n, shape, parameter)
        total += factors[row] * found
        if of_norms != NULL:
            total += of_norms[row] * norm_of(r, n)
    return total


cdef double norm_value(Rows of, const real* flat, const Term* term,
                       const double* factors) noexcept nogil:
    cdef int64_t row, first
    cdef double total = 0
    for row in range(of.rows.shape[0] - 1):
        first = of.rows[row]
        total += factors[row] * value_of(
            term, norm_at(flat, &of.entries[first], of.rows[row + 1] - first)
        )
    return total


include "_members.pxi"
include "_row_shapes.pxi"
include "_nested.pxi"
include "_graphs.pxi"
