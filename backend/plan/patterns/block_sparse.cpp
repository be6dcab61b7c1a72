// block_sparse: blocks of queries see blocks of keys. A query block always sees its own; beside it
// the union of what is asked for:
//
//   local n      the n blocks before it (and, where it is not causal, after it)
//   stride n     every n-th block counted from it
//   levels n     a hierarchy: all of `local` blocks (1 at least), then of twice as many every
//                second, of twice as many again every fourth, … n times
//   global n     the blocks of the first n tokens
//   file         where a .npy of blocks x blocks has a 1
//   top_k n      n - 1 blocks that each token chooses by content, of those before its own that no
//                other part shows (after it, too, where it is not causal): MoBA's rule
//
// A choice is made for a token and a query head, with what it may see alone:
//
//     score = q of the token . mean of k over what it sees of the block
//
// in fp32, of equal scores the first block. Nobody learns from the choice itself. A choice for a
// whole block of queries would need queries that come after some of its tokens.
#include "backend/core/text.h"
#include "backend/model/npy.h"
#include "backend/plan/patterns/patterns.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <utility>

namespace ringscope {
namespace {

using Blocks = std::vector<std::int64_t>;  // ascending

class BlockSparsePattern final : public AttentionPattern {
public:
    // granted: of a file, for each query block; none where there is no file.
    BlockSparsePattern(const PatternConfig& config, const PatternShape& shape,
                       std::vector<Blocks> granted)
        : AttentionPattern(config, shape),
          blocks_((shape.tokens + config.block - 1) / config.block),
          granted_(std::move(granted)) {}

    // Query blocks with the same keys, one after the other, make one piece.
    void cut(const PatternCut& cut, const SeePiece& see) const override {
        if (cut.queries.count == 0 || cut.keys.count == 0) return;
        const std::int64_t size = config().block;
        const std::int64_t lastQuery = cut.queries.tokens.at(cut.queries.count - 1) / size;
        std::map<std::pair<std::int64_t, std::int64_t>, PatternPiece> open;
        const auto close = [&](std::int64_t nextRow) {
            std::erase_if(open, [&](const auto& entry) {
                const RowRun& rows = entry.second.queries;
                if (rows.at(rows.count) == nextRow) return false;
                see(entry.second);
                return true;
            });
        };
        for (std::int64_t query = cut.queries.tokens.first / size; query <= lastQuery; ++query) {
            const RowRun rows = within(cut.queries, {query * size, (query + 1) * size});
            if (rows.count == 0) continue;
            close(rows.row);
            for (const TokenSpan& span : spansOf(query)) {
                const RowRun keys = within(cut.keys, {span.begin * size, span.end * size});
                if (keys.count == 0) continue;
                const auto [entry, isNew] =
                    open.try_emplace({keys.row, keys.count}, PatternPiece{rows, keys, {}, 0});
                if (!isNew) entry->second.queries.count += rows.count;
            }
        }
        for (const auto& [keys, piece] : open) see(piece);
        if (chosenBlocks() > 0) cutChosen(cut, see);
    }

    std::int64_t chosenBlocks() const override {
        return std::max<std::int64_t>(config().topK - 1, 0);
    }

    std::vector<TokenSpan> choices(std::int64_t query) const override {
        const std::int64_t end = shape().causal ? query : blocks_;
        std::vector<TokenSpan> left;
        std::int64_t next = 0;
        for (const TokenSpan& seen : spansOf(query)) {
            if (std::min(seen.begin, end) > next) left.push_back({next, std::min(seen.begin, end)});
            next = seen.end;
        }
        if (next < end) left.push_back({next, end});
        return left;
    }

private:
    // A causal mask leaves out queries of the first block of keys, and keys of the last of queries.
    void cutChosen(const PatternCut& cut, const SeePiece& see) const {
        PatternPiece piece{cut.queries, cut.keys, {}, 0, true};
        if (shape().causal) {
            const std::int64_t size = config().block;
            const std::int64_t last = cut.queries.tokens.at(cut.queries.count - 1) / size;
            const std::int64_t first = cut.keys.tokens.first / size;
            piece.queries = within(cut.queries, {(first + 1) * size, (last + 1) * size});
            piece.keys = within(cut.keys, {first * size, last * size});
        }
        if (piece.queries.count > 0 && piece.keys.count > 0) see(piece);
    }

