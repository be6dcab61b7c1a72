#include "backend/plan/message_fit.h"

#include "backend/core/text.h"
#include "backend/plan/blocks.h"
#include "backend/plan/buffers.h"
#include "backend/plan/patterns/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

void measure(MessageFit& fit) {
    const Schedule& schedule = fit.schedule;
    for (const int rank : ranksToMeasure(schedule)) {
        const RankSchedule steps = schedule.makeSteps(schedule, rank);
        fit.bufferBytes = std::max(fit.bufferBytes, bufferBytes(schedule, steps));
        fit.sentBytes = std::max(fit.sentBytes, fit.turns * sentBytes(steps));
    }
}

class Fitting {
public:
    Fitting(const Mode& mode, const AttentionShape& shape, const std::optional<AttentionMask>& mask,
            const std::optional<ChosenLayout>& layout)
        : mode_(mode), shape_(shape), mask_(mask), layout_(layout) {}

    Result<MessageFit> inTurns(std::int64_t turns, bool packed, bool ahead) const {
        MessageFit fit{.turns = turns, .packed = packed, .ahead = ahead};
        AttentionShape shape = shape_;
        shape.heads /= turns;
        shape.kvHeads /= turns;
        shape.packed = packed;
        shape.ahead = ahead;
        RINGSCOPE_TRY(fit.schedule, scheduleOver(mode_, shape, layout_));
        if (mask_) fit.schedule = masked(std::move(fit.schedule), *mask_, shape.pattern);
        measure(fit);
        return fit;
    }

    // Every number of turns that the heads and the mode allow, from two on; ranks stay grouped as
    // they are in `whole`.
    std::vector<std::int64_t> turns(const Schedule& whole) const {
        std::vector<std::int64_t> legal;
        if (whole.latent) return legal;  // all heads come from one latent
        // Turns have the blocks of one turn.
        if (shape_.pattern != nullptr && !shape_.pattern->headsAlike()) return legal;
        for (std::int64_t turns = 2; turns <= shape_.kvHeads; ++turns) {
            if (shape_.kvHeads % turns != 0) continue;
            const Result<MessageFit> fit = inTurns(turns, true, true);
            if (fit.ok() && fit->schedule.arrangement == whole.arrangement) legal.push_back(turns);
        }
        return legal;
    }

private:
    const Mode& mode_;
    const AttentionShape& shape_;
    const std::optional<AttentionMask>& mask_;
    const std::optional<ChosenLayout>& layout_;
};

Error doesNotFit(const Mode& mode, const MessageFit& smallest, Bytes limit) {
    return {ErrorCode::InvalidConfig,
            fmt::format("{} needs at least {} for the buffers of its messages, more than "
                        "parallel.comm_buffer_limit ({})",
                        mode.name, formatBytes({smallest.bufferBytes}), formatBytes(limit))};
}

}  // namespace

std::string MessageFit::text() const {
    std::vector<std::string> words;
    if (turns > 1) words.push_back(fmt::format("heads in {} turns", turns));
    if (!packed) words.emplace_back("unpacked");
    if (!ahead) words.emplace_back("synchronous");
    return join(words, ", ");
}

Result<MessageFit> fitMessages(const Mode& mode, const AttentionShape& shape,
                               const std::optional<AttentionMask>& mask, Bytes limit,
                               const std::optional<ChosenLayout>& layout) {
    const Fitting fitting(mode, shape, mask, layout);
    RINGSCOPE_TRY(MessageFit best, fitting.inTurns(1, true, true));
    if (best.bufferBytes <= limit.count) return best;
    for (const std::int64_t turns : fitting.turns(best.schedule)) {
        RINGSCOPE_TRY(best, fitting.inTurns(turns, true, true));
        if (best.bufferBytes <= limit.count) return best;
    }
    // What does not help is left as it is.
    RINGSCOPE_TRY(MessageFit unpacked, fitting.inTurns(best.turns, false, true));
    if (unpacked.bufferBytes <= limit.count) return unpacked;
    if (unpacked.bufferBytes < best.bufferBytes) best = std::move(unpacked);
    RINGSCOPE_TRY(MessageFit synchronous, fitting.inTurns(best.turns, best.packed, false));
    if (synchronous.bufferBytes <= limit.count) return synchronous;
    if (synchronous.bufferBytes < best.bufferBytes) best = std::move(synchronous);
    return doesNotFit(mode, best, limit);
}

}  // namespace ringscope
