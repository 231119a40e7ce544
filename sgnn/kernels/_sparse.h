/* Sums of rows of a matrix, whose partial sums stay in registers. */
#ifndef SGNN_SPARSE_H
#define SGNN_SPARSE_H

#include <stdint.h>

/* Add the sum of data[k] times row places[k] of a matrix to out. */
#define SGNN_PLAIN(NAME, REAL)                                                                     \
    static inline void NAME(const REAL *data, const int32_t *places, int64_t n,                    \
                            const REAL *matrix, int64_t width, int64_t first, REAL *out)           \
    {                                                                                              \
        for (int64_t k = 0; k < n; k++) {                                                          \
            const REAL *row = matrix + places[k] * width;                                          \
            for (int64_t j = first; j < width; j++)                                                \
                out[j] += data[k] * row[j];                                                        \
        }                                                                                          \
    }

/* The same, four vectors of columns at a time. */
#define SGNN_IN_BLOCKS(NAME, REAL, BYTES, REST)                                                    \
    typedef REAL NAME##_vector __attribute__((vector_size(BYTES), aligned(sizeof(REAL))));         \
    static inline void NAME(const REAL *data, const int32_t *places, int64_t n,                    \
                            const REAL *matrix, int64_t width, REAL *out)                          \
    {                                                                                              \
        const int64_t block = 4 * BYTES / sizeof(REAL);                                            \
        int64_t first = 0;                                                                         \
        for (; first + block <= width; first += block) {                                           \
            NAME##_vector *sums = (NAME##_vector *)(out + first);                                  \
            NAME##_vector a = sums[0], b = sums[1], c = sums[2], d = sums[3];                      \
            for (int64_t k = 0; k < n; k++) {                                                      \
                const NAME##_vector *row =                                                         \
                    (const NAME##_vector *)(matrix + places[k] * width + first);                   \
                a += data[k] * row[0];                                                             \
                b += data[k] * row[1];                                                             \
                c += data[k] * row[2];                                                             \
                d += data[k] * row[3];                                                             \
            }                                                                                      \
            sums[0] = a;                                                                           \
            sums[1] = b;                                                                           \
            sums[2] = c;                                                                           \
            sums[3] = d;                                                                           \
        }                                                                                          \
        REST(data, places, n, matrix, width, first, out);                                          \
    }

SGNN_PLAIN(sgnn_rest_f, float)
SGNN_PLAIN(sgnn_rest_d, double)

#if defined(__AVX__)
#define SGNN_BYTES 32
#else
#define SGNN_BYTES 16
#endif

#if defined(__GNUC__)
SGNN_IN_BLOCKS(sgnn_add_products_f, float, SGNN_BYTES, sgnn_rest_f)
SGNN_IN_BLOCKS(sgnn_add_products_d, double, SGNN_BYTES, sgnn_rest_d)
#else
#define sgnn_add_products_f(data, places, n, matrix, width, out)                                   \
    sgnn_rest_f(data, places, n, matrix, width, 0, out)
#define sgnn_add_products_d(data, places, n, matrix, width, out)                                   \
    sgnn_rest_d(data, places, n, matrix, width, 0, out)
#endif

#endif
