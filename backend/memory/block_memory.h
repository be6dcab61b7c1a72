// What one block of attention takes on a CPU, and the results of rows that grow block by block.
// Mirrors kernels/block/cpu and kernels/block/partial_result.
#pragma once

#include "backend/memory/rank_writer.h"
#include "backend/plan/schedule.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// Of a block, or of the tensors that its rows are taken from.
struct BlockSizes {
    std::int64_t batch = 1;
    std::int64_t queries = 0;
    std::int64_t keys = 0;
    std::int64_t heads = 1;
    std::int64_t kvHeads = 1;
    std::int64_t columns = 1;

    std::int64_t queryNumbers() const { return batch * queries * heads * columns; }
    std::int64_t keyNumbers() const { return batch * keys * kvHeads * columns; }
    std::int64_t lseNumbers() const { return batch * queries * heads; }
};

// Output and lse of rows, in the type sums are kept in or the elements'.
struct OutputMemory {
    Held out{};
    Held lse{};
    std::vector<Held> branches{};  // of a pattern, that are kept apart
};

// Sums of outputs times their gradients, which are there in the type of sums.
Held deltaOf(RankWriter& writer, const BlockSizes& sizes);

OutputMemory blockForward(RankWriter& writer, const BlockSizes& sizes);
// `wholeRows`: the rows of lse lie in one piece. `hasDelta`: deltaOf() is there.
void addBlockGradients(RankWriter& writer, const BlockSizes& sizes, bool wholeRows,
                       bool hasDelta = false);

// As PartialOutput: `like` are the sizes of all its rows.
class PartialOutputMemory {
public:
    PartialOutputMemory(RankWriter& writer, const BlockSizes& like)
        : writer_(writer), like_(like) {}

    void add(TokenSpan rows, OutputMemory part);
    void addSome(OutputMemory part);  // some rows or heads
    OutputMemory takeSum();

private:
    void startEmpty();

    RankWriter& writer_;
    BlockSizes like_;
    OutputMemory sum_{};
};

// Of a block, among the tensors that its rows are taken from.
BlockSizes ofBlock(BlockSizes sizes, const Block& block);
// Whether it has every row from its first to its last, of all heads.
bool isDense(const Block& block);

// As RowOutputs. `apart`: branchSteps() of the rank's steps.
class RowOutputsMemory {
public:
    RowOutputsMemory(RankWriter& writer, const BlockSizes& like,
                     const std::vector<std::int64_t>& apart);

    // The block's rows count from the first row of `like`.
    void add(const Block& block, const OutputMemory& part);
    // To be added to in place.
    void begin() { whole_.addSome({}); }
    OutputMemory takeSum();

private:
    RankWriter& writer_;
    BlockSizes like_;
    PartialOutputMemory whole_;
    std::vector<PartialOutputMemory> branches_{};
};

}  // namespace ringscope
