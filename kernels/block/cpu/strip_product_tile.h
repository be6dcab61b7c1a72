// The register tile of strip_product.h, for one size of vectors. A file that includes it says first
// for which processor it is compiled; everything here is its own.
#pragma once

#include "kernels/block/cpu/strip_product.h"

#include <algorithm>

namespace ringscope {
namespace {

template <typename T, int bytes>
struct VectorOf {
    typedef T Register __attribute__((vector_size(bytes)));
    typedef T Memory __attribute__((vector_size(bytes), aligned(alignof(T)), may_alias));
    static constexpr int lanes = bytes / static_cast<int>(sizeof(T));
};

// `rows` x `vectors` sums in registers; each step of the inner dimension loads the vectors of b
// once and broadcasts one scalar of a for each row.
template <typename T, int bytes, int rows, int vectors, bool transposed>
void registerTile(const T* a, const T* b, std::int64_t bStride, std::int64_t inner, T* c,
                  std::int64_t cStride, bool add) {
    using Vector = VectorOf<T, bytes>;
    typename Vector::Register sums[rows][vectors] = {};
    for (std::int64_t i = 0; i < inner; ++i) {
        typename Vector::Register right[vectors];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v)
            right[v] = *reinterpret_cast<const typename Vector::Memory*>(b + v * Vector::lanes);
#pragma GCC unroll 12
        for (int r = 0; r < rows; ++r) {
            const T left = a[transposed ? r : r * lineStride];
#pragma GCC unroll 2
            for (int v = 0; v < vectors; ++v) sums[r][v] += left * right[v];
        }
        a += transposed ? lineStride : 1;
        b += bStride;
    }
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) {
            auto* at =
                reinterpret_cast<typename Vector::Memory*>(c + r * cStride + v * Vector::lanes);
            *at = add ? *at + sums[r][v] : sums[r][v];
        }
    }
}

// Up to `most` rows at a time, then fewer.
template <typename T, int bytes, int most, int vectors, bool transposed>
void rowsByVectors(const StripProduct<T>& product, const T* b, std::int64_t bStride, T* c,
                   std::int64_t row) {
    for (; row + most <= product.rows; row += most)
        registerTile<T, bytes, most, vectors, transposed>(
            product.a + row * (transposed ? 1 : lineStride), b, bStride, product.inner,
            c + row * product.cStride, product.cStride, product.add);
    constexpr int fewer = most == 12 ? 8 : most == 6 ? 4 : most / 2;
    if constexpr (fewer > 0)
        rowsByVectors<T, bytes, fewer, vectors, transposed>(product, b, bStride, c, row);
}

template <typename T, int bytes, int rows, bool transposed>
void panelByPanel(const StripProduct<T>& product) {
    constexpr int lanes = VectorOf<T, bytes>::lanes;
    for (std::int64_t column = 0; column < product.columns; column += panelColumns) {
        const std::int64_t width = std::min(panelColumns, product.columns - column);
        const T* panel = product.b + column / panelColumns * product.bPanels + product.bRow * width;
        std::int64_t at = 0;
        for (; at + 2 * lanes <= width; at += 2 * lanes)
            rowsByVectors<T, bytes, rows, 2, transposed>(product, panel + at, width,
                                                         product.c + column + at, 0);
        if (at < width)
            rowsByVectors<T, bytes, rows, 1, transposed>(product, panel + at, width,
                                                         product.c + column + at, 0);
    }
}

template <int bytes, int rows, typename T>
void multiplyIn(const StripProduct<T>& product) {
    if (product.aTransposed)
        panelByPanel<T, bytes, rows, true>(product);
    else
        panelByPanel<T, bytes, rows, false>(product);
}

}  // namespace
}  // namespace ringscope
