# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
"""As `_rows`, compiled for processors with AVX2."""

include "_rows.pyx"
