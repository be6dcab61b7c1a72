#include "backend/plan/plan_hash.h"

#include "backend/core/mix.h"
#include "backend/plan/patterns/pattern.h"

#include <fmt/format.h>
#include <cstdint>
#include <optional>
#include <set>

namespace ringscope {
namespace {

constexpr int mostBetween = 13;
// A striped rank has a span for each of its tokens. Of more tokens than this, the blocks alone are
// looked at.
constexpr std::int64_t mostTokens = std::int64_t{1} << 20;

class Fingerprint {
public:
    void add(std::int64_t number) { state_ = mixBits(state_ ^ static_cast<std::uint64_t>(number)); }
    void addAll(std::initializer_list<std::int64_t> numbers) {
        for (const std::int64_t number : numbers) add(number);
    }
    // So that the end of one list is not taken for the begin of the next.
    void addSize(const auto& list) { add(static_cast<std::int64_t>(list.size())); }

    std::string text() const { return fmt::format("{:016x}", state_); }

private:
    std::uint64_t state_ = 0x72696e6773636f70U;
};

void add(Fingerprint& print, const RankSet& set) {
    print.addAll({set.first, set.count, set.stride});
}

void add(Fingerprint& print, const PatternConfig& pattern) {
    print.addAll({static_cast<std::int64_t>(pattern.kind),
                  static_cast<std::int64_t>(pattern.offsets), pattern.stopGradient, pattern.block,
                  pattern.local, pattern.stride, pattern.levels, pattern.globalTokens,
                  pattern.topK});
    for (const std::vector<std::int64_t>* list : {&pattern.segments, &pattern.rates}) {
        print.addSize(*list);
        for (const std::int64_t number : *list) print.add(number);
    }
    for (const char letter : pattern.file.value_or("")) print.add(letter);
}

void add(Fingerprint& print, const AttentionShape& shape) {
    print.addAll({shape.ranks, shape.batch, shape.tokens, shape.heads, shape.kvHeads, shape.headDim,
                  shape.causal, shape.ulysses, shape.ulyssesInner, shape.innerRing, shape.packed,
                  shape.ahead, shape.elementBytes, shape.gradientAccumulatorBytes});
    if (shape.latentColumns > 0) print.add(shape.latentColumns);
    if (shape.gateColumns > 0) print.add(shape.gateColumns);
    if (shape.pattern != nullptr) add(print, shape.pattern->config());
}

void add(Fingerprint& print, const AttentionMask& mask) {
    print.addAll({mask.causal, mask.left.value_or(-1), mask.right.value_or(-1)});
    print.addSize(mask.documents);
    for (const std::int64_t boundary : mask.documents) print.add(boundary);
}

void add(Fingerprint& print, const Transfer& transfer) {
    print.addAll({static_cast<std::int64_t>(transfer.kind),
                  static_cast<std::int64_t>(transfer.payload),
                  static_cast<std::int64_t>(transfer.posted), transfer.peer, transfer.ofOwnKeys,
                  transfer.neededBy, transfer.sentBytes, transfer.receivedBytes});
    add(print, transfer.among);
    for (const KeyRows& part : transfer.parts)
        print.addAll({part.rows.begin, part.rows.end, part.step, part.heads.begin, part.heads.end});
}

void add(Fingerprint& print, const Block& block) {
    print.addAll({block.queries.begin, block.queries.end, block.keys.begin, block.keys.end,
                  static_cast<std::int64_t>(block.mask)});
}

void add(Fingerprint& print, const std::vector<Step>& pass) {
    print.addSize(pass);
    for (const Step& step : pass) {
        print.addAll({step.index, step.heads.begin, step.heads.end});
        add(print, step.queriesOf);
        add(print, step.keysOf);
        print.addSize(step.transfers);
        for (const Transfer& transfer : step.transfers) add(print, transfer);
        print.addSize(step.blocks);
        for (const Block& block : step.blocks) add(print, block);
    }
}

std::set<int> ranksLookedAt(const Schedule& schedule) {
    std::set<int> ranks{0, schedule.ranks - 1};
    ranks.insert(schedule.busiest.begin(), schedule.busiest.end());
    for (int i = 1; i <= mostBetween; ++i) ranks.insert(i * schedule.ranks / (mostBetween + 1));
    return ranks;
}

void add(Fingerprint& print, const Schedule& schedule, std::int64_t tokens) {
    print.addAll({static_cast<std::int64_t>(schedule.executor), schedule.ranks, schedule.replicated,
                  schedule.cut, schedule.headsPerRank, schedule.kvHeadsPerRank});
    add(print, schedule.mask);
    for (const int rank : ranksLookedAt(schedule)) {
        print.add(rank);
        if (tokens <= mostTokens) {
            const ShardLayout::Spans spans = schedule.owned.spansOf(rank);
            print.addSize(spans);
            for (const TokenSpan& span : spans) print.addAll({span.begin, span.end});
        }
        const RankSchedule steps = schedule.makeSteps(schedule, rank);
        add(print, steps.forward);
        add(print, steps.backward);
    }
}

}  // namespace

std::string planHash(const RunPlan& plan) {
    Fingerprint print;
    print.addAll({plan.ranks, plan.replicas, plan.microSteps, plan.config.train.steps,
                  plan.parameters, plan.attentionBytesPerStep, plan.gradientBytesPerStep,
                  plan.commBufferBytes});
    add(print, plan.attention);
    if (const NsaConfig& nsa = plan.config.model.nsa;
        plan.config.model.attention == AttentionKind::Nsa)
        print.addAll({nsa.block, nsa.stride, nsa.window});
    for (const int part : plan.partOfLayer) print.add(part);
    for (const AttentionPart& part : plan.parts) {
        print.add(part.headTurns);
        add(print, part.schedule, plan.attention.tokens);
    }
    return print.text();
}

}  // namespace ringscope
