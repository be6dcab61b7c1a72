#include "kernels/block/cpu/panels.h"

#include "kernels/block/cpu/score_rows.h"
#include "kernels/vector/vector_code.h"

#include <algorithm>

namespace ringscope {
namespace {

// Through a block that is in one piece: rows that are a power of two apart share few cache sets.
template <typename T>
RINGSCOPE_VECTOR void transposeInto(const T* from, std::int64_t stride, std::int64_t columns,
                                    std::int64_t rows, std::int64_t width, T* to) {
    constexpr std::int64_t most = 16;
    T block[panelColumns * most] = {};
    for (std::int64_t first = 0; first < columns; first += most) {
        const std::int64_t held = columns - first < most ? columns - first : most;
        for (std::int64_t row = 0; row < rows; ++row)
            for (std::int64_t column = 0; column < held; ++column)
                block[row * most + column] = from[row * stride + first + column];
        for (std::int64_t column = 0; column < held; ++column)
            for (std::int64_t row = 0; row < width; ++row)
                to[(first + column) * width + row] = block[row * most + column];
    }
}

template void transposeInto(const float*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                            float*);
template void transposeInto(const double*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                            double*);

}  // namespace

template <typename T>
void Panels<T>::pack(Matrix<const T> matrix, std::int64_t rows, std::int64_t columns) {
    rows_ = rows;
    columns_ = paddedColumns(columns);
    for (std::int64_t column = 0; column < columns_; column += panelColumns) {
        const std::int64_t width = std::min(panelColumns, columns_ - column);
        const std::int64_t held = std::min(width, columns - column);
        T* to = panel(column);
        if (held < width) std::fill(to, to + rows * width, T(0));
        rows::copyRows<T>({matrix.first + column, matrix.stride}, T(1), {to, width}, rows, held);
    }
}

template <typename T>
void Panels<T>::packTransposed(Matrix<const T> matrix, std::int64_t rows, std::int64_t columns) {
    rows_ = columns;
    columns_ = paddedColumns(rows);
    for (std::int64_t column = 0; column < columns_; column += panelColumns) {
        const std::int64_t width = std::min(panelColumns, columns_ - column);
        const std::int64_t held = std::min(width, rows - column);
        T* to = panel(column);
        transposeInto(matrix.row(column), matrix.stride, columns, held, width, to);
    }
}

template <typename T>
StripProduct<T> Panels<T>::part(std::int64_t row, std::int64_t inner, std::int64_t column,
                                std::int64_t columns) const {
    return {.b = panel(column),
            .bPanels = rows_ * panelColumns,
            .bRow = row,
            .inner = inner,
            .columns = columns};
}

template class Panels<float>;
template class Panels<double>;

}  // namespace ringscope
