// One row of a tile of scores, one query against some keys: what happens to it between the matrix
// products. Vector code over plain arrays.
#pragma once

#include "kernels/block/cpu/matrix.h"
#include "kernels/block/score_rules.h"

#include <cstdint>

namespace ringscope::rows {

// Column j holds the score of key token firstKey + j * keyStride. Rows are whole vectors: columns
// beside those that a query sees take part, with scores of -infinity.
constexpr std::int64_t rowColumns = 16;  // `size` is a multiple

template <typename T>
struct ScoreRow {
    std::int64_t size = 0;      // columns
    std::int64_t distance = 0;  // of the query's token from column 0's key token
    std::int64_t firstKey = 0;
    std::int64_t keyStride = 1;
    T softcap = 0;                // 0: none
    T slope = 0;                  // 0: none
    std::uint32_t dropBelow = 0;  // 0: no dropout
    T keepFactor = 1;
    DropoutRow random{};
};

// Soft-cap and ALiBi in place. `slack`, where it is given, becomes the soft-cap's derivative.
template <typename T>
void bendScores(const ScoreRow<T>& row, T* scores, T* slack);

template <typename T>
T largestScore(const T* scores, std::int64_t size);

// Replaces scores by exp(score - shift) and returns their sum; then drops weights. No score may be
// above shift. In fp32 what is below e^-80 becomes 0: products with it would be subnormal numbers,
// which are slow, and it is nothing beside the weight of 1 that there is.
template <typename T>
T weighScores(const ScoreRow<T>& row, T* scores, T shift);

// scores become the weights exp(score - lse), dropped; dWeights, the gradient of the dropped
// weights, becomes the gradient of the scores before soft-cap. `delta` = sum(out * dOut).
template <typename T>
void scoreGradients(const ScoreRow<T>& row, T* scores, T* dWeights, const T* slack, T lse, T delta);

template <typename T>
void fill(T* values, std::int64_t size, T value);

template <typename T>
void scaleRow(T* values, std::int64_t size, T factor);

// to = from * factor, in rows of `columns`.
template <typename T>
void copyRows(Matrix<const T> from, T factor, Matrix<T> to, std::int64_t rows,
              std::int64_t columns);

// sum = sum * factors (one for each row; null: 1) + part * partFactor.
template <typename T>
void addRows(Matrix<T> sum, const T* factors, Matrix<const T> part, T partFactor, std::int64_t rows,
             std::int64_t columns);

}  // namespace ringscope::rows
