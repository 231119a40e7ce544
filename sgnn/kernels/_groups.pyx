# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
"""Steps of optimisers whose second moments are shared in groups, and what a prox needs of them."""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from sgnn.kernels._memory cimport address
from sgnn.kernels._real cimport magnitude, real, root

cdef enum Kind:
    ENTRIES, ROWS, COLUMNS

KINDS = {"entries": ENTRIES, "rows": ROWS, "columns": COLUMNS}


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
    l1_factors : torch.Tensor of shape (n_weights,), or None
        Factors of the steps in the prox of single weights.
    group_factors : torch.Tensor of shape (n_groups,), or None
        Factors of the steps in `shrink`.
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
    cdef void* l1_factors
    cdef void* group_factors
    cdef const int64_t* row_groups
    cdef object _alive

    def __init__(self, sizes, theta, gradient, *, int kind, row_groups, n_groups, bint with_bias,
                 units, bias_units, steps, norms, factors, l1_factors, group_factors):
        cdef int index
        cdef int64_t n_weights = 0, n_biases = 0, n_rows = 0, n = 0
        self._alive = theta, gradient, row_groups, steps, norms, factors, l1_factors, group_factors
        self.n_layers, self.kind, self.with_bias = len(sizes) - 1, kind, with_bias
        self.is_double = theta.element_size() == 8
        self.theta, self.gradient = address(theta), address(gradient)
        self.steps, self.norms, self.factors = address(steps), address(norms), address(factors)
        self.l1_factors, self.group_factors = address(l1_factors), address(group_factors)
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

    def value_of_groups(self, double l1, double l2):
        """Return the sum of ``l1 |w| + l2 |w|²/2`` over the groups, and write their norms."""
        cdef int64_t last = self.n_layers - 1
        cdef int64_t n = self.first[last] + self.n_groups[last]
        self.write_norms()
        if self.is_double:
            return value(<double*> self.norms, <double*> self.group_factors, n, l1, l2)
        return value(<float*> self.norms, <float*> self.group_factors, n, l1, l2)

    def value_of_entries(self, double l1, double l2):
        """Return the sum of ``l1 |w| + l2 w²/2`` over single weights."""
        if self.is_double:
            return value(<double*> self.theta, <double*> self.l1_factors, self.bias[0], l1, l2)
        return value(<float*> self.theta, <float*> self.l1_factors, self.bias[0], l1, l2)

    def shrink(self, double l1, double l2):
        """Apply the prox of ``l1 |w| + l2 |w|²/2`` to the norms that a move has left."""
        with nogil:
            if self.is_double:
                shrink(self, <double*> self.norms, l1, l2)
                scale(self, <double*> self.theta)
            else:
                shrink(self, <float*> self.norms, <float> l1, <float> l2)
                scale(self, <float*> self.theta)

    def scale(self):
        """Multiply each group by its factor."""
        with nogil:
            if self.is_double:
                scale(self, <double*> self.theta)
            else:
                scale(self, <float*> self.theta)


cdef double value(const real* x, const real* factors, int64_t n, double l1,
                  double l2) noexcept nogil:
    cdef double sizes = 0, squares = 0, factor
    cdef int64_t j
    for j in range(n):
        factor = 1 if factors == NULL else factors[j]
        sizes += factor * magnitude(x[j])
        squares += factor * x[j] * x[j]
    return l1 * sizes + 0.5 * l2 * squares


