// One rank's part of a schedule, for the memory of its tensors: sizes, buffers, and how latents
// become keys. Mirrors kernels/attention/{executor_table,local_attention,key_choice,key_form}.
#pragma once

#include "backend/memory/block_memory.h"
#include "backend/memory/message_pool.h"
#include "backend/memory/rank_writer.h"
#include "backend/plan/step_rows.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace ringscope {

// Keys and values, or their gradients.
struct KeyMemory {
    Held k{};
    Held v{};
};

// How `rows` latents become the keys and values of `heads` heads, and the way back, which gives the
// gradient of the latents in the type sums are kept in.
struct LatentExpansion {
    std::function<KeyMemory(std::int64_t rows, std::int64_t heads)> expand{};
    std::function<Held(std::int64_t rows, std::int64_t heads)> gradient{};
};

// Of the heads of one turn.
struct AttentionPartMemory {
    RankWriter& writer;
    const Schedule& schedule;
    const RankSchedule& steps;
    int rank = 0;
    MessagePool& pool;
    BlockSizes sizes{};  // of q, k and v as the executor is given them; queries = keys = rows held
    std::int64_t latentColumns = 0;  // 0: heads travel
    const LatentExpansion* expansion = nullptr;
    int sharing = 0;  // ranks that share keys, where not all do

    bool latent() const { return latentColumns > 0; }
    std::int64_t ranks() const { return sharing > 0 ? sharing : schedule.ranks; }
    // Numbers of what travels of `rows` rows for `heads` heads.
    std::int64_t travelling(std::int64_t rows, std::int64_t heads) const {
        return sizes.batch * rows * (latent() ? latentColumns : 2 * heads * sizes.columns);
    }
    std::int64_t ownNumbers() const { return travelling(sizes.keys, sizes.kvHeads); }
    KeyMemory keysOf(std::int64_t rows, std::int64_t heads) const {
        return latent() ? expansion->expand(sizes.batch * rows, heads) : KeyMemory{};
    }
};

struct SavedAttentionMemory {
    std::vector<Held> tensors{};
};
struct AttentionOutputMemory {
    Held out{};
    SavedAttentionMemory saved{};
};
struct AttentionGradientMemory {
    Held q{};
    Held k{};  // of latents: theirs
    Held v{};
    Held gates{};  // of native sparse attention
};

// What rows give that have seen all their keys, in the elements' type.
OutputMemory outputOfRows(RankWriter& writer, RowOutputsMemory& output, const BlockSizes& sizes);
OutputMemory localForward(RankWriter& writer, const Step& step, const BlockSizes& sizes,
                          const std::vector<std::int64_t>& apart);
// Output, lse and outputs of branches, to be saved.
void appendOutput(const OutputMemory& whole, std::vector<Held>& saved);
// `wholeHeads`: the heads of lse are all of its tensor's.
AttentionGradientMemory localBackward(RankWriter& writer, const Step& step, const BlockSizes& sizes,
                                      bool wholeHeads = true);
// Attention of a step whose rows see no other keys, under whatever pattern; and the way back.
struct LocalOutputMemory {
    OutputMemory whole{};
    std::vector<Held> kept{};
};
LocalOutputMemory attendLocally(const AttentionPartMemory& part, const Step& step,
                                const BlockSizes& sizes, const Held& gates);
AttentionGradientMemory gradientsLocally(const AttentionPartMemory& part, const Step& step,
                                         const BlockSizes& sizes, bool wholeHeads = true);
void appendLocalOutput(const LocalOutputMemory& output, std::vector<Held>& saved);
// The same of native sparse attention.
LocalOutputMemory sparseForward(const AttentionPartMemory& part, const Step& step,
                                const BlockSizes& sizes, const Held& gates);
AttentionGradientMemory sparseBackward(const AttentionPartMemory& part, const Step& step,
                                       const BlockSizes& sizes);

void sinkGradients(RankWriter& writer, const BlockSizes& sizes);

// What tokens choose by content, to be saved: nothing where they do not choose. Of keys of all
// tokens, and of a ring, where `sizes` has this place's.
Held chooseAmong(RankWriter& writer, const BlockSizes& sizes);
Held chooseAround(const AttentionPartMemory& part, const BlockSizes& sizes);
void appendChoice(const Held& choice, std::vector<Held>& saved);
// One chosen block.
void chosenForward(RankWriter& writer, const BlockSizes& sizes, const Block& block);
void chosenBackward(RankWriter& writer, const BlockSizes& sizes, const Block& block);

struct TravelGradientMemory {
    Held q{};
    Held own{};  // in the type sums are kept in
};
// Of a ring; q has the rows and heads of `sizes`, `own` is what travels.
OutputMemory attendAround(const AttentionPartMemory& part, const BlockSizes& sizes,
                          const Held& own);
TravelGradientMemory gradientsAround(const AttentionPartMemory& part, const BlockSizes& sizes,
                                     const Held& own);
// Of gathered keys; q has the rows and heads of part.sizes.
struct GatheredOutputMemory {
    OutputMemory whole{};
    std::vector<Held> kept{};  // of each group of heads
};
GatheredOutputMemory attendGathered(const AttentionPartMemory& part, const Held& gates = {});
TravelGradientMemory gradientsGathered(const AttentionPartMemory& part);

}  // namespace ringscope
