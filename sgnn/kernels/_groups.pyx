# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
"""Steps of optimisers whose second moments are shared in groups, and what a prox needs of them."""

from libc.stdint cimport int64_t

from sgnn.kernels._memory cimport address
from sgnn.kernels._real cimport real, root
from sgnn.kernels._shapes cimport (
    CAPPED, COUNT, LOG_SUM, MCP, NOTHING, SCAD, SOFT, SQUARE_ROOT, TRANSFORMED_L1, TWO_THIRDS, Term,
)
from sgnn.kernels._steps cimport (
    adam_entries, move_row, part, sgd_entries, shrink, soft, sum_of_squares, sum_of_values,
)

cdef enum Kind:
    ENTRIES, ROWS, COLUMNS

KINDS = {"entries": ENTRIES, "rows": ROWS, "columns": COLUMNS}
SHAPES = {
    "soft": SOFT, "capped": CAPPED, "count": COUNT, "log_sum": LOG_SUM, "mcp": MCP, "scad": SCAD,
    "transformed_l1": TRANSFORMED_L1, "square_root": SQUARE_ROOT, "two_thirds": TWO_THIRDS,
}


cdef class Groups:
    """The groups of the weights of a dense network, and memory for one number per group.

    Parameters
    ----------
    sizes : sequence of int
        Units per layer, inputs first.
    theta, gradient : torch.Tensor
        Flat buffers as in :class:`sgnn.networks.parameters.Parameters`.
    kind : int
        A value of `KINDS`: single weights, rows of the weight matrices, or their columns.
    row_groups : torch.Tensor of int64, or None
        The group of each row of each matrix, counted in each matrix; None makes each row a group.
    n_groups : list of int
        Per matrix.
    with_bias : bool
        Whether a bias belongs to the group of its column, or to the only group of the matrix.
    units, bias_units : list of float
        Per matrix: its unit, and that of its biases.
    steps, norms, factors : torch.Tensor of shape (n_groups,), or None
        Overwritten with the steps of the groups and their norms after a move; and what `scale`
        multiplies them by. None for single weights.
    entry_factors : torch.Tensor of shape (n_weights,), or None
    group_factors : torch.Tensor of shape (n_groups,), or None
        Factors of the steps in the proxes of single weights and of norms.
    """

    cdef int n_layers, kind
    cdef bint is_double, with_bias
    cdef int[64] sizes
    cdef int64_t[64] weight, bias, first, first_row, n_groups
    cdef double[64] units, bias_units
    cdef void* theta
    cdef void* gradient
    cdef void* steps
    cdef void* norms
    cdef void* factors
    cdef void* entry_factors
    cdef void* group_factors
    cdef Term of_entries, of_groups
    cdef const int64_t* row_groups
    cdef object _alive

    def __init__(self, sizes, theta, gradient, *, int kind, row_groups, n_groups, bint with_bias,
                 units, bias_units, steps, norms, factors, entry_factors, group_factors):
        cdef int index
        cdef int64_t n_weights = 0, n_biases = 0, n_rows = 0, n = 0
        self._alive = (
            theta, gradient, row_groups, steps, norms, factors, entry_factors, group_factors
        )
        self.n_layers, self.kind, self.with_bias = len(sizes) - 1, kind, with_bias
        self.is_double = theta.element_size() == 8
        self.theta, self.gradient = address(theta), address(gradient)
        self.steps, self.norms, self.factors = address(steps), address(norms), address(factors)
        self.entry_factors, self.group_factors = address(entry_factors), address(group_factors)
        self.of_entries = self.of_groups = Term(NOTHING, 0, 0, 0)
        self.row_groups = <const int64_t*> address(row_groups)
        for index, size in enumerate(sizes):
            self.sizes[index] = size
        for index in range(self.n_layers):
            self.units[index], self.bias_units[index] = units[index], bias_units[index]
            self.weight[index], self.first[index], self.first_row[index] = n_weights, n, n_rows
            self.n_groups[index] = n_groups[index]
            n_weights += <int64_t> self.sizes[index] * self.sizes[index + 1]
            n_rows += self.sizes[index]
            n += n_groups[index]
        for index in range(self.n_layers):
            self.bias[index] = n_weights + n_biases
            n_biases += self.sizes[index + 1]

    def write_norms(self):
        """Write the norms of the groups."""
        cdef int layer
        with nogil:
            for layer in range(self.n_layers):
                if self.is_double:
                    write_norms(self, <double*> self.theta, layer)
                else:
                    write_norms(self, <float*> self.theta, layer)

    def penalise_entries(self, double factor, int shape, double strength, double parameter):
        """Apply the prox of a shape to single weights with each move from now on.

        Parameters
        ----------
        factor : float
            Of the steps.
        shape : int
            A value of `SHAPES`. On more than single weights only the soft threshold is known.
        strength, parameter : float
            Of the shape.
        """
        self.of_entries = Term(shape, factor, strength, parameter)

    def penalise_groups(self, double factor, int shape, double strength, double parameter):
        """Apply the prox of a shape to the norms of groups with each move, after that."""
        self.of_groups = Term(shape, factor, strength, parameter)

    def value(self):
        """Return what both are at the weights that there are; may overwrite norms."""
        cdef double total = 0
        with nogil:
            if self.is_double:
                total = value(self, <double*> self.theta)
            else:
                total = value(self, <float*> self.theta)
        return total

    def scale(self):
        """Multiply each group by its factor."""
        with nogil:
            if self.is_double:
                scale(self, <double*> self.theta)
            else:
                scale(self, <float*> self.theta)