cdef class Adam(Groups):
    """Steps of Adam.

    Parameters
    ----------
    mean, square : torch.Tensor
        Flat buffers of the moments.
    group_square, inverse_sizes, group_units, epsilons : torch.Tensor of shape (n_groups,), or None
        Second moments of the groups, and what belongs to them.
    layer_epsilons, bias_epsilons : list of float
        Per matrix, for what shares no second moment.
    entry_steps : torch.Tensor of shape (n_weights,), or None
        Overwritten with the steps of single weights.
    """

    cdef double[64] layer_epsilons, bias_epsilons
    cdef void* mean
    cdef void* square
    cdef void* group_square
    cdef void* inverse_sizes
    cdef void* group_units
    cdef void* epsilons
    cdef void* entry_steps
    cdef object _alive_too

    def bind(self, mean, square, group_square, inverse_sizes, group_units, epsilons, layer_epsilons,
             bias_epsilons, entry_steps):
        self._alive_too = (
            mean, square, group_square, inverse_sizes, group_units, epsilons, entry_steps
        )
        self.mean, self.square = address(mean), address(square)
        self.group_square, self.inverse_sizes = address(group_square), address(inverse_sizes)
        self.group_units, self.epsilons = address(group_units), address(epsilons)
        self.entry_steps = address(entry_steps)
        for index in range(self.n_layers):
            self.layer_epsilons[index] = layer_epsilons[index]
            self.bias_epsilons[index] = bias_epsilons[index]

    def move(self, double rate, double toward, double beta_2, double correction, double debias,
             double l1, double l2):
        """Take a step; then, on single weights, the prox of ``l1 |w| + l2 w²/2``.

        Parameters
        ----------
        rate : float
        toward : float
            1 minus the decay of the first moment.
        beta_2 : float
        correction : float
            The square root of the bias correction of second moments.
        debias : float
            What corrects the bias of first moments.
        l1, l2 : float
        """
        with nogil:
            if self.is_double:
                adam(self, <double*> self.theta, rate, toward, beta_2, correction, debias, l1, l2)
            else:
                adam(self, <float*> self.theta, <float> rate, <float> toward, <float> beta_2,
                     <float> correction, <float> debias, <float> l1, <float> l2)


cdef void adam(Adam of, real* theta, real rate, real toward, real beta_2, real correction,
               real debias, real l1, real l2) noexcept nogil:
    cdef real* gradient = <real*> of.gradient
    cdef real* mean = <real*> of.mean
    cdef real* square = <real*> of.square
    cdef real* l1_factors = <real*> of.l1_factors
    cdef real* entry_steps = <real*> of.entry_steps
    cdef int layer, n_in, n_out
    cdef int64_t at, n
    for layer in range(of.n_layers):
        n_in, n_out = of.sizes[layer], of.sizes[layer + 1]
        if not of.with_bias:
            at = of.bias[layer]
            adam_entries(theta + at, gradient + at, mean + at, square + at, n_out,
                         rate * <real> of.bias_units[layer], <real> of.bias_epsilons[layer],
                         toward, beta_2, correction, debias, 0, 0, <real*> NULL, <real*> NULL)
        at, n = of.weight[layer], <int64_t> n_in * n_out
        if of.kind == ENTRIES:
            adam_entries(theta + at, gradient + at, mean + at, square + at, n,
                         rate * <real> of.units[layer], <real> of.layer_epsilons[layer],
                         toward, beta_2, correction, debias, l1, l2,
                         NULL if l1_factors == NULL else l1_factors + at,
                         NULL if entry_steps == NULL else entry_steps + at)
        elif of.kind == COLUMNS:
            adam_columns(of, theta, layer, rate, toward, beta_2, correction, debias, l1)
        elif of.row_groups == NULL:
            adam_rows(of, theta, layer, rate, toward, beta_2, correction, debias, l1)
        else:
            adam_row_groups(of, theta, layer, rate, toward, beta_2, correction, debias, l1)


cdef void adam_entries(real* w, const real* g, real* m, real* v, int64_t n, real rate, real epsilon,
                       real toward, real beta_2, real correction, real debias, real l1, real l2,
                       const real* l1_factors, real* steps) noexcept nogil:
    cdef int64_t j
    cdef real step, threshold, inverse = 1 / correction, one = 1
    cdef real rest = one - beta_2
    for j in range(n):
        m[j] += toward * (g[j] - m[j])
        v[j] = beta_2 * v[j] + rest * g[j] * g[j]
    if steps != NULL:
        for j in range(n):
            steps[j] = rate / (root(v[j]) * inverse + epsilon)
            w[j] -= steps[j] * debias * m[j]
    elif l1 == 0 and l2 == 0:
        for j in range(n):
            w[j] -= rate * debias * m[j] / (root(v[j]) * inverse + epsilon)
    elif l1_factors == NULL:
        for j in range(n):
            step = rate / (root(v[j]) * inverse + epsilon)
            w[j] = soft(w[j] - step * debias * m[j], step * l1) / (one + step * l2)
    else:
        for j in range(n):
            step = rate / (root(v[j]) * inverse + epsilon)
            threshold = step * l1_factors[j]
            w[j] = soft(w[j] - step * debias * m[j], threshold * l1) / (one + threshold * l2)


cdef inline real soft(real x, real threshold) noexcept nogil:
    """The soft threshold, without a branch."""
    cdef real inner = threshold if x > threshold else x
    inner = -threshold if inner < -threshold else inner
    return x - inner


