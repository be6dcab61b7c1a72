#include "kernels/generate/slot_ring.h"

#include <algorithm>

namespace ringscope {
namespace {

// Of `run`, the rows whose tokens are in `seen`.
SlotRun partOf(const SlotRun& run, TokenSpan seen) {
    const std::int64_t stride = run.tokens.stride;
    const auto rowsBefore = [&](std::int64_t token) {
        const std::int64_t distance = token - run.tokens.first;
        const std::int64_t rows = distance <= 0 ? 0 : (distance + stride - 1) / stride;
        return std::min(rows, run.slots.size());
    };
    const std::int64_t begin = rowsBefore(seen.begin);
    const std::int64_t end = std::max(begin, rowsBefore(seen.end));
    return {{run.slots.begin + begin, run.slots.begin + end}, {run.tokens.at(begin), stride}};
}

}  // namespace

void SlotRing::append(std::int64_t token) {
    const std::int64_t slot = put_ % slots_;
    if (put_ >= slots_) dropOldest();
    ++put_;
    if (!runs_.empty()) {
        SlotRun& last = runs_.back();
        const bool alone = last.slots.size() == 1;
        const bool evenly = alone || last.tokens.at(last.slots.size()) == token;
        if (last.slots.end == slot && evenly) {
            if (alone) last.tokens.stride = token - last.tokens.first;
            ++last.slots.end;
            return;
        }
    }
    runs_.push_back({{slot, slot + 1}, {token, 1}});
}

void SlotRing::dropOldest() {
    SlotRun& oldest = runs_.front();
    ++oldest.slots.begin;
    oldest.tokens.first += oldest.tokens.stride;
    if (oldest.slots.size() == 0) runs_.pop_front();
}

std::vector<SlotCopy> SlotRing::put(const std::vector<std::int64_t>& tokens) {
    const auto count = static_cast<std::int64_t>(tokens.size());
    const std::int64_t skipped = std::max<std::int64_t>(0, count - slots_);
    std::vector<SlotCopy> copies;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t slot = put_ % slots_;
        append(tokens[static_cast<std::size_t>(i)]);
        if (i < skipped) continue;
        if (copies.empty() || slot == 0)
            copies.push_back({i, 1, slot});
        else
            ++copies.back().count;
    }
    return copies;
}

std::vector<SlotRun> SlotRing::held(TokenSpan seen, bool numbersMatter) const {
    std::vector<SlotRun> found;
    for (const SlotRun& run : runs_) {
        const SlotRun part = partOf(run, seen);
        if (part.slots.size() <= 0) continue;
        const bool joins =
            !numbersMatter && !found.empty() && found.back().slots.end == part.slots.begin;
        if (joins)
            found.back().slots.end = part.slots.end;
        else
            found.push_back(numbersMatter ? part : SlotRun{part.slots, {}});
    }
    return found;
}

}  // namespace ringscope
