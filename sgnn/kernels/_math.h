/* Functions of one number that compilers turn into vector instructions: no calls, no branches. */
#ifndef SGNN_MATH_H
#define SGNN_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* What must be computed as it is written where sums may be taken in any order. */
#ifndef __has_builtin
#define __has_builtin(x) 0
#endif
#if __has_builtin(__builtin_assoc_barrier)
#define SGNN_AS_WRITTEN(x) __builtin_assoc_barrier(x)
#elif __has_builtin(__arithmetic_fence)
#define SGNN_AS_WRITTEN(x) __arithmetic_fence(x)
#else
#define SGNN_AS_WRITTEN(x) (x)
#endif

/* exp(x) = 2^n exp(r), |r| <= log(2)/2; never 0 or infinite, NaN stays NaN. */
static inline double sgnn_exp(double x)
{
    x = x < -708.0 ? -708.0 : x;
    x = x > 709.0 ? 709.0 : x;
    double scaled = x * 1.4426950408889634074;
    int32_t n = (int32_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
    double r = SGNN_AS_WRITTEN(x - n * 6.93147180369123816490e-01);
    r -= n * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    int64_t bits = ((int64_t)n + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static inline float sgnn_expf(float x)
{
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float scaled = x * 1.44269504088896341f;
    int32_t n = (int32_t)(scaled + (scaled < 0 ? -0.5f : 0.5f));
    float r = SGNN_AS_WRITTEN(x - n * 0.693359375f);
    r += n * 2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits = (n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* The rational and polynomial approximations near 0 are those of the Cephes library. */
static inline double sgnn_tanh(double x)
{
    double z = x * x, size = fabs(x);
    double p = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z
        - 1.61468768441708447952e3;
    double q = ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z
        + 4.84406305325125486048e3;
    double far = copysign(1.0 - 2.0 / (sgnn_exp(2.0 * size) + 1.0), x);
    double near = x + x * z * p / q;
    return size < 0.625 ? near : far;
}

static inline float sgnn_tanhf(float x)
{
    float z = x * x, size = fabsf(x);
    float p = (((-5.70498872745e-3f * z + 2.06390887954e-2f) * z - 5.37397155531e-2f) * z
        + 1.33314422036e-1f) * z - 3.33332819422e-1f;
    float far = copysignf(1.0f - 2.0f / (sgnn_expf(2.0f * size) + 1.0f), x);
    float near = x + x * z * p;
    return size < 0.625f ? near : far;
}

/* sin²(asin(√q) / 3) for q in [0, 1]: the series of sin²(4φ/3) in sin²φ, φ = asin(√q) / 4. */
static inline double sgnn_square_of_third(double q)
{
    static const double series[17] = {
        -0.00521450716229541182, -0.00575350670070575487, -0.00639214880835004722,
        -0.00715825588806934636, -0.00809049386419000542, -0.00924402130967022103,
        -0.0106999762037375718, -0.0125821552757751198, -0.0150879982619743722,
        -0.0185501550060167059, -0.0235696087135271086, -0.0313368661304849058,
        -0.0445313360801627608, -0.0704499652830699927, -0.136564548087181832,
        -0.460905349794238683, 1.77777777777777778
    };
    double cosine = sqrt(1.0 - q);
    double square = q / (4.0 * (1.0 + cosine) * (1.0 + sqrt(0.5 * (1.0 + cosine))));
    double p = series[0];
    for (int k = 1; k < 17; k++)
        p = p * square + series[k];
    return p * square;
}

#endif
