#include "backend/plan/key_rows.h"

#include <algorithm>

namespace ringscope {

TokenSpan rowSpan(const std::vector<KeyRows>& parts) {
    TokenSpan rows = parts.front().rows;
    for (const KeyRows& part : parts) {
        rows.begin = std::min(rows.begin, part.rows.begin);
        rows.end = std::max(rows.end, part.rows.end);
    }
    return rows;
}

std::int64_t rowCount(const std::vector<KeyRows>& parts) {
    std::int64_t count = 0;
    for (const KeyRows& part : parts) count += part.count() * part.heads.size();
    return count;
}

}  // namespace ringscope
