"""Steps of Adam."""


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

    def move(self, double rate, double toward, double beta_2, double correction, double debias):
        """Take a step, and apply the prox.

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
        """
        with nogil:
            if self.is_double:
                adam(self, <double*> self.theta, rate, toward, beta_2, correction, debias)
                shrink_groups(self, <double*> self.theta)
            else:
                adam(self, <float*> self.theta, <float> rate, <float> toward, <float> beta_2,
                     <float> correction, <float> debias)
                shrink_groups(self, <float*> self.theta)


cdef void adam(Adam of, real* theta, real rate, real toward, real beta_2, real correction,
               real debias) noexcept nogil:
    cdef real* gradient = <real*> of.gradient
    cdef real* mean = <real*> of.mean
    cdef real* square = <real*> of.square
    cdef real* steps
    cdef real* factors
    cdef Term nothing = Term(NOTHING, 0, 0, 0)
    cdef int layer, n_in, n_out
    cdef int64_t at, n
    for layer in range(of.n_layers):
        n_in, n_out = of.sizes[layer], of.sizes[layer + 1]
        if not of.with_bias:
            at = of.bias[layer]
            adam_entries(theta + at, gradient + at, mean + at, square + at, n_out,
                         rate * <real> of.bias_units[layer], <real> of.bias_epsilons[layer],
                         toward, beta_2, correction, debias, &nothing, <real*> NULL, <real*> NULL)
        at, n = of.weight[layer], <int64_t> n_in * n_out
        if of.kind == ENTRIES:
            steps, factors = part(<real*> of.entry_steps, at), part(<real*> of.entry_factors, at)
            adam_entries(theta + at, gradient + at, mean + at, square + at, n,
                         rate * <real> of.units[layer], <real> of.layer_epsilons[layer],
                         toward, beta_2, correction, debias, &of.of_entries, factors, steps)
            if steps != NULL and of.of_entries.shape != NOTHING:
                shrink(&of.of_entries, theta + at, steps, 1, factors, n, theta + at)
        elif of.kind == COLUMNS:
            adam_columns(of, theta, layer, rate, toward, beta_2, correction, debias)
        elif of.row_groups == NULL:
            adam_rows(of, theta, layer, rate, toward, beta_2, correction, debias)
        else:
            adam_row_groups(of, theta, layer, rate, toward, beta_2, correction, debias)


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


cdef void adam_rows(Adam of, real* theta, int layer, real rate, real toward, real beta_2,
                    real correction, real debias) noexcept nogil:
    cdef real l1 = <real> (of.of_entries.factor * of.of_entries.strength)
    cdef real* norms = <real*> of.norms
    cdef int r, n_out = of.sizes[layer + 1]
    cdef int64_t at = of.weight[layer], group = of.first[layer]
    cdef real* g
    cdef real step
    for r in range(of.sizes[layer]):
        g = <real*> of.gradient + at
        step = step_of(of, group, sum_of_squares(g, n_out), rate, beta_2, correction)
        move_row(theta + at, g, <real*> of.mean + at, n_out, step, toward, debias, l1,
                 part(<real*> of.entry_factors, at))
        norms[group] = root(sum_of_squares(theta + at, n_out))
        at += n_out
        group += 1


cdef void adam_row_groups(Adam of, real* theta, int layer, real rate, real toward, real beta_2,
                          real correction, real debias) noexcept nogil:
    cdef real l1 = <real> (of.of_entries.factor * of.of_entries.strength)
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
                 part(<real*> of.entry_factors, at))
        at += n_out
    if of.with_bias:
        move_row(theta + bias, gradient + bias, mean + bias, n_out, steps[0], toward, debias, 0,
                 <real*> NULL)
    write_norms(of, theta, layer)


cdef void adam_columns(Adam of, real* theta, int layer, real rate, real toward, real beta_2,
                       real correction, real debias) noexcept nogil:
    cdef real l1 = <real> (of.of_entries.factor * of.of_entries.strength)
    cdef real* steps = <real*> of.steps + of.first[layer]
    cdef const real* factors = <real*> of.entry_factors
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
        elif factors == NULL:
            for j in range(n_out):
                m[j] += toward * (g[j] - m[j])
                w[j] = soft(w[j] - steps[j] * debias * m[j], steps[j] * l1)
        else:
            for j in range(n_out):
                m[j] += toward * (g[j] - m[j])
                w[j] = soft(w[j] - steps[j] * debias * m[j], steps[j] * l1 * factors[at + j])
        at += n_out
    if of.with_bias:
        at = of.bias[layer]
        w, g, m = theta + at, <real*> of.gradient + at, <real*> of.mean + at
        for j in range(n_out):
            m[j] += toward * (g[j] - m[j])
            w[j] -= steps[j] * debias * m[j]
    write_norms(of, theta, layer)
