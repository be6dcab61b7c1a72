#include "kernels/model/row_kernels.h"

#include "kernels/vector_math.h"

#include <cmath>

namespace ringscope::rows {
namespace {

template <typename T>
RINGSCOPE_INLINE void normAgainRows(const T* x, const T* gain, const T* inverse, T* normed,
                                    std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* in = x + r * width;
        T* out = normed + r * width;
        const T factor = inverse[r];
        for (std::int64_t i = 0; i < width; ++i) out[i] = in[i] * factor * gain[i];
    }
}

template <typename T>
RINGSCOPE_INLINE T largest(const T* values, std::int64_t width) {
    T most = values[0];
#pragma omp simd reduction(max : most)
    for (std::int64_t i = 0; i < width; ++i) most = values[i] > most ? values[i] : most;
    return most;
}

}  // namespace

template <typename T>
RINGSCOPE_VECTOR void normAgain(const T* x, const T* gain, const T* inverse, T* normed,
                                std::int64_t rows, std::int64_t width) {
    normAgainRows(x, gain, inverse, normed, rows, width);
}

template <typename T>
RINGSCOPE_VECTOR void norm(const T* x, const T* gain, T eps, T* normed, T* inverse,
                           std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* in = x + r * width;
        T squares = 0;
#pragma omp simd reduction(+ : squares)
        for (std::int64_t i = 0; i < width; ++i) squares += in[i] * in[i];
        inverse[r] = T(1) / std::sqrt(squares / static_cast<T>(width) + eps);
    }
    normAgainRows(x, gain, inverse, normed, rows, width);
}

template <typename T>
RINGSCOPE_VECTOR void normBackward(const T* x, const T* gain, const T* inverse, const T* dNormed,
                                   T* dx, T* dGain, std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* in = x + r * width;
        const T* d = dNormed + r * width;
        T* out = dx + r * width;
        const T factor = inverse[r];
        T projection = 0;
#pragma omp simd reduction(+ : projection)
        for (std::int64_t i = 0; i < width; ++i) projection += d[i] * gain[i] * in[i];
        projection *= factor * factor / static_cast<T>(width);
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            out[i] += factor * (d[i] * gain[i] - in[i] * projection);
            dGain[i] += d[i] * in[i] * factor;
        }
    }
}

template <typename T>
RINGSCOPE_VECTOR void gated(const T* gateUp, T* hidden, std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* gate = gateUp + r * 2 * width;
        const T* up = gate + width;
        T* out = hidden + r * width;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i)
            out[i] = gate[i] / (T(1) + exponential(-gate[i])) * up[i];
    }
}

template <typename T>
RINGSCOPE_VECTOR void gatedBackward(const T* gateUp, const T* dHidden, T* dGateUp,
                                    std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* gate = gateUp + r * 2 * width;
        const T* up = gate + width;
        const T* d = dHidden + r * width;
        T* dGate = dGateUp + r * 2 * width;
        T* dUp = dGate + width;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            const T sigmoid = T(1) / (T(1) + exponential(-gate[i]));
            const T silu = gate[i] * sigmoid;
            dGate[i] = d[i] * up[i] * (sigmoid + silu * (T(1) - sigmoid));
            dUp[i] = d[i] * silu;
        }
    }
}

template <typename T>
RINGSCOPE_VECTOR void turn(const T* in, const T* cosine, const T* sine, T* out, std::int64_t rows,
                           const Turn& how) {
    const std::int64_t half = how.width / 2;
    const T direction = static_cast<T>(how.direction);
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t position = (how.firstRow + r) % how.positions;
        const T* c = cosine + position * half;
        const T* s = sine + position * half;
        for (std::int64_t head = 0; head < how.heads; ++head) {
            const T* from = in + r * how.inStride + head * how.width;
            T* to = out + r * how.outStride + head * how.width;
#pragma omp simd
            for (std::int64_t i = 0; i < half; ++i) {
                const T low = from[i];
                const T high = from[i + half];
                to[i] = low * c[i] - high * s[i] * direction;
                to[i + half] = high * c[i] + low * s[i] * direction;
            }
        }
    }
}

template <typename T>
RINGSCOPE_VECTOR double crossEntropy(T* logits, const std::int64_t* labels, std::int64_t ignored,
                                     double scale, std::int64_t rows, std::int64_t width) {
    double loss = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
        T* row = logits + r * width;
        if (labels[r] == ignored) {
            for (std::int64_t i = 0; i < width; ++i) row[i] = 0;
            continue;
        }
        const T shift = largest(row, width);
        const double labelled = static_cast<double>(row[labels[r]]);
        T sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t i = 0; i < width; ++i) {
            row[i] = exponential(row[i] - shift);
            sum += row[i];
        }
        loss += std::log(static_cast<double>(sum)) + static_cast<double>(shift) - labelled;
        const T factor = static_cast<T>(scale / static_cast<double>(sum));
        for (std::int64_t i = 0; i < width; ++i) row[i] *= factor;
        row[labels[r]] -= static_cast<T>(scale);
    }
    return loss * scale;
}

#define RINGSCOPE_ROW_KERNELS(T)                                                              \
    template void norm(const T*, const T*, T, T*, T*, std::int64_t, std::int64_t);            \
    template void normAgain(const T*, const T*, const T*, T*, std::int64_t, std::int64_t);    \
    template void normBackward(const T*, const T*, const T*, const T*, T*, T*, std::int64_t,  \
                               std::int64_t);                                                 \
    template void gated(const T*, T*, std::int64_t, std::int64_t);                            \
    template void gatedBackward(const T*, const T*, T*, std::int64_t, std::int64_t);          \
    template void turn(const T*, const T*, const T*, T*, std::int64_t, const Turn&);          \
    template double crossEntropy(T*, const std::int64_t*, std::int64_t, double, std::int64_t, \
                                 std::int64_t);

RINGSCOPE_ROW_KERNELS(float)
RINGSCOPE_ROW_KERNELS(double)

}  // namespace ringscope::rows
