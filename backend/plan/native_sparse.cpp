#include "backend/plan/native_sparse.h"

#include "backend/plan/blocks.h"
#include "backend/plan/patterns/pattern.h"
#include "backend/plan/row_runs.h"
#include "backend/plan/step_rows.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {

PatternConfig selectionPattern(const NsaConfig& sizes) {
    // A pattern's own block counts as chosen: top_k - 1 are left to the score.
    return {.kind = PatternKind::BlockSparse,
            .block = sizes.selectBlock,
            .local = sizes.local - 1,
            .globalTokens = sizes.selectBlock,
            .topK = sizes.selected - sizes.local};
}

std::int64_t compressedBlocks(const NsaConfig& sizes, std::int64_t tokens) {
    return tokens < sizes.block ? 0 : (tokens - sizes.block) / sizes.stride + 1;
}

TokenRun compressedTokens(const NsaConfig& sizes) { return {sizes.block - 1, sizes.stride}; }

AttentionMask maskOfBranch(SparseBranch branch, const NsaConfig& sizes, AttentionMask mask) {
    if (branch == SparseBranch::Window) mask.left = sizes.window - 1;
    return mask;
}

Step stepOfBranch(SparseBranch branch, const NsaConfig& sizes, const Step& step,
                  const ShardLayout& owned, const AttentionMask& mask) {
    if (branch == SparseBranch::Selected) return step;
    Step own{.index = step.index,
             .queriesOf = step.queriesOf,
             .keysOf = step.keysOf,
             .heads = step.heads};
    RowRun keys{0, tokenCount(tokensOf(owned, step.keysOf))};
    if (branch == SparseBranch::Compressed)
        keys = {0, compressedBlocks(sizes, keys.count), compressedTokens(sizes)};
    if (keys.count == 0) return own;
    const TokenSpan rows = queryRows(step);
    for (const RowRun& run : runsOf(tokensOf(owned, step.queriesOf))) {
        const std::int64_t begin = std::max(rows.begin, run.row);
        const std::int64_t end = std::min(rows.end, run.row + run.count);
        if (begin >= end) continue;
        const std::vector<Block> blocks =
            blocksBetween({run.part(begin - run.row, end - begin), keys},
                          maskOfBranch(branch, sizes, mask), nullptr);
        own.blocks.insert(own.blocks.end(), blocks.begin(), blocks.end());
    }
    return own;
}

std::int64_t compressedPairs(const NsaConfig& sizes, std::int64_t tokens) {
    // The first block is seen by all tokens from its last one on, the next by `stride` fewer, ….
    const std::int64_t blocks = compressedBlocks(sizes, tokens);
    return blocks * (tokens - sizes.block + 1) - sizes.stride * (blocks * (blocks - 1) / 2);
}

std::int64_t windowPairs(const NsaConfig& sizes, std::int64_t tokens) {
    return visiblePairs({.left = sizes.window - 1}, tokens);
}

std::int64_t pairsBesideSelected(const RunPlan& plan, const Schedule& schedule, int rank) {
    const ModelConfig& model = plan.config.model;
    if (model.attention != AttentionKind::Nsa) return 0;
    const auto before = [&](std::int64_t token) {
        return compressedPairs(model.nsa, token) + windowPairs(model.nsa, token);
    };
    std::vector<TokenSpan> queries{{0, plan.attention.tokens}};
    if (schedule.executor != Executor::AllToAll) queries = schedule.owned.spansOf(rank);
    std::int64_t pairs = 0;
    for (const TokenSpan& span : queries) pairs += before(span.end) - before(span.begin);
    return pairs * schedule.headsPerRank;
}

double compressionFlops(const RunPlan& plan) {
    const ModelConfig& model = plan.config.model;
    if (model.attention != AttentionKind::Nsa) return 0;
    const auto columns = static_cast<double>(model.headDim());
    const double ofBlock = columns * columns * static_cast<double>(model.nsa.block + 1);
    const std::int64_t blocks = compressedBlocks(model.nsa, plan.config.train.seqLen);
    constexpr double keysAndValues = 2;
    return 2 * keysAndValues * ofBlock *
           static_cast<double>(blocks * model.kvHeads * model.layers * plan.config.train.batch);
}

std::string sparseRefusal(const Schedule& schedule, std::string_view mode) {
    const bool hasAllKeys = schedule.executor != Executor::Ring &&
                            schedule.executor != Executor::PackedRing && schedule.places.empty();
    if (hasAllKeys) return "";
    return fmt::format(
        "model.attention nsa compresses blocks of all keys, and {} passes keys on from rank to "
        "rank; use mode ulysses, llama3 or ring-allgather",
        mode);
}

}  // namespace ringscope
