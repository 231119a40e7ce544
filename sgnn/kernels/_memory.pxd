"""Where tensors are."""

from libc.stdint cimport uintptr_t


cdef inline void* address(tensor):
    """Return the address of the first number of a tensor, or NULL for None."""
    return NULL if tensor is None else <void*> <uintptr_t> tensor.data_ptr()