    // The key blocks that a query block sees, neighbours together.
    std::vector<TokenSpan> spansOf(std::int64_t query) const {
        Blocks seen{query};
        addNear(query, seen);
        const std::int64_t firstBlocks =
            (config().globalTokens + config().block - 1) / config().block;
        for (std::int64_t key = 0; key < firstBlocks; ++key) seen.push_back(key);
        if (query < std::ssize(granted_)) {
            const Blocks& granted = granted_[static_cast<std::size_t>(query)];
            seen.insert(seen.end(), granted.begin(), granted.end());
        }
        std::ranges::sort(seen);
        std::vector<TokenSpan> spans;
        for (const std::int64_t key : seen) {
            if (key >= std::max(blocks_, query + 1) || (shape().causal && key > query)) break;
            if (!spans.empty() && key <= spans.back().end)
                spans.back().end = std::max(spans.back().end, key + 1);
            else
                spans.push_back({key, key + 1});
        }
        return spans;
    }

    // What depends on the distance alone.
    void addNear(std::int64_t query, Blocks& seen) const {
        const auto add = [&](std::int64_t distance) {
            if (query >= distance) seen.push_back(query - distance);
            if (!shape().causal) seen.push_back(query + distance);
        };
        const std::int64_t furthest = std::max(query, blocks_ - 1 - query);
        for (std::int64_t distance = 1; distance <= std::min(config().local, furthest); ++distance)
            add(distance);
        if (config().stride > 0)
            for (std::int64_t distance = config().stride; distance <= furthest;
                 distance += config().stride)
                add(distance);
        std::int64_t reach = std::max<std::int64_t>(config().local, 1);
        if (config().levels > 0 && furthest > 0) add(1);
        for (std::int64_t level = 1; level < config().levels && reach < furthest; ++level) {
            const std::int64_t every = std::int64_t{1} << level;
            for (std::int64_t distance = (reach / every + 1) * every;
                 distance <= std::min(2 * reach, furthest); distance += every)
                add(distance);
            reach *= 2;
        }
    }

    std::int64_t blocks_;
    std::vector<Blocks> granted_;
};

Error wrongFile(const PatternConfig& config, const std::string& what) {
    return {ErrorCode::InvalidConfig,
            fmt::format("attention.pattern.file: '{}' {}", *config.file, what)};
}

Result<std::vector<Blocks>> grantedBlocks(const PatternConfig& config, const PatternShape& shape) {
    if (!config.file) return std::vector<Blocks>();
    Result<NpyIntegers> read = readNpyIntegers(*config.file);
    if (!read.ok())
        return Error{read.error().code, "attention.pattern.file: " + read.error().message};
    const std::int64_t blocks = (shape.tokens + config.block - 1) / config.block;
    if (read->shape != std::vector<std::int64_t>{blocks, blocks})
        return wrongFile(config, fmt::format("does not hold {0} x {0} numbers; {1} tokens are {0} "
                                             "blocks of {2} (attention.pattern.block)",
                                             blocks, shape.tokens, config.block));
    std::vector<Blocks> granted(static_cast<std::size_t>(blocks));
    for (std::size_t i = 0; i < read->values.size(); ++i) {
        const std::int64_t query = static_cast<std::int64_t>(i) / blocks;
        const std::int64_t key = static_cast<std::int64_t>(i) % blocks;
        if (read->values[i] != 0 && read->values[i] != 1)
            return wrongFile(config, fmt::format("has {} at row {}, column {}; write 0 or 1",
                                                 read->values[i], query, key));
        if (read->values[i] == 1)
            granted[static_cast<std::size_t>(query)].push_back(key);
        else if (query == key)
            return wrongFile(config, fmt::format("has 0 at row {0}, column {0}; a block sees "
                                                 "itself, write 1",
                                                 query));
    }
    return granted;
}

}  // namespace

Result<Pattern> blockSparsePattern(const PatternConfig& config, const PatternShape& shape) {
    if (config.local == 0 && config.stride == 0 && config.levels == 0 && config.globalTokens == 0 &&
        config.topK == 0 && !config.file)
        return Error{ErrorCode::InvalidConfig,
                     "attention.pattern.kind block_sparse is the union of what is asked for, and "
                     "nothing is; "
                     "set attention.pattern.local, stride, levels, global, top_k or file"};
    if (config.topK > 1 && shape.window)
        return Error{ErrorCode::InvalidConfig,
                     "attention.pattern.top_k chooses among all earlier blocks, and "
                     "attention.window hides some; use one of the two"};
    if (config.topK > 1 && shape.latent)
        return Error{ErrorCode::InvalidConfig,
                     "attention.pattern.top_k chooses by the keys of heads, and keys travel as "
                     "latents; use parallel.mla_keys expanded (with verify, no --mla)"};
    RINGSCOPE_TRY(std::vector<Blocks> granted, grantedBlocks(config, shape));
    return Pattern(std::make_shared<BlockSparsePattern>(config, shape, std::move(granted)));
}

}  // namespace ringscope
