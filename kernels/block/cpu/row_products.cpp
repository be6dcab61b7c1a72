#include "kernels/block/cpu/row_products.h"

#include "kernels/vector/vector_code.h"

namespace ringscope::rows {

template <typename S>
RINGSCOPE_VECTOR void multiplyRows(const Wide<S>* query, Matrix<const S> matrix, std::int64_t rows,
                                   std::int64_t columns, Wide<S>* scores) {
    for (std::int64_t row = 0; row < rows; ++row) {
        const S* key = matrix.first + row * matrix.stride;
        Wide<S> sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t j = 0; j < columns; ++j) sum += query[j] * wide(key[j]);
        scores[row] = sum;
    }
}

template <typename S>
RINGSCOPE_VECTOR void addWeightedRows(const Wide<S>* weights, Matrix<const S> matrix,
                                      std::int64_t rows, std::int64_t columns, Wide<S>* sum) {
    for (std::int64_t row = 0; row < rows; ++row) {
        const S* value = matrix.first + row * matrix.stride;
        const Wide<S> weight = weights[row];
#pragma omp simd
        for (std::int64_t j = 0; j < columns; ++j) sum[j] += weight * wide(value[j]);
    }
}

template <typename S>
RINGSCOPE_VECTOR void widenRow(const S* row, Wide<S> factor, std::int64_t columns, Wide<S>* to) {
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) to[j] = wide(row[j]) * factor;
}

#define RINGSCOPE_ROW_PRODUCTS(S)                                                                 \
    template void multiplyRows<S>(const Wide<S>*, Matrix<const S>, std::int64_t, std::int64_t,    \
                                  Wide<S>*);                                                      \
    template void addWeightedRows<S>(const Wide<S>*, Matrix<const S>, std::int64_t, std::int64_t, \
                                     Wide<S>*);                                                   \
    template void widenRow<S>(const S*, Wide<S>, std::int64_t, Wide<S>*);

RINGSCOPE_ROW_PRODUCTS(float)
RINGSCOPE_ROW_PRODUCTS(double)
RINGSCOPE_ROW_PRODUCTS(Bfloat16)
RINGSCOPE_ROW_PRODUCTS(Float16)

}  // namespace ringscope::rows
