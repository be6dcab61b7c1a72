#include "kernels/attention/score_rows.h"

#include "kernels/vector_math.h"

namespace ringscope::rows {
namespace {

RINGSCOPE_INLINE std::uint32_t bitsOf(const DropoutRow& row, std::uint32_t key) {
    return dropoutBits(row, key);
}

}  // namespace

template <typename T>
RINGSCOPE_VECTOR void bendScores(const ScoreRow<T>& row, T* scores, T* slack) {
    const std::int64_t size = row.size;
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
    T most = scores[0];
#pragma omp simd reduction(max : most)
    for (std::int64_t j = 0; j < size; ++j) most = scores[j] > most ? scores[j] : most;
    return most;
}

template <typename T>
RINGSCOPE_VECTOR T weighScores(const ScoreRow<T>& row, T* scores, T shift) {
    const std::int64_t size = row.size;
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t j = 0; j < size; ++j) {
        scores[j] = exponential(scores[j] - shift);
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
    const std::int64_t size = row.size;
    if (row.dropBelow == 0) {
#pragma omp simd
        for (std::int64_t j = 0; j < size; ++j) {
            scores[j] = exponential(scores[j] - lse);
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
            const T weight = exponential(scores[j] - lse);
            dWeights[j] = weight * (dWeights[j] * keep - delta);
            scores[j] = weight * keep;
        }
    }
    if (row.softcap != T(0)) {
#pragma omp simd
        for (std::int64_t j = 0; j < size; ++j) dWeights[j] *= slack[j];
    }
}

template <typename T>
RINGSCOPE_VECTOR void scaleRow(T* values, std::int64_t size, T factor) {
#pragma omp simd
    for (std::int64_t j = 0; j < size; ++j) values[j] *= factor;
}

#define RINGSCOPE_SCORE_ROWS(T)                                               \
    template void bendScores(const ScoreRow<T>&, T*, T*);                     \
    template T largestScore(const T*, std::int64_t);                          \
    template T weighScores(const ScoreRow<T>&, T*, T);                        \
    template void scoreGradients(const ScoreRow<T>&, T*, T*, const T*, T, T); \
    template void scaleRow(T*, std::int64_t, T);

RINGSCOPE_SCORE_ROWS(float)
RINGSCOPE_SCORE_ROWS(double)

}  // namespace ringscope::rows
