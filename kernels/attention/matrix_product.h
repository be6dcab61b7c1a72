// Products of small matrices, on the BLAS that libtorch brings. The matrices are rows apart by a
// stride, as slices of tensors are; nothing is copied.
#pragma once

#include <cstdint>

namespace ringscope {

// Rows of T, `stride` scalars from one to the next.
template <typename T>
struct Matrix {
    T* first = nullptr;
    std::int64_t stride = 0;

    T* row(std::int64_t index) const { return first + index * stride; }
};

// c (rows x columns) = alpha * a (rows x inner) * b^T (columns x inner).
template <typename T>
void timesTransposed(Matrix<const T> a, Matrix<const T> b, Matrix<T> c, std::int64_t rows,
                     std::int64_t columns, std::int64_t inner, T alpha);

// c (rows x columns) += alpha * a (rows x inner) * b (inner x columns).
template <typename T>
void addProduct(Matrix<const T> a, Matrix<const T> b, Matrix<T> c, std::int64_t rows,
                std::int64_t columns, std::int64_t inner, T alpha);

// c (rows x columns) += alpha * a^T (inner x rows) * b (inner x columns).
template <typename T>
void addTransposedProduct(Matrix<const T> a, Matrix<const T> b, Matrix<T> c, std::int64_t rows,
                          std::int64_t columns, std::int64_t inner, T alpha);

}  // namespace ringscope
