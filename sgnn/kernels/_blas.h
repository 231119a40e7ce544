/* Where the products of matrices are: functions of BLAS, found when a module loads. */
#ifndef SGNN_BLAS_H
#define SGNN_BLAS_H

typedef void (*sgnn_sgemm_t)(char *, char *, int *, int *, int *, float *, float *, int *, float *,
                             int *, float *, float *, int *);
typedef void (*sgnn_dgemm_t)(char *, char *, int *, int *, int *, double *, double *, int *,
                             double *, int *, double *, double *, int *);

static sgnn_sgemm_t sgnn_sgemm;
static sgnn_dgemm_t sgnn_dgemm;

#endif
