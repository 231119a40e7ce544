"""Forward and backward pass of a `Pass` on some rows."""


cdef int64_t n_units(Pass net) noexcept nogil:
    cdef int64_t total = 0
    cdef int layer
    for layer in range(net.n_layers + 1):
        total += net.sizes[layer]
    return total


cdef void gradient(Pass net, real* theta, Samples samples, const int64_t* rows, int64_t start,
                   int64_t stop) noexcept nogil:
    cdef int64_t first = start
    cdef int n
    cdef real share = <real> (1.0 / (stop - start))
    while first < stop:
        n = <int> min(net.n_rows, stop - first)
        forward(net, theta, samples, rows, first, n)
        write_loss(net, theta, samples, rows, first, n, share)
        backward(net, theta, samples, rows, first, n, first > start)
        first += n


cdef void add_ridge(Pass net, real* theta, double l2) noexcept nogil:
    cdef real* gradient = <real*> net.gradient_
    cdef int64_t j
    cdef real strength = <real> l2
    if l2:
        for j in range(net.bias[0]):
            gradient[j] += strength * theta[j]


cdef inline int64_t row_of(const int64_t* rows, int64_t place) noexcept nogil:
    return place if rows == NULL else rows[place]


cdef real* inputs(Pass net, real* theta, Samples samples, const int64_t* rows, int64_t start,
                  int n) noexcept nogil:
    """Return dense rows, next to each other."""
    cdef real* data = <real*> samples.data
    cdef real* work = <real*> net.work
    cdef int64_t width = net.sizes[0]
    cdef real* row
    cdef int i
    if rows == NULL and not samples.below:
        return data + start * width
    for i in range(n):
        row = data + row_of(rows, start + i) * width
        if samples.below:
            drop(samples, row, NULL, width, start + i, work + i * width)
        else:
            memcpy(work + i * width, row, width * sizeof(real))
    return work


cdef inline void drop(Samples samples, const real* x, const int32_t* places, int64_t n,
                      int64_t place, real* out) noexcept nogil:
    """Write entries of the row at a place of the order, some of them 0."""
    cdef uint32_t key = sgnn_key(samples.seed, place)
    if real is float:
        if places == NULL:
            sgnn_drop_f(x, n, key, samples.below, <float> samples.factor, out)
        else:
            sgnn_drop_f_at(x, places, n, key, samples.below, <float> samples.factor, out)
    elif places == NULL:
        sgnn_drop_d(x, n, key, samples.below, samples.factor, out)
    else:
        sgnn_drop_d_at(x, places, n, key, samples.below, samples.factor, out)


cdef inline void multiply(Pass net, real* values, int n, int n_in, int n_out, real* weight,
                          real* out) noexcept nogil:
    """Write values times weight."""
    if n_out > NARROW:
        product(False, False, n, n_out, n_in, values, n_in, weight, n_out, False, out)
    else:
        transpose(weight, n_in, n_out, <real*> net.narrow)
        narrow_product(values, n, n_in, n_out, <real*> net.narrow, out)


cdef inline void multiply_transposed(Pass net, real* values, real* delta, int n, int n_in,
                                     int n_out, bint add, real* out) noexcept nogil:
    """Write the transpose of values times delta, or add it."""
    if n_out > NARROW:
        product(True, False, n_in, n_out, n, values, n_in, delta, n_out, add, out)
    else:
        narrow_gradient(values, delta, n, n_in, n_out, add, <real*> net.narrow, out)


cdef void forward(Pass net, real* theta, Samples samples, const int64_t* rows, int64_t start,
                  int n) noexcept nogil:
    cdef real* work = <real*> net.work
    cdef real* values
    cdef real* pre
    cdef int layer, n_in, n_out, last = net.n_layers - 1
    for layer in range(net.n_layers):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        values = work + net.values[layer + 1] * net.n_rows
        pre = values
        if net.activation == GELU and layer < last:
            pre = work + net.pre[layer + 1] * net.n_rows
        if layer:
            multiply(net, work + net.values[layer] * net.n_rows, n, n_in, n_out,
                     theta + net.weight[layer], pre)
        elif samples.is_sparse:
            sparse_forward(net, theta, samples, rows, start, n, pre)
        else:
            multiply(net, inputs(net, theta, samples, rows, start, n), n, n_in, n_out, theta, pre)
        activate(pre, values, theta + net.bias[layer], n, n_out,
                 net.activation if layer < last else IDENTITY)


cdef inline void add_products(const real* data, const int32_t* places, int64_t n,
                              const real* matrix, int64_t width, real* out) noexcept nogil:
    """Add the sum of ``data[k]`` times row ``places[k]`` of a matrix."""
    if real is float:
        sgnn_add_products_f(data, places, n, matrix, width, out)
    else:
        sgnn_add_products_d(data, places, n, matrix, width, out)


cdef void sparse_forward(Pass net, real* theta, Samples samples, const int64_t* rows, int64_t start,
                         int n, real* out) noexcept nogil:
    cdef const real* data
    cdef int64_t row, first, n_entries, width = net.sizes[1]
    cdef int i
    memset(out, 0, n * width * sizeof(real))
    for i in range(n):
        row = row_of(rows, start + i)
        first, n_entries = samples.indptr[row], samples.indptr[row + 1] - samples.indptr[row]
        data = <const real*> samples.data + first
        if samples.below:
            if not reserve(net, n_entries * sizeof(real)):
                return
            drop(samples, data, samples.indices + first, n_entries, start + i, <real*> net.entries)
            data = <const real*> net.entries
        add_products(data, samples.indices + first, n_entries, theta, width, out + i * width)


