// Stretches of rows that move from one tensor to another in one launch: from slices by rank to the
// sequence in token order and back. Free of ATen and CUDA.
#pragma once

#include <cstdint>

namespace ringscope {

struct RowCopy {
    std::int64_t from;
    std::int64_t to;
    std::int64_t count;
};

// Rows of `rowBytes` bytes, one after another on both sides. Every copy happens once for each of
// `groups`, so many rows further.
struct RowCopyTask {
    static constexpr int mostCopies = 128;  // as many as a launch has room for

    const void* from = nullptr;
    void* to = nullptr;
    std::int64_t rowBytes = 0;
    std::int64_t groups = 1;
    std::int64_t groupRowsFrom = 0;
    std::int64_t groupRowsTo = 0;
    int count = 0;
    RowCopy copies[mostCopies] = {};
};

}  // namespace ringscope
