#include "kernels/block/cpu/score_rows.h"

#include "kernels/vector/vector_math.h"

#include <bit>
#include <cmath>

namespace ringscope::rows {
namespace {

RINGSCOPE_INLINE std::uint32_t bitsOf(const DropoutRow& row, std::uint32_t key) {
    return dropoutBits(row, key);
}

// e^x for x up to about 0, to 2 ulp, as weighScores promises it.
RINGSCOPE_INLINE float weight(float x) {
    constexpr float least = -80.0F;
    constexpr float log2e = 1.44269504F;
    constexpr float ln2High = 0.693359375F;
    constexpr float ln2Low = -2.12194440e-4F;
    constexpr float roundingShift = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
    const float clamped = x < least ? least : x;  // what is no number stays none
    const float shifted = clamped * log2e + roundingShift;
    const float n = shifted - roundingShift;
    const float r = (clamped - n * ln2High) - n * ln2Low;
    float series = 0.00139262131F;
    series = series * r + 0.00836320315F;
    series = series * r + 0.0416665561F;
    series = series * r + 0.166665763F;
    series = series * r + 0.5F;
    series = series * r + 1.0F;
    series = series * r + 1.0F;
    // The integer is in shifted's lowest bits; as a part of the exponent it multiplies by 2^n.
    const std::int32_t bits =
        std::bit_cast<std::int32_t>(series) + (std::bit_cast<std::int32_t>(shifted) << 23);
    return x < least ? 0.0F : std::bit_cast<float>(bits);
}
RINGSCOPE_INLINE double weight(double x) { return std::exp(x); }

// Columns are whole vectors: this tells the compiler.
RINGSCOPE_INLINE std::int64_t whole(std::int64_t size) { return size / rowColumns * rowColumns; }

}  // namespace

template <typename T>
RINGSCOPE_VECTOR void bendScores(const ScoreRow<T>& row, T* scores, T* slack) {
    const std::int64_t size = whole(row.size);
    if (row.softcap != T(0)) {
        const T cap = row.softcap;
        const T inverse = T(1) / cap;
#pragma omp simd
        for (std::int64_t j = 0; j < size; ++j) scores[j] = hyperbolicTangent(scores[j] * inverse);
        if (slack != nullptr) {
#pragma omp simd
            for (std::int64_t j = 0; j < size; ++j) slack[j] = T(1) - scores[j] * scores[j];
        }
#pragma omp simd
        for (std::int64_t j = 0; j < size; ++j) scores[j] *= cap;
    }
    if (row.slope != T(0)) {
        const T slope = row.slope;
        const auto distance = static_cast<std::int32_t>(row.distance);
        const auto stride = static_cast<std::int32_t>(row.keyStride);
        const auto columns = static_cast<std::int32_t>(size);
#pragma omp simd
        for (std::int32_t j = 0; j < columns; ++j) {
            const std::int32_t away = distance - j * stride;
            scores[j] -= slope * static_cast<T>(away < 0 ? -away : away);
        }
    }
}

template <typename T>
RINGSCOPE_VECTOR T largestScore(const T* scores, std::int64_t size) {
    size = whole(size);
    T most = scores[0];
#pragma omp simd reduction(max : most)
    for (std::int64_t j = 0; j < size; ++j) most = scores[j] > most ? scores[j] : most;
    return most;
}

template <typename T>
RINGSCOPE_VECTOR T weighScores(const ScoreRow<T>& row, T* scores, T shift) {
    const std::int64_t size = whole(row.size);
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t j = 0; j < size; ++j) {
        scores[j] = weight(scores[j] - shift);
        sum += scores[j];
    }
    if (row.dropBelow == 0) return sum;
    const DropoutRow random = row.random;
    const auto first = static_cast<std::uint32_t>(row.firstKey);
    const auto stride = static_cast<std::uint32_t>(row.keyStride);
    const std::uint32_t dropBelow = row.dropBelow;
    const T factor = row.keepFactor;
    const auto columns = static_cast<std::uint32_t>(size);
#pragma omp simd
    for (std::uint32_t j = 0; j < columns; ++j)
        scores[j] *= bitsOf(random, first + j * stride) < dropBelow ? T(0) : factor;
    return sum;
}

