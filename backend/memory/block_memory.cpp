#include "backend/memory/block_memory.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

constexpr std::int64_t tileQueries = 96;
constexpr std::int64_t tileKeys = 384;
constexpr std::int64_t stripRows = 12;
constexpr std::int64_t lineColumns = 384;
constexpr std::int64_t lineStride = lineColumns + 16;

constexpr std::int64_t padded(std::int64_t columns) { return (columns + 15) / 16 * 16; }
constexpr std::int64_t stripNumbers(std::int64_t columns) {
    return (columns + lineColumns - 1) / lineColumns * stripRows * lineStride;
}

// Of a thread (ForwardWorkspace, BackwardWorkspace).
std::int64_t forwardWorkspace(std::int64_t columns) {
    return columns * tileKeys + tileKeys * padded(columns) + stripNumbers(columns) +
           stripRows * lineStride + stripRows * padded(columns);
}
std::int64_t backwardWorkspace(std::int64_t columns) {
    return 2 * columns * tileKeys + (tileKeys + 2 * tileQueries) * padded(columns) +
           2 * stripNumbers(columns) + 2 * tileQueries * lineStride + tileKeys +
           (2 * tileKeys + stripRows) * padded(columns);
}

// q, k and v as they are computed with.
struct TileMemory {
    TileMemory(RankWriter& writer, const BlockSizes& sizes)
        : q(writer.widened(sizes.queryNumbers())),
          k(writer.widened(sizes.keyNumbers())),
          v(writer.widened(sizes.keyNumbers())) {}
    Held q, k, v;
};

}  // namespace

OutputMemory blockForward(RankWriter& writer, const BlockSizes& sizes) {
    const OutputMemory output{writer.sums(sizes.queryNumbers()), writer.sums(sizes.lseNumbers())};
    if (!writer.onCpu()) return output;
    const Held sums = writer.sums(sizes.lseNumbers());
    const TileMemory tiles(writer, sizes);
    const std::int64_t tasks =
        sizes.batch * sizes.heads * ((sizes.queries + tileQueries - 1) / tileQueries);
    const Held work =
        writer.sums(std::min(tasks, writer.threads()) * forwardWorkspace(sizes.columns));
    return output;
}

Held deltaOf(RankWriter& writer, const BlockSizes& sizes) {
    const Held out = writer.widened(sizes.queryNumbers());
    const Held products = writer.sums(sizes.queryNumbers());
    return writer.sums(sizes.lseNumbers());
}

void addBlockGradients(RankWriter& writer, const BlockSizes& sizes, bool wholeRows, bool hasDelta) {
    const Held dRows = writer.widened(sizes.queryNumbers());
    const Held lse = wholeRows ? Held{} : writer.sums(sizes.lseNumbers());
    const Held delta = hasDelta ? Held{} : deltaOf(writer, sizes);
    if (!writer.onCpu()) return;
    const bool apart =
        sizes.batch * sizes.kvHeads < writer.threads() && sizes.kvHeads < sizes.heads;
    const std::int64_t byQueryHead = sizes.keyNumbers() / sizes.kvHeads * sizes.heads;
    const Held dk = apart ? writer.sums(byQueryHead) : Held{};
    const Held dv = apart ? writer.sums(byQueryHead) : Held{};
    const TileMemory tiles(writer, sizes);
    const std::int64_t tasks = sizes.batch * (apart ? sizes.heads : sizes.kvHeads);
    {
        const Held work =
            writer.sums(std::min(tasks, writer.threads()) * backwardWorkspace(sizes.columns));
    }
    const Held sum = apart ? writer.sums(sizes.keyNumbers()) : Held{};
}

void PartialOutputMemory::startEmpty() {
    sum_ = {writer_.sums(like_.queryNumbers()), writer_.sums(like_.lseNumbers())};
}

void PartialOutputMemory::add(TokenSpan rows, OutputMemory part) {
    const bool all = rows.begin == 0 && rows.end == like_.queries;
    if (!sum_.out.defined() && all) {
        sum_ = std::move(part);
        return;
    }
    if (!sum_.out.defined()) startEmpty();
}

void PartialOutputMemory::addSome(OutputMemory /*part*/) {
    if (!sum_.out.defined()) startEmpty();
}

OutputMemory PartialOutputMemory::takeSum() {
    if (!sum_.out.defined()) startEmpty();
    return std::exchange(sum_, {});
}

BlockSizes ofBlock(BlockSizes sizes, const Block& block) {
    sizes.queries = block.queryRows();
    sizes.keys = block.keyRows();
    if (block.heads.size() == 0) return sizes;
    sizes.heads = sizes.heads / sizes.kvHeads * block.heads.size();
    sizes.kvHeads = block.heads.size();
    return sizes;
}

bool isDense(const Block& block) { return block.queryStep == 1 && block.heads.size() == 0; }

RowOutputsMemory::RowOutputsMemory(RankWriter& writer, const BlockSizes& like,
                                   const std::vector<std::int64_t>& apart)
    : writer_(writer), like_(like), whole_(writer, like) {
    for (const std::int64_t step : apart) {
        BlockSizes branch = like;
        branch.queries = (like.queries + step - 1) / step;
        branches_.emplace_back(writer, branch);
    }
}

void RowOutputsMemory::add(const Block& block, const OutputMemory& part) {
    const auto addTo = [&](PartialOutputMemory& sum, const OutputMemory& some) {
        if (isDense(block))
            sum.add(block.queries, some);
        else
            sum.addSome(some);
    };
    if (!branches_.empty()) {
        PartialOutputMemory& branch = branches_[static_cast<std::size_t>(block.branch)];
        if (block.heads.size() == 0) {
            const BlockSizes sizes = ofBlock(like_, block);
            addTo(branch, {writer_.sums(sizes.queryNumbers()), writer_.sums(sizes.lseNumbers())});
        } else {
            branch.addSome(part);
        }
    }
    addTo(whole_, part);
}

OutputMemory RowOutputsMemory::takeSum() {
    OutputMemory whole = whole_.takeSum();
    for (PartialOutputMemory& branch : branches_) whole.branches.push_back(branch.takeSum().out);
    return whole;
}

}  // namespace ringscope