cdef inline real sum_of_squares(const real* x, int64_t n) noexcept nogil:
    cdef int64_t j
    cdef real total = 0
    for j in range(n):
        total += x[j] * x[j]
    return total


cdef inline real step_of(Adam of, int64_t group, real squares, real rate, real beta_2,
                         real correction) noexcept nogil:
    """Update the second moment of a group, and return and write its step."""
    cdef real* moment = <real*> of.group_square
    cdef real mean, step, one = 1
    moment[group] = beta_2 * moment[group] + (one - beta_2) * squares
    mean = moment[group] * (<real*> of.inverse_sizes)[group]
    step = (rate * correction * (<real*> of.group_units)[group]
            / (root(mean) + correction * (<real*> of.epsilons)[group]))
    (<real*> of.steps)[group] = step
    return step


cdef inline void move_row(real* w, const real* g, real* m, int n, real step, real toward,
                          real debias, real l1, const real* l1_factors) noexcept nogil:
    cdef int j
    cdef real reach = step * debias, threshold = step * l1
    if l1 == 0:
        for j in range(n):
            m[j] += toward * (g[j] - m[j])
            w[j] -= reach * m[j]
    elif l1_factors == NULL:
        for j in range(n):
            m[j] += toward * (g[j] - m[j])
            w[j] = soft(w[j] - reach * m[j], threshold)
    else:
        for j in range(n):
            m[j] += toward * (g[j] - m[j])
            w[j] = soft(w[j] - reach * m[j], threshold * l1_factors[j])


cdef inline real* part(real* values, int64_t at) noexcept nogil:
    return NULL if values == NULL else values + at


cdef void adam_rows(Adam of, real* theta, int layer, real rate, real toward, real beta_2,
                    real correction, real debias, real l1) noexcept nogil:
    cdef real* norms = <real*> of.norms
    cdef int r, n_out = of.sizes[layer + 1]
    cdef int64_t at = of.weight[layer], group = of.first[layer]
    cdef real* g
    cdef real step
    for r in range(of.sizes[layer]):
        g = <real*> of.gradient + at
        step = step_of(of, group, sum_of_squares(g, n_out), rate, beta_2, correction)
        move_row(theta + at, g, <real*> of.mean + at, n_out, step, toward, debias, l1,
                 part(<real*> of.l1_factors, at))
        norms[group] = root(sum_of_squares(theta + at, n_out))
        at += n_out
        group += 1


cdef void adam_row_groups(Adam of, real* theta, int layer, real rate, real toward, real beta_2,
                          real correction, real debias, real l1) noexcept nogil:
    cdef real* gradient = <real*> of.gradient
    cdef real* mean = <real*> of.mean
    cdef real* steps = <real*> of.steps + of.first[layer]
    cdef const int64_t* group = of.row_groups + of.first_row[layer]
    cdef int r, n_in = of.sizes[layer], n_out = of.sizes[layer + 1]
    cdef int64_t at = of.weight[layer], bias = of.bias[layer], k
    write_squares(of, gradient, layer, steps)
    for k in range(of.n_groups[layer]):
        step_of(of, of.first[layer] + k, steps[k], rate, beta_2, correction)
    for r in range(n_in):
        move_row(theta + at, gradient + at, mean + at, n_out, steps[group[r]], toward, debias, l1,
                 part(<real*> of.l1_factors, at))
        at += n_out
    if of.with_bias:
        move_row(theta + bias, gradient + bias, mean + bias, n_out, steps[0], toward, debias, 0,
                 <real*> NULL)
    write_norms(of, theta, layer)