template <typename T>
RINGSCOPE_VECTOR void scoreGradients(const ScoreRow<T>& row, T* scores, T* dWeights, const T* slack,
                                     T lse, T delta) {
    const std::int64_t size = whole(row.size);
    if (row.dropBelow == 0) {
#pragma omp simd
        for (std::int64_t j = 0; j < size; ++j) {
            scores[j] = weight(scores[j] - lse);
            dWeights[j] = scores[j] * (dWeights[j] - delta);
        }
    } else {
        const DropoutRow random = row.random;
        const auto first = static_cast<std::uint32_t>(row.firstKey);
        const auto stride = static_cast<std::uint32_t>(row.keyStride);
        const std::uint32_t dropBelow = row.dropBelow;
        const T factor = row.keepFactor;
        const auto columns = static_cast<std::uint32_t>(size);
#pragma omp simd
        for (std::uint32_t j = 0; j < columns; ++j) {
            const T keep = bitsOf(random, first + j * stride) < dropBelow ? T(0) : factor;
            const T undropped = weight(scores[j] - lse);
            dWeights[j] = undropped * (dWeights[j] * keep - delta);
            scores[j] = undropped * keep;
        }
    }
    if (row.softcap != T(0)) {
#pragma omp simd
        for (std::int64_t j = 0; j < size; ++j) dWeights[j] *= slack[j];
    }
}

template <typename T>
RINGSCOPE_VECTOR void fill(T* values, std::int64_t size, T value) {
#pragma omp simd
    for (std::int64_t j = 0; j < size; ++j) values[j] = value;
}

template <typename T>
RINGSCOPE_VECTOR void scaleRow(T* values, std::int64_t size, T factor) {
#pragma omp simd
    for (std::int64_t j = 0; j < size; ++j) values[j] *= factor;
}

template <typename T>
RINGSCOPE_VECTOR void copyRows(Matrix<const T> from, T factor, Matrix<T> to, std::int64_t rows,
                               std::int64_t columns) {
    for (std::int64_t row = 0; row < rows; ++row) {
        const T* in = from.first + row * from.stride;
        T* out = to.first + row * to.stride;
#pragma omp simd
        for (std::int64_t j = 0; j < columns; ++j) out[j] = in[j] * factor;
    }
}

template <typename T>
RINGSCOPE_VECTOR void addRows(Matrix<T> sum, const T* factors, Matrix<const T> part, T partFactor,
                              std::int64_t rows, std::int64_t columns) {
    for (std::int64_t row = 0; row < rows; ++row) {
        const T factor = factors != nullptr ? factors[row] : T(1);
        const T* in = part.first + row * part.stride;
        T* out = sum.first + row * sum.stride;
#pragma omp simd
        for (std::int64_t j = 0; j < columns; ++j) out[j] = out[j] * factor + in[j] * partFactor;
    }
}

#define RINGSCOPE_SCORE_ROWS(T)                                                        \
    template void bendScores(const ScoreRow<T>&, T*, T*);                              \
    template T largestScore(const T*, std::int64_t);                                   \
    template T weighScores(const ScoreRow<T>&, T*, T);                                 \
    template void scoreGradients(const ScoreRow<T>&, T*, T*, const T*, T, T);          \
    template void fill(T*, std::int64_t, T);                                           \
    template void scaleRow(T*, std::int64_t, T);                                       \
    template void copyRows(Matrix<const T>, T, Matrix<T>, std::int64_t, std::int64_t); \
    template void addRows(Matrix<T>, const T*, Matrix<const T>, T, std::int64_t, std::int64_t);

RINGSCOPE_SCORE_ROWS(float)
RINGSCOPE_SCORE_ROWS(double)

}  // namespace ringscope::rows
