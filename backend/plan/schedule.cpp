#include "backend/plan/schedule.h"

#include "backend/plan/blocks.h"

#include <numeric>

namespace ringscope {

std::string_view payloadName(Payload payload) {
    switch (payload) {
        case Payload::KeyValue:
            return "KV";
        case Payload::KeyValueGrad:
            return "dKV";
        case Payload::QueryKeyValue:
            return "QKV";
        case Payload::QueryKeyValueGrad:
            return "dQKV";
        case Payload::Query:
            return "Q";
        case Payload::Key:
            return "K";
        case Payload::Value:
            return "V";
        case Payload::QueryGrad:
            return "dQ";
        case Payload::KeyGrad:
            return "dK";
        case Payload::ValueGrad:
            return "dV";
        case Payload::Output:
            return "out";
        case Payload::OutputGrad:
            return "dout";
        case Payload::BlockSums:
            return "sums of K";
        case Payload::Gates:
            return "gates";
        case Payload::GatesGrad:
            return "dgates";
    }
    return "";
}

std::string_view transferName(TransferKind kind) {
    switch (kind) {
        case TransferKind::Send:
            return "send";
        case TransferKind::Receive:
            return "receive";
        case TransferKind::AllToAll:
            return "all-to-all";
        case TransferKind::AllGather:
            return "all-gather";
        case TransferKind::ReduceScatter:
            return "reduce-scatter";
    }
    return "";
}

std::string_view executorName(Executor executor) {
    switch (executor) {
        case Executor::Full:
            return "full";
        case Executor::Ring:
            return "ring";
        case Executor::AllToAll:
            return "all-to-all";
        case Executor::AllGather:
            return "all-gather";
        case Executor::KeyGather:
            return "key-gather";
        case Executor::PackedRing:
            return "packed ring";
    }
    return "";
}

std::vector<int> ranksToMeasure(const Schedule& schedule) {
    if (!schedule.needs) return schedule.busiest;
    std::vector<int> all(static_cast<std::size_t>(schedule.ranks));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

std::vector<TokenSpan> heldTokens(const Schedule& schedule, int rank) {
    if (!schedule.replicated) return schedule.owned.spansOf(rank);
    std::int64_t end = 0;
    for (int each = 0; each < schedule.ranks; ++each)
        for (const TokenSpan& span : schedule.owned.spansOf(each)) end = std::max(end, span.end);
    return {{0, end}};
}

RankSchedule stepsOf(const Schedule& schedule, int rank) {
    return schedule.cut ? maskedSteps(schedule, rank, schedule.mask)
                        : schedule.makeSteps(schedule, rank);
}

std::int64_t sentBytes(const Schedule& schedule, int rank) {
    return sentBytes(schedule.makeSteps(schedule, rank));
}

std::int64_t sentBytes(const RankSchedule& steps) {
    return sentBytes(steps.forward) + sentBytes(steps.backward);
}

std::int64_t sentBytes(const std::vector<Step>& pass) {
    std::int64_t bytes = 0;
    for (const Step& step : pass)
        for (const Transfer& transfer : step.transfers) bytes += transfer.sentBytes;
    return bytes;
}

std::int64_t attendedPairs(const Block& block) {
    const std::int64_t queries = block.queryRows();
    const std::int64_t keys = block.keyRows();
    if (block.mask == MaskKind::Positions) return block.pairs;
    if (block.mask == MaskKind::Full) return queries * keys;
    // Row i sees keys 0..i; rows beyond the last key see all of them.
    const std::int64_t growing = queries < keys ? queries : keys;
    return growing * (growing + 1) / 2 + (queries - growing) * keys;
}

std::int64_t queryHeads(const Schedule& schedule, const Step& step) {
    return step.heads.size() * schedule.headsPerRank / schedule.kvHeadsPerRank;
}

std::int64_t queryHeads(const Schedule& schedule, const Step& step, const Block& block) {
    if (block.heads.size() == 0) return queryHeads(schedule, step);
    return block.heads.size() * schedule.headsPerRank / schedule.kvHeadsPerRank;
}

std::int64_t attendedPairs(const Schedule& schedule, int rank) {
    return attendedPairs(schedule, stepsOf(schedule, rank));
}

std::int64_t attendedPairs(const Schedule& schedule, const RankSchedule& steps) {
    std::int64_t pairs = 0;
    for (const Step& step : steps.forward)
        for (const Block& block : step.blocks)
            pairs += attendedPairs(block) * queryHeads(schedule, step, block);
    return pairs;
}

}  // namespace ringscope
