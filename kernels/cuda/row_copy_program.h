// RowCopyTask as the program of a block of threads: each takes a piece of one copy in one group, 16
// bytes at a time where addresses allow it.
#pragma once

#include "kernels/cuda/thread_block.h"
#include "kernels/device/row_copy_task.h"

namespace ringscope::kernel {

constexpr std::int64_t pieceBytes = 64 * 1024;

struct alignas(16) SixteenBytes {
    std::uint32_t words[4];
};

RINGSCOPE_KERNEL bool isAligned(const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) % sizeof(SixteenBytes) == 0;
}

// Blocks of threads: one for each piece of the longest copy, of every copy in every group.
inline std::int64_t copyBlocks(const RowCopyTask& task) {
    std::int64_t most = 0;
    for (int i = 0; i < task.count; ++i)
        most = task.copies[i].count > most ? task.copies[i].count : most;
    const std::int64_t pieces = (most * task.rowBytes + pieceBytes - 1) / pieceBytes;
    return pieces * task.count * task.groups;
}

// What block `index` of copyBlocks() does; nothing where its copy has fewer pieces.
RINGSCOPE_KERNEL void copyPiece(const ThreadBlock& block, const RowCopyTask& task,
                                std::int64_t index) {
    const RowCopy& rows = task.copies[index % task.count];
    const std::int64_t group = index / task.count % task.groups;
    const std::int64_t first = index / task.count / task.groups * pieceBytes;
    const std::int64_t left = rows.count * task.rowBytes - first;
    const std::int64_t bytes = left < pieceBytes ? left : pieceBytes;
    if (bytes <= 0) return;
    const char* const from = static_cast<const char*>(task.from) + first +
                             (rows.from + group * task.groupRowsFrom) * task.rowBytes;
    char* const to =
        static_cast<char*>(task.to) + first + (rows.to + group * task.groupRowsTo) * task.rowBytes;
    block.all([&](int thread) {
        constexpr auto wide = static_cast<std::int64_t>(sizeof(SixteenBytes));
        const std::int64_t vectors = isAligned(from) && isAligned(to) ? bytes / wide : 0;
        for (std::int64_t i = thread; i < vectors; i += blockThreads)
            reinterpret_cast<SixteenBytes*>(to)[i] = reinterpret_cast<const SixteenBytes*>(from)[i];
        for (std::int64_t i = vectors * wide + thread; i < bytes; i += blockThreads)
            to[i] = from[i];
    });
}

}  // namespace ringscope::kernel