cdef int64_t n_groups(Groups of) noexcept nogil:
    return of.first[of.n_layers - 1] + of.n_groups[of.n_layers - 1]


cdef double value(Groups of, const real* theta) noexcept nogil:
    cdef double total = 0
    cdef int layer
    if of.of_entries.shape != NOTHING:
        total += sum_of_values(&of.of_entries, theta, <real*> of.entry_factors, of.bias[0])
    if of.of_groups.shape != NOTHING:
        for layer in range(of.n_layers):
            write_norms(of, theta, layer)
        total += sum_of_values(&of.of_groups, <real*> of.norms, <real*> of.group_factors,
                               n_groups(of))
    return total


cdef void write_squares(Groups of, const real* values, int layer, real* out) noexcept nogil:
    """Write the sum of squares of each group of a layer of a flat buffer."""
    cdef const real* row = values + of.weight[layer]
    cdef const real* bias = values + of.bias[layer]
    cdef const int64_t* group = NULL
    cdef int r, j, n_out = of.sizes[layer + 1]
    cdef int64_t k
    for k in range(of.n_groups[layer]):
        out[k] = 0
    if of.row_groups != NULL:
        group = of.row_groups + of.first_row[layer]
    for r in range(of.sizes[layer]):
        if of.kind == COLUMNS:
            for j in range(n_out):
                out[j] += row[j] * row[j]
        else:
            out[r if group == NULL else group[r]] += sum_of_squares(row, n_out)
        row += n_out
    if of.with_bias and of.kind == COLUMNS:
        for j in range(n_out):
            out[j] += bias[j] * bias[j]
    elif of.with_bias:
        out[0] += sum_of_squares(bias, n_out)


cdef void write_norms(Groups of, const real* theta, int layer) noexcept nogil:
    cdef real* norms = <real*> of.norms + of.first[layer]
    cdef int64_t k
    write_squares(of, theta, layer, norms)
    for k in range(of.n_groups[layer]):
        norms[k] = root(norms[k])


cdef void shrink_groups(Groups of, real* theta) noexcept nogil:
    """Apply the prox to the norms that a move has left."""
    cdef const real* norms = <const real*> of.norms
    cdef real* factors = <real*> of.factors
    cdef int64_t k, n = n_groups(of)
    if of.of_groups.shape == NOTHING:
        return
    shrink(&of.of_groups, norms, <real*> of.steps, 1, <real*> of.group_factors, n, factors)
    for k in range(n):
        factors[k] = factors[k] / norms[k] if norms[k] != 0 else 0
    scale(of, theta)


cdef void scale(Groups of, real* theta) noexcept nogil:
    cdef const real* factors
    cdef const int64_t* group
    cdef real* row
    cdef real factor
    cdef int layer, r, j, n_out
    for layer in range(of.n_layers):
        n_out, row = of.sizes[layer + 1], theta + of.weight[layer]
        factors = <real*> of.factors + of.first[layer]
        group = NULL
        if of.row_groups != NULL:
            group = of.row_groups + of.first_row[layer]
        for r in range(of.sizes[layer]):
            if of.kind == COLUMNS:
                for j in range(n_out):
                    row[j] *= factors[j]
            else:
                factor = factors[r if group == NULL else group[r]]
                if factor != 1:
                    for j in range(n_out):
                        row[j] *= factor
            row += n_out
        if of.with_bias:
            row = theta + of.bias[layer]
            for j in range(n_out):
                row[j] *= factors[j if of.kind == COLUMNS else 0]


include "_adam.pxi"
include "_sgd.pxi"
