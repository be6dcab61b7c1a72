#include "kernels/block/gpu/block_division.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t mostKept = 64;  // a rank's blocks of one step, and some more

// All that the division of a block by position hangs on.
struct Question {
    AttentionMask mask{};
    TokenRun queries{};
    TokenRun keys{};
    std::int64_t queryRows = 0;
    std::int64_t keyRows = 0;
    bool platform = false;  // its kernels take pieces of the block
    PieceCosts costs{};

    bool operator==(const Question&) const = default;
};

BlockDivision divide(const Question& question) {
    std::vector<TokenSpan> seen = visibleRows(question.mask, question.queries, question.queryRows,
                                              question.keys, question.keyRows);
    if (!question.platform) return {.rest = true, .seen = std::move(seen)};
    BlockPieces cut = cutBlock(seen, question.costs);
    if (cut.pieces.empty()) return {.rest = true, .seen = std::move(seen)};
    return {std::move(cut.pieces), !cut.rest.empty(), std::move(cut.rest)};
}

// The last few answers; the oldest makes room.
class Answers {
public:
    std::shared_ptr<const BlockDivision> to(const Question& question) {
        const auto found = std::ranges::find(kept_, question, &Kept::question);
        if (found != kept_.end()) return found->division;
        auto division = std::make_shared<const BlockDivision>(divide(question));
        if (kept_.size() < mostKept)
            kept_.push_back({question, division});
        else
            kept_[next_++ % mostKept] = {question, division};
        return division;
    }

private:
    struct Kept {
        Question question;
        std::shared_ptr<const BlockDivision> division;
    };
    std::vector<Kept> kept_;
    std::size_t next_ = 0;
};

}  // namespace

std::shared_ptr<const BlockDivision> divisionOf(const BlockInput& block,
                                                const GpuKernels& kernels) {
    const bool platform = block.rules.plain() && kernels.takes(block);
    if (block.mask != MaskKind::Positions) {
        if (!platform) return std::make_shared<const BlockDivision>(BlockDivision{.rest = true});
        const BlockPiece all{{0, block.q.size(1)}, {0, block.k.size(1)}, block.mask};
        return std::make_shared<const BlockDivision>(BlockDivision{.pieces = {all}});
    }
    if (block.rules.mask == nullptr)
        throw std::logic_error("a block by position came without a mask");
    thread_local Answers answers;
    return answers.to({.mask = *block.rules.mask,
                       .queries = block.queryTokens,
                       .keys = block.keyTokens,
                       .queryRows = block.q.size(1),
                       .keyRows = block.k.size(1),
                       .platform = platform,
                       .costs = platform ? kernels.costs(block) : PieceCosts{}});
}

}  // namespace ringscope
