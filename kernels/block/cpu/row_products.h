// One row against rows of a matrix, whose elements may have two bytes. Vector code over plain
// arrays; S is float, double, Bfloat16 or Float16 (two_byte_numbers.h).
#pragma once

#include "kernels/block/cpu/matrix.h"
#include "kernels/vector/two_byte_numbers.h"

#include <cstdint>

namespace ringscope::rows {

// scores[i] = query * row i, of `columns` columns.
template <typename S>
void multiplyRows(const Wide<S>* query, Matrix<const S> matrix, std::int64_t rows,
                  std::int64_t columns, Wide<S>* scores);

// sum += weights[i] * row i.
template <typename S>
void addWeightedRows(const Wide<S>* weights, Matrix<const S> matrix, std::int64_t rows,
                     std::int64_t columns, Wide<S>* sum);

// wide[j] = row[j] * factor.
template <typename S>
void widenRow(const S* row, Wide<S> factor, std::int64_t columns, Wide<S>* to);

}  // namespace ringscope::rows
