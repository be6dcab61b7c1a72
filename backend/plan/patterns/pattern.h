// Which keys a query sees beside what the mask allows, as blocks that the engine understands.
//
//   dilated, segments 4 and 8, rates 1 and 2      block_sparse, blocks of 2, local 1, stride 3
//     head 0  k . . . . . . .                       k . . . . . . .
//             k k . . . . . .                       k k . . . . . .
//             k k 2 . . . . .   2: by two branches  k k k . . . . .
//             k k k k . . . .                       k k k k . . . .
//             k . k . 2 . . .                       . . k k k . . .
//             . . . . k k . .                       . . k k k k . .
//             k . k . 2 k 2 .                       k k . . k k k .
//             . . . . k k k k                       k k . . k k k k
//
// With block_sparse and top_k a token also chooses blocks by what is in them: key_choices.h.
//
// A pattern cuts rows of queries and of keys into pieces: all queries of a piece see all its keys,
// as far as the mask lets them. Planner, executors and pictures know nothing else of a pattern.
//
// To add one: a kind in backend/model/pattern_config.h, its rows in backend/config/field_table.cpp,
// a file here with a function in patterns.h, a row in pattern_table.cpp, and its mask, written out
// a second time, in kernels/verify/pattern_mask.cpp. The conformance test then runs it under every
// mode.
#pragma once

#include "backend/core/result.h"
#include "backend/model/pattern_config.h"
#include "backend/plan/row_runs.h"
#include "backend/plan/schedule.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ringscope {

// What a pattern is for. Of the model: a rank may have some of the heads.
struct PatternShape {
    std::int64_t tokens = 0;  // without padding
    std::int64_t heads = 1;
    std::int64_t kvHeads = 1;
    bool causal = true;
    bool window = false;  // of any layer
    bool latent = false;  // keys are made of latents
};

// Rows that meet, and the key/value heads of the model that the pieces are for.
struct PatternCut {
    RowRun queries{};
    RowRun keys{};
    std::span<const std::int64_t> heads{};
    int branch = -1;  // that alone; -1: all
};

struct PatternPiece {
    RowRun queries{};
    RowRun keys{};
    HeadSpan heads{};  // of PatternCut::heads; none: all of them
    int branch = 0;
    bool chosen = false;  // a query sees those of the keys' blocks that it chooses by content
};

class AttentionPattern {
public:
    AttentionPattern(PatternConfig config, const PatternShape& shape)
        : config_(std::move(config)), shape_(shape) {}
    virtual ~AttentionPattern() = default;

    // Calls `see` with pieces that hold each pair of `cut` once for every branch that has it, and
    // may hold those that are chosen once.
    using SeePiece = std::function<void(const PatternPiece&)>;
    virtual void cut(const PatternCut& cut, const SeePiece& see) const = 0;

    // The rows that one branch packs, of a rank whose tokens begin at `first`; throws
    // std::logic_error where branches have no rows of their own.
    virtual PackedRows packedRows(int branch, std::int64_t first) const;

    // How many blocks of keys a token of each query head chooses by content, beside the pieces that
    // are not chosen; 0: none. key_choices.h says what it sees of them.
    virtual std::int64_t chosenBlocks() const { return 0; }
    // The numbers of the blocks that tokens of block `query` choose from, ascending.
    virtual std::vector<TokenSpan> choices(std::int64_t /*query*/) const { return {}; }

    virtual int branches() const { return 1; }
    // Whether the backward pass needs the outputs of branches one by one.
    virtual bool branchesApart() const { return false; }
    // Whether cut() gives all heads the same.
    virtual bool headsAlike() const { return true; }

    const PatternConfig& config() const { return config_; }
    const PatternShape& shape() const { return shape_; }

private:
    PatternConfig config_;
    PatternShape shape_;
};

using Pattern = std::shared_ptr<const AttentionPattern>;

// Null where no pattern is asked for; an Error says what does not fit, and what would.
Result<Pattern> makePattern(const PatternConfig& config, const PatternShape& shape);

// Pairs that pattern and mask grant to the first `tokens` tokens, in the mean of all heads; a pair
// of two branches counts twice, and those that are chosen as chosenPairs() says. Without a pattern,
// visiblePairs().
double seenPairs(const AttentionPattern* pattern, const AttentionMask& mask, std::int64_t tokens);

// The heads of the model that the key/value heads of a step stand for, on the rank that holds query
// heads from `firstHead` on.
std::vector<std::int64_t> modelHeads(const AttentionPattern& pattern, const Schedule& schedule,
                                     const HeadSpan& heads, std::int64_t firstHead);

}  // namespace ringscope
