#include "backend/plan/step_rows.h"

#include <algorithm>

namespace ringscope {
namespace {

TokenSpan rowsOfBlocks(const Step& step, TokenSpan Block::*side) {
    if (step.blocks.empty()) return {};
    TokenSpan rows = step.blocks.front().*side;
    for (const Block& block : step.blocks) {
        rows.begin = std::min(rows.begin, (block.*side).begin);
        rows.end = std::max(rows.end, (block.*side).end);
    }
    return rows;
}

}  // namespace

TokenSpan queryRows(const Step& step) { return rowsOfBlocks(step, &Block::queries); }
TokenSpan keyRows(const Step& step) { return rowsOfBlocks(step, &Block::keys); }

}  // namespace ringscope
