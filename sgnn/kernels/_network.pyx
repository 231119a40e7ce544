# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
"""Forward and backward pass of a multilayer perceptron on rows of a data set."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from sgnn.kernels._layers cimport (
    GELU, IDENTITY, LEAKY_RELU, LOGISTIC, RELU, TANH, NARROW, activate, add_rows,
    derive, load_blas, narrow_backward, narrow_gradient, narrow_product, product, transpose,
)
from sgnn.kernels._losses cimport (
    gamma, huber, logistic, pinball, poisson, softmax, squared_error,
)
from sgnn.kernels._memory cimport address
from sgnn.kernels._reach cimport units_on_paths
from sgnn.kernels._real cimport real

load_blas()

cdef extern from "_sparse.h" nogil:
    void sgnn_add_products_f(const float*, const int32_t*, int64_t, const float*, int64_t,
                             float*) noexcept
    void sgnn_add_products_d(const double*, const int32_t*, int64_t, const double*, int64_t,
                             double*) noexcept

cdef extern from "_dropout.h" nogil:
    uint32_t sgnn_key(uint32_t, int64_t) noexcept
    void sgnn_drop_f(const float*, int64_t, uint32_t, uint32_t, float, float*) noexcept
    void sgnn_drop_d(const double*, int64_t, uint32_t, uint32_t, double, double*) noexcept
    void sgnn_drop_f_at(const float*, const int32_t*, int64_t, uint32_t, uint32_t, float,
                        float*) noexcept
    void sgnn_drop_d_at(const double*, const int32_t*, int64_t, uint32_t, uint32_t, double,
                        double*) noexcept

cdef enum Loss:
    ELSEWHERE, SQUARED_ERROR, SOFTMAX, LABELS, HUBER, QUANTILE, POISSON, GAMMA

ACTIVATIONS = {
    "identity": IDENTITY, "relu": RELU, "leaky_relu": LEAKY_RELU, "tanh": TANH,
    "logistic": LOGISTIC, "gelu": GELU,
}
LOSSES = {
    "squared_error": SQUARED_ERROR, "softmax": SOFTMAX, "labels": LABELS, "huber": HUBER,
    "quantile": QUANTILE, "poisson": POISSON, "gamma": GAMMA,
}


cdef class Samples:
    """Addresses of a data set.

    Parameters
    ----------
    X, targets : torch.Tensor
        X has shape (n_samples, n_features), or is a tuple of the tensors ``data``, ``indices`` of
        int32 and ``indptr`` of int64 of a CSR matrix.
    weights, seen : torch.Tensor of shape (n_samples,), or None
        Weights of the samples, and memory for them in the order in which they are visited.
    losses : torch.Tensor of shape (n_samples,)
        Overwritten, in the order of visits.
    """

    cdef readonly bint is_sparse
    cdef void* data
    cdef const int32_t* indices
    cdef const int64_t* indptr
    cdef void* targets
    cdef void* weights
    cdef void* seen
    cdef void* losses
    cdef uint32_t seed, below
    cdef double factor
    cdef object _alive

    def __init__(self, X, targets, weights, seen, losses):
        self._alive = X, targets, weights, seen, losses
        self.is_sparse = isinstance(X, tuple)
        if self.is_sparse:
            data, indices, indptr = X
            self.indices = <const int32_t*> address(indices)
            self.indptr = <const int64_t*> address(indptr)
        else:
            data = X
        self.data = address(data)
        self.targets, self.weights, self.seen = address(targets), address(weights), address(seen)
        self.losses = address(losses)

    def drop_inputs(self, uint32_t seed, uint32_t below, double factor):
        """Let entries be 0, and the others larger, from now on.

        Parameters
        ----------
        seed : int
            Of the numbers below 2^32 that are drawn for each place of the order and each column.
        below : int
            Entries with a smaller number are 0.
        factor : float
            Of the others.
        """
        self.seed, self.below, self.factor = seed, below, factor


cdef class Pass:
    """A network, its gradient, and memory for some rows.

    Parameters
    ----------
    sizes : sequence of int
        Units per layer, inputs first.
    theta, gradient : torch.Tensor
        Flat buffers as in :class:`sgnn.networks.parameters.Parameters`.
    activation, loss : int
        Values of `ACTIVATIONS` and `LOSSES`; 0 for a loss that is computed elsewhere.
    constants : torch.Tensor or None
        The parameter of the loss for each output.
    """

    cdef int n_layers, activation, loss
    cdef bint is_double
    cdef int[64] sizes
    cdef int64_t[64] weight, bias, values, pre, delta
    cdef void* theta
    cdef void* gradient_
    cdef void* constants
    cdef void* work
    cdef void* narrow
    cdef int64_t* first_of_column
    cdef void* entries
    cdef size_t n_entry_bytes
    cdef bint is_out_of_memory
    cdef int64_t per_row
    cdef readonly int64_t n_rows
    cdef public object memory
    cdef object _alive

    def __init__(self, sizes, theta, gradient, int activation, int loss, constants):
        cdef int index
        cdef int64_t n_weights = 0, n_biases = 0, used = 0
        self._alive = theta, gradient, constants
        self.n_layers, self.activation, self.loss = len(sizes) - 1, activation, loss
        self.is_double = theta.element_size() == 8
        self.theta, self.gradient_ = address(theta), address(gradient)
        self.constants = address(constants)
        for index, size in enumerate(sizes):
            self.sizes[index] = size
        for index in range(self.n_layers):
            self.weight[index] = n_weights
            n_weights += <int64_t> self.sizes[index] * self.sizes[index + 1]
        for index in range(self.n_layers):
            self.bias[index] = n_weights + n_biases
            n_biases += self.sizes[index + 1]
        for index in range(self.n_layers + 1):
            self.values[index] = used
            used += self.sizes[index]
            self.delta[index] = used
            if 0 < index < self.n_layers:
                used += self.sizes[index]
            self.pre[index] = used
            if activation == GELU and 0 < index < self.n_layers:
                used += self.sizes[index]
        self.per_row, self.n_rows = used, 0
        self.first_of_column = <int64_t*> malloc((self.sizes[0] + 1) * sizeof(int64_t))
        self.narrow = malloc(NARROW * <size_t> max(sizes) * sizeof(double))
        if self.first_of_column == NULL or self.narrow == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.narrow)
        free(self.first_of_column)
        free(self.entries)

    def hold(self, memory, int64_t n_rows):
        """Take memory for some rows: a tensor of ``per_row * n_rows`` numbers."""
        self.memory, self.work, self.n_rows = memory, address(memory), n_rows

    @property
    def numbers_per_row(self):
        return self.per_row

    @property
    def first_output(self):
        """Where in `memory` the raw outputs are, row after row."""
        return self.values[self.n_layers] * self.n_rows

    def forward(self, Samples samples, order, int64_t start, int64_t stop):
        """Compute the raw outputs of at most `n_rows` samples."""
        cdef const int64_t* rows = <const int64_t*> address(order)
        with nogil:
            if self.is_double:
                forward(self, <double*> self.theta, samples, rows, start, <int> (stop - start))
            else:
                forward(self, <float*> self.theta, samples, rows, start, <int> (stop - start))
        if self.is_out_of_memory:
            raise MemoryError

    def backward(self, Samples samples, order, int64_t start, int64_t stop, double l2):
        """Write the gradient, from that of the raw outputs in their place."""
        cdef const int64_t* rows = <const int64_t*> address(order)
        with nogil:
            if self.is_double:
                backward(self, <double*> self.theta, samples, rows, start, <int> (stop - start), False)
                add_ridge(self, <double*> self.theta, l2)
            else:
                backward(self, <float*> self.theta, samples, rows, start, <int> (stop - start), False)
                add_ridge(self, <float*> self.theta, l2)
        if self.is_out_of_memory:
            raise MemoryError

    def gradient(self, Samples samples, order, int64_t start, int64_t stop, double l2):
        """Write losses, and the gradient of their mean plus that of the ridge.

        Parameters
        ----------
        samples : Samples
        order : torch.Tensor of int64, or None
            Samples in the order in which they are visited.
        start, stop : int
            Which of them.
        l2 : float
        """
        cdef const int64_t* rows = <const int64_t*> address(order)
        with nogil:
            if self.is_double:
                gradient(self, <double*> self.theta, samples, rows, start, stop)
                add_ridge(self, <double*> self.theta, l2)
            else:
                gradient(self, <float*> self.theta, samples, rows, start, stop)
                add_ridge(self, <float*> self.theta, l2)
        if self.is_out_of_memory:
            raise MemoryError

    def units_on_paths(self, masks):
        """Write which units are on a path of weights that are not 0 from an input to an output.

        Parameters
        ----------
        masks : torch.Tensor of bool, shape (2, n_units)
            The first row is overwritten with the result, the second with something else.

        Returns
        -------
        tuple of int
            Their number per layer.
        """
        cdef uint8_t* reached = <uint8_t*> address(masks)
        cdef uint8_t* reaching = reached + n_units(self)
        cdef int64_t[64] counts
        cdef int layer
        with nogil:
            if self.is_double:
                units_on_paths(<const double*> self.theta, self.sizes, self.weight, self.n_layers,
                               reached, reaching, counts)
            else:
                units_on_paths(<const float*> self.theta, self.sizes, self.weight, self.n_layers,
                               reached, reaching, counts)
        return tuple([counts[layer] for layer in range(self.n_layers + 1)])


include "_passes.pxi"
