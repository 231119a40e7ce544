/* Rows with some of their entries blank and the others larger, by numbers that depend on the place.

   The same numbers are drawn in numpy by sgnn/training/dropout.py. The mixing function is lowbias32
   of Wellons (2018), "Prospecting for hash functions". */
#ifndef SGNN_DROPOUT_H
#define SGNN_DROPOUT_H

#include <stdint.h>

static inline uint32_t sgnn_mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352dU;
    x ^= x >> 15;
    x *= 0x846ca68bU;
    return x ^ (x >> 16);
}

static inline uint32_t sgnn_key(uint32_t seed, int64_t row)
{
    return sgnn_mix(seed ^ sgnn_mix((uint32_t)row));
}

/* Write the entries of a row, or those at some places of it. */
#define SGNN_DROP(NAME, REAL)                                                                      \
    static inline void NAME(const REAL *x, int64_t n, uint32_t key, uint32_t below, REAL factor,   \
                            REAL *out)                                                             \
    {                                                                                              \
        for (int64_t j = 0; j < n; j++) {                                                          \
            uint32_t drawn = sgnn_mix(key ^ ((uint32_t)j * 0x9e3779b9U));                          \
            out[j] = drawn < below ? 0 : factor * x[j];                                            \
        }                                                                                          \
    }                                                                                              \
    static inline void NAME##_at(const REAL *x, const int32_t *places, int64_t n, uint32_t key,    \
                                 uint32_t below, REAL factor, REAL *out)                           \
    {                                                                                              \
        for (int64_t k = 0; k < n; k++) {                                                          \
            uint32_t drawn = sgnn_mix(key ^ ((uint32_t)places[k] * 0x9e3779b9U));                  \
            out[k] = drawn < below ? 0 : factor * x[k];                                            \
        }                                                                                          \
    }

SGNN_DROP(sgnn_drop_f, float)
SGNN_DROP(sgnn_drop_d, double)

#endif
