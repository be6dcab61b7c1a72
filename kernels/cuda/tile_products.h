// Matrix products of tiles, by a block of threads: what attention is made of.
//
// The 256 threads are a square of 16 by 16. A tile has 64 rows and columns (32 in fp64), of which a
// thread computes every sixteenth: 4 by 4 cells (2 by 2) that stay in its registers.
#pragma once

#include "kernels/cuda/thread_block.h"
#include "kernels/device/attention_task.h"

namespace ringscope::kernel {

constexpr int side = 16;   // of the square of threads
constexpr int depth = 32;  // columns of two matrices that are multiplied at a time

template <typename T>
inline constexpr int tile = sizeof(T) == 8 ? tileRows(ElementType::Double)
                                           : tileRows(ElementType::Float);
template <typename T>
inline constexpr int cells = tile<T> / side;  // of a thread, in each direction
template <typename T>
inline constexpr int line = tile<T> + 1;  // from one row to the next: no two in the same bank

template <typename T>
struct Cells {
    T at[cells<T>][cells<T>];
};

// Of a tile of rows with all columns of a head: `chunks` tiles side by side.
template <typename T, int chunks>
struct Sums {
    Cells<T> chunk[chunks];
};

// What threads of a block share.
template <typename T>
struct ProductMemory {
    static constexpr int across = depth * line<T>;
    static constexpr int square = tile<T> * line<T>;

    T panel[2 * across > square ? 2 * across : square];  // of the tensors, on their way through
    T lines[square];                                     // scores, weights or their gradients
};

// Rows of one head, from the first of a tile on, as far as there are any.
template <typename In>
struct HeadRows {
    const In* first;
    std::int64_t stride;
    std::int64_t count;
};

template <typename In>
RINGSCOPE_KERNEL HeadRows<In> headRows(const HeadTensor& tensor, std::int64_t batch,
                                       std::int64_t head, std::int64_t row, std::int64_t end) {
    const std::int64_t left = end - row;
    return {static_cast<const In*>(tensor.first) + batch * tensor.batchStride +
                head * tensor.headStride + row * tensor.rowStride,
            tensor.rowStride, left};
}

// panel[column][row]: neighbouring threads read neighbouring columns.
template <typename T, typename In>
RINGSCOPE_KERNEL void loadAcross(T* panel, const HeadRows<In>& rows, int size, int firstColumn,
                                 int thread) {
    const int column = thread % depth;
    for (int row = thread / depth; row < tile<T>; row += blockThreads / depth) {
        const bool there = row < rows.count && firstColumn + column < size;
        panel[column * line<T> + row] =
            there ? static_cast<T>(rows.first[row * rows.stride + firstColumn + column]) : T(0);
    }
}

// panel[row][column]
template <typename T, typename In>
RINGSCOPE_KERNEL void loadSquare(T* panel, const HeadRows<In>& rows, int size, int firstColumn,
                                 int thread) {
    const int column = thread % tile<T>;
    for (int row = thread / tile<T>; row < tile<T>; row += blockThreads / tile<T>) {
        const bool there = row < rows.count && firstColumn + column < size;
        panel[row * line<T> + column] =
            there ? static_cast<T>(rows.first[row * rows.stride + firstColumn + column]) : T(0);
    }
}

// result += left * right, where left[i] and right[j] are a thread's of one column.
template <typename T>
RINGSCOPE_KERNEL void addProduct(Cells<T>& result, const T* left, const T* right) {
    RINGSCOPE_UNROLL
    for (int i = 0; i < cells<T>; ++i) {
        RINGSCOPE_UNROLL
        for (int j = 0; j < cells<T>; ++j) result.at[i][j] += left[i] * right[j];
    }
}

// result = left * right^T: rows of two tensors with each other.
template <typename T, typename In>
RINGSCOPE_KERNEL void multiplyRows(const ThreadBlock& block, ProductMemory<T>& memory,
                                   const HeadRows<In>& left, const HeadRows<In>& right, int size,
                                   Registers<Cells<T>>& result) {
    T* const leftPanel = memory.panel;
    T* const rightPanel = memory.panel + ProductMemory<T>::across;
    for (int first = 0; first < size; first += depth) {
        block.all([&](int thread) {
            if (first == 0) result[thread] = Cells<T>{};
            loadAcross<T>(leftPanel, left, size, first, thread);
            loadAcross<T>(rightPanel, right, size, first, thread);
        });
        block.all([&](int thread) {
            const int row = thread / side;
            const int column = thread % side;
            Cells<T>& mine = result[thread];
            for (int k = 0; k < depth; ++k) {
                T a[cells<T>];
                T b[cells<T>];
                RINGSCOPE_UNROLL
                for (int i = 0; i < cells<T>; ++i) {
                    a[i] = leftPanel[k * line<T> + row + side * i];
                    b[i] = rightPanel[k * line<T> + column + side * i];
                }
                addProduct<T>(mine, a, b);
            }
        });
    }
}

// sums += lines * rows, or with `across` lines^T * rows, for all columns of a head.
template <bool across, typename T, typename In, int chunks>
RINGSCOPE_KERNEL void addLinesTimesRows(const ThreadBlock& block, ProductMemory<T>& memory,
                                        const HeadRows<In>& rows, int size,
                                        Registers<Sums<T, chunks>>& sums) {
    RINGSCOPE_UNROLL
    for (int chunk = 0; chunk < chunks; ++chunk) {
        const int first = chunk * tile<T>;
        if (first >= size) break;
        block.all([&](int thread) { loadSquare<T>(memory.panel, rows, size, first, thread); });
        block.all([&](int thread) {
            const int row = thread / side;
            const int column = thread % side;
            Cells<T>& mine = sums[thread].chunk[chunk];
            for (int k = 0; k < tile<T>; ++k) {
                T a[cells<T>];
                T b[cells<T>];
                RINGSCOPE_UNROLL
                for (int i = 0; i < cells<T>; ++i) {
                    const int mineAt = row + side * i;
                    a[i] = memory.lines[across ? k * line<T> + mineAt : mineAt * line<T> + k];
                    b[i] = memory.panel[k * line<T> + column + side * i];
                }
                addProduct<T>(mine, a, b);
            }
        });
    }
}

// Calls visit(row of the tile, column of the head, value) for a thread's share of sums.
template <typename T, int chunks, typename Visit>
RINGSCOPE_KERNEL void forEachSum(Sums<T, chunks>& sums, int thread, Visit&& visit) {
    RINGSCOPE_UNROLL
    for (int chunk = 0; chunk < chunks; ++chunk) {
        RINGSCOPE_UNROLL
        for (int i = 0; i < cells<T>; ++i) {
            RINGSCOPE_UNROLL
            for (int j = 0; j < cells<T>; ++j)
                visit(thread / side + side * i, chunk * tile<T> + thread % side + side * j,
                      sums.chunk[chunk].at[i][j]);
        }
    }
}

}  // namespace ringscope::kernel
