// A matrix packed for strip_product.h: panels of 32 columns, each row by row in one piece. The last
// panel has 16 columns if that is enough; columns beyond the matrix are 0.
#pragma once

#include "kernels/block/cpu/matrix.h"
#include "kernels/block/cpu/strip_product.h"

namespace ringscope {

// Columns of a matrix and of the zeros beside it.
constexpr std::int64_t paddedColumns(std::int64_t columns) { return (columns + 15) / 16 * 16; }

template <typename T>
class Panels {
public:
    // Memory for up to so many rows and columns.
    Panels(std::int64_t mostRows, std::int64_t mostColumns)
        : values_(mostRows * paddedColumns(mostColumns)) {}

    void pack(Matrix<const T> matrix, std::int64_t rows, std::int64_t columns);
    // Packs the transpose of rows x columns.
    void packTransposed(Matrix<const T> matrix, std::int64_t rows, std::int64_t columns);

    // `inner` rows and `columns` (whole panels) from there on, as the right operand of a product.
    StripProduct<T> part(std::int64_t row, std::int64_t inner, std::int64_t column,
                         std::int64_t columns) const;
    std::int64_t columns() const { return columns_; }  // padded

private:
    T* panel(std::int64_t column) const { return values_.first() + rows_ * column; }

    LineBuffer<T> values_;
    std::int64_t rows_ = 0;
    std::int64_t columns_ = 0;
};

}  // namespace ringscope
