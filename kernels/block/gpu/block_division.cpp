#include "kernels/block/gpu/block_division.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t mostKept = 64;  // a rank's blocks of one step, and some more

// Everything that the division of a block by position depends on.
struct DivisionKey {
    AttentionMask mask{};
    TokenRun queries{};
    TokenRun keys{};
    std::int64_t queryRows = 0;
    std::int64_t keyRows = 0;
    bool platform = false;  // its kernels take pieces of the block
    PieceCosts costs{};

    bool operator==(const DivisionKey&) const = default;
};

BlockDivision divide(const DivisionKey& key) {
    std::vector<TokenSpan> seen =
        visibleRows(key.mask, key.queries, key.queryRows, key.keys, key.keyRows);
    if (!key.platform) return {.rest = true, .seen = std::move(seen)};
    BlockPieces cut = cutBlock(seen, key.costs);
    if (cut.pieces.empty()) return {.rest = true, .seen = std::move(seen)};
    return {std::move(cut.pieces), !cut.rest.empty(), std::move(cut.rest)};
}

// The last few divisions. The oldest is replaced first.
class DivisionCache {
public:
    std::shared_ptr<const BlockDivision> of(const DivisionKey& key) {
        const auto found = std::ranges::find(kept_, key, &Kept::key);
        if (found != kept_.end()) return found->division;
        auto division = std::make_shared<const BlockDivision>(divide(key));
        if (kept_.size() < mostKept)
            kept_.push_back({key, division});
        else
            kept_[next_++ % mostKept] = {key, division};
        return division;
    }

private:
    struct Kept {
        DivisionKey key;
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
    thread_local DivisionCache cache;
    return cache.of({.mask = *block.rules.mask,
                     .queries = block.queryTokens,
                     .keys = block.keyTokens,
                     .queryRows = block.q.size(1),
                     .keyRows = block.k.size(1),
                     .platform = platform,
                     .costs = platform ? kernels.costs(block) : PieceCosts{}});
}

}  // namespace ringscope
