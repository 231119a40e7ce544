# cython: language_level=3
"""What the processor can do."""

cdef extern from *:
    """
    #if defined(__GNUC__) && defined(__x86_64__)
    #define SGNN_HAS_AVX2 (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    #else
    #define SGNN_HAS_AVX2 0
    #endif
    """
    bint SGNN_HAS_AVX2


def has_avx2():
    """Whether there are AVX2 and fused multiply-adds."""
    return SGNN_HAS_AVX2
