"""Steps of stochastic gradient descent."""


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

    def move(self, double rate, double momentum, bint nesterov, double reach):
        """Take a step, and apply the prox.

        Parameters
        ----------
        rate : float
        momentum : float
        nesterov : bool
        reach : float
            Step of the prox per step along a constant gradient.
        """
        with nogil:
            if self.is_double:
                sgd(self, <double*> self.theta, rate, momentum, nesterov, reach)
                shrink_groups(self, <double*> self.theta)
            else:
                sgd(self, <float*> self.theta, <float> rate, <float> momentum, nesterov,
                    <float> reach)
                shrink_groups(self, <float*> self.theta)


cdef void sgd(SGD of, real* theta, real rate, real momentum, bint nesterov,
              real reach) noexcept nogil:
    cdef real* steps = <real*> of.steps
    cdef real* velocity = <real*> of.velocity
    cdef const real* gradient = <real*> of.gradient
    cdef const real* factors = <real*> of.entry_factors
    cdef int layer, n_out
    cdef int64_t at, n, k
    cdef real step, unit
    for layer in range(of.n_layers):
        n_out = of.sizes[layer + 1]
        at, n = of.weight[layer], <int64_t> of.sizes[layer] * n_out
        unit = <real> (of.units[layer] * of.units[layer])
        step = rate * unit
        sgd_entries(theta + at, gradient + at, part(velocity, at), n, step,
                    momentum, nesterov)
        if of.of_entries.shape != NOTHING:
            shrink(&of.of_entries, theta + at, <real*> NULL, step * reach,
                   part(<real*> factors, at), n, theta + at)
        if not of.with_bias:
            step = rate * <real> (of.bias_units[layer] * of.bias_units[layer])
        at = of.bias[layer]
        sgd_entries(theta + at, gradient + at, part(velocity, at), n_out,
                    step, momentum, nesterov)
        if of.kind != ENTRIES:
            for k in range(of.n_groups[layer]):
                steps[of.first[layer] + k] = rate * unit * reach
            write_norms(of, theta, layer)
