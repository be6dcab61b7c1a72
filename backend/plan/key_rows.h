// Rows of a rank's keys, for some of the heads that they have.
#pragma once

#include "backend/plan/layout.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// Some of the key/value heads that a rank holds, each with its share of the query heads.
struct HeadSpan {
    std::int64_t begin = 0;
    std::int64_t end = 0;  // one past the last

    std::int64_t size() const { return end - begin; }
    bool operator==(const HeadSpan&) const = default;
};

// Every so many-th row, the first and the last included. Latents are one head.
struct KeyRows {
    TokenSpan rows{};
    std::int64_t step = 1;
    HeadSpan heads{};

    std::int64_t count() const { return (rows.size() + step - 1) / step; }
    bool operator==(const KeyRows&) const = default;
};

// From the first to the last row of `parts`, which are not empty.
TokenSpan rowSpan(const std::vector<KeyRows>& parts);

// Rows of all heads.
std::int64_t rowCount(const std::vector<KeyRows>& parts);

}  // namespace ringscope