cdef void backward(Pass net, real* theta, Samples samples, const int64_t* rows, int64_t start,
                   int n, bint add) noexcept nogil:
    cdef real* work = <real*> net.work
    cdef real* gradient = <real*> net.gradient_
    cdef real* delta = work + net.values[net.n_layers] * net.n_rows
    cdef real* values
    cdef real* before
    cdef int layer, n_in, n_out
    for layer in range(net.n_layers - 1, -1, -1):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        add_rows(delta, n, n_out, add, gradient + net.bias[layer])
        if layer:
            values = work + net.values[layer] * net.n_rows
            multiply_transposed(net, values, delta, n, n_in, n_out, add,
                                gradient + net.weight[layer])
            before = work + net.delta[layer] * net.n_rows
            if n_out > NARROW:
                product(False, True, n, n_in, n_out, delta, n_out, theta + net.weight[layer], n_out,
                        False, before)
            else:
                transpose(theta + net.weight[layer], n_in, n_out, <real*> net.narrow)
                narrow_backward(delta, <real*> net.narrow, n, n_in, n_out, before)
            if net.activation == GELU:
                values = work + net.pre[layer] * net.n_rows
            derive(before, values, <int64_t> n * n_in, net.activation)
            delta = before
        elif samples.is_sparse:
            sparse_backward(net, gradient, samples, rows, start, n, delta, add)
        else:
            values = work if rows != NULL or samples.below else inputs(net, theta, samples, rows, start, n)
            multiply_transposed(net, values, delta, n, n_in, n_out, add, gradient)


cdef void sparse_backward(Pass net, real* gradient, Samples samples, const int64_t* rows,
                          int64_t start, int n, const real* delta, bint add) noexcept nogil:
    """Turn the rows into columns, and write the gradient of the weights of each."""
    cdef const real* data
    cdef real* dropped
    cdef int64_t row, k, at, begin, end, n_entries = 0, longest = 0, width = net.sizes[1]
    cdef int64_t* first = net.first_of_column
    cdef int32_t* places
    cdef real* values
    cdef int i, column, n_columns = net.sizes[0]
    if not add:
        memset(gradient, 0, n_columns * width * sizeof(real))
    memset(first, 0, (n_columns + 1) * sizeof(int64_t))
    for i in range(n):
        row = row_of(rows, start + i)
        for k in range(samples.indptr[row], samples.indptr[row + 1]):
            first[samples.indices[k] + 1] += 1
        n_entries += samples.indptr[row + 1] - samples.indptr[row]
        if samples.below:
            longest = max(longest, samples.indptr[row + 1] - samples.indptr[row])
    if not reserve(net, n_entries * (sizeof(real) + sizeof(int32_t)) + longest * sizeof(real)):
        return
    values = <real*> net.entries
    dropped = values + n_entries
    places = <int32_t*> (dropped + longest)
    for column in range(n_columns):
        first[column + 1] += first[column]
    for i in range(n):
        row = row_of(rows, start + i)
        begin, end = samples.indptr[row], samples.indptr[row + 1]
        data = <const real*> samples.data + begin
        if samples.below:
            drop(samples, data, samples.indices + begin, end - begin, start + i, dropped)
            data = dropped
        for k in range(begin, end):
            at = first[samples.indices[k]]
            first[samples.indices[k]] += 1
            values[at], places[at] = data[k - begin], i
    at = 0
    for column in range(n_columns):
        if first[column] > at:
            add_products(values + at, places + at, first[column] - at, delta, width,
                         gradient + column * width)
        at = first[column]


cdef bint reserve(Pass net, size_t n_bytes) noexcept nogil:
    """Make room for the entries of some rows; whether there was any."""
    if n_bytes > net.n_entry_bytes:
        free(net.entries)
        net.entries = malloc(n_bytes)
        net.n_entry_bytes = n_bytes if net.entries != NULL else 0
        net.is_out_of_memory = net.entries == NULL
    return not net.is_out_of_memory


cdef void write_loss(Pass net, real* theta, Samples samples, const int64_t* rows, int64_t start,
                     int n, real share) noexcept nogil:
    """Overwrite raw outputs with the gradient of the mean loss."""
    cdef int width = net.sizes[net.n_layers], i
    cdef real* z = <real*> net.work + net.values[net.n_layers] * net.n_rows
    cdef const real* targets = <const real*> samples.targets
    cdef const int64_t* labels = <const int64_t*> samples.targets
    cdef const real* weights = <const real*> samples.weights
    cdef const real* constants = <const real*> net.constants
    cdef real* losses = <real*> samples.losses + start
    cdef real* seen = <real*> samples.seen + start
    cdef real factor = share
    cdef int64_t row
    for i in range(n):
        row = row_of(rows, start + i)
        if weights != NULL:
            seen[i] = weights[row]
            factor = share * weights[row]
        if net.loss == SOFTMAX:
            losses[i] = softmax(z, width, labels[row], factor)
        elif net.loss == LABELS:
            losses[i] = logistic(z, targets + row * width, width, factor)
        elif net.loss == SQUARED_ERROR:
            losses[i] = squared_error(z, targets + row * width, width, factor)
        elif net.loss == HUBER:
            losses[i] = huber(z, targets + row * width, width, factor, constants)
        elif net.loss == QUANTILE:
            losses[i] = pinball(z, targets + row * width, width, factor, constants)
        elif net.loss == POISSON:
            losses[i] = poisson(z, targets + row * width, width, factor)
        else:
            losses[i] = gamma(z, targets + row * width, width, factor)
        z += width