cdef void adam_columns(Adam of, real* theta, int layer, real rate, real toward, real beta_2,
                       real correction, real debias, real l1) noexcept nogil:
    cdef real* steps = <real*> of.steps + of.first[layer]
    cdef const real* l1_factors = <real*> of.l1_factors
    cdef int r, j, n_in = of.sizes[layer], n_out = of.sizes[layer + 1]
    cdef int64_t at = of.weight[layer]
    cdef real* w
    cdef real* g
    cdef real* m
    write_squares(of, <real*> of.gradient, layer, steps)
    for j in range(n_out):
        step_of(of, of.first[layer] + j, steps[j], rate, beta_2, correction)
    for r in range(n_in):
        w, g, m = theta + at, <real*> of.gradient + at, <real*> of.mean + at
        if l1 == 0:
            for j in range(n_out):
                m[j] += toward * (g[j] - m[j])
                w[j] -= steps[j] * debias * m[j]
        elif l1_factors == NULL:
            for j in range(n_out):
                m[j] += toward * (g[j] - m[j])
                w[j] = soft(w[j] - steps[j] * debias * m[j], steps[j] * l1)
        else:
            for j in range(n_out):
                m[j] += toward * (g[j] - m[j])
                w[j] = soft(w[j] - steps[j] * debias * m[j], steps[j] * l1 * l1_factors[at + j])
        at += n_out
    if of.with_bias:
        at = of.bias[layer]
        w, g, m = theta + at, <real*> of.gradient + at, <real*> of.mean + at
        for j in range(n_out):
            m[j] += toward * (g[j] - m[j])
            w[j] -= steps[j] * debias * m[j]
    write_norms(of, theta, layer)


cdef class SGD(Groups):
    """Steps of stochastic gradient descent.

    Parameters
    ----------
    velocity : torch.Tensor, or None
        Flat buffer; None without momentum.
    """

    cdef void* velocity
    cdef object _alive_too

    def bind(self, velocity):
        self._alive_too = velocity
        self.velocity = address(velocity)

    def move(self, double rate, double momentum, bint nesterov, double reach, double l1, double l2):
        """Take a step; then, on single weights, the prox of ``l1 |w| + l2 w²/2``.

        Parameters
        ----------
        rate : float
        momentum : float
        nesterov : bool
        reach : float
            Step of the prox per step along a constant gradient.
        l1, l2 : float
        """
        with nogil:
            if self.is_double:
                sgd(self, <double*> self.theta, rate, momentum, nesterov, reach, l1, l2)
            else:
                sgd(self, <float*> self.theta, <float> rate, <float> momentum, nesterov,
                    <float> reach, <float> l1, <float> l2)


cdef void sgd(SGD of, real* theta, real rate, real momentum, bint nesterov, real reach, real l1,
              real l2) noexcept nogil:
    cdef real* steps = <real*> of.steps
    cdef real* velocity = <real*> of.velocity
    cdef const real* gradient = <real*> of.gradient
    cdef const real* factors = <real*> of.l1_factors
    cdef int layer, n_out
    cdef int64_t at, n, k
    cdef real step, unit
    for layer in range(of.n_layers):
        n_out = of.sizes[layer + 1]
        at, n = of.weight[layer], <int64_t> of.sizes[layer] * n_out
        unit = <real> (of.units[layer] * of.units[layer])
        step = rate * unit
        sgd_entries(theta + at, gradient + at, NULL if velocity == NULL else velocity + at, n, step,
                    momentum, nesterov)
        if l1 != 0 or l2 != 0:
            threshold_(theta + at, n, step * reach, l1, l2, part(<real*> factors, at))
        if not of.with_bias:
            step = rate * <real> (of.bias_units[layer] * of.bias_units[layer])
        at = of.bias[layer]
        sgd_entries(theta + at, gradient + at, NULL if velocity == NULL else velocity + at, n_out,
                    step, momentum, nesterov)
        if of.kind != ENTRIES:
            for k in range(of.n_groups[layer]):
                steps[of.first[layer] + k] = rate * unit * reach
            write_norms(of, theta, layer)


cdef void sgd_entries(real* w, const real* g, real* v, int64_t n, real step, real momentum,
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


cdef void threshold_(real* w, int64_t n, real step, real l1, real l2,
                     const real* factors) noexcept nogil:
    cdef int64_t j
    cdef real one = 1
    if factors == NULL:
        for j in range(n):
            w[j] = soft(w[j], step * l1) / (one + step * l2)
    else:
        for j in range(n):
            w[j] = soft(w[j], step * factors[j] * l1) / (one + step * factors[j] * l2)


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


cdef void shrink(Groups of, const real* norms, real l1, real l2) noexcept nogil:
    cdef const real* steps = <real*> of.steps
    cdef const real* weights = <real*> of.group_factors
    cdef real* factors = <real*> of.factors
    cdef int64_t k, last = of.n_layers - 1
    cdef real step, left, one = 1
    for k in range(of.first[last] + of.n_groups[last]):
        step = steps[k] if weights == NULL else steps[k] * weights[k]
        left = soft(norms[k], step * l1) / (one + step * l2)
        factors[k] = left / norms[k] if norms[k] > 0 else 0


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
