// As kernels/attention/{block_sums,key_choice}. How many rows chose a block is known when they did:
// here it is as many as in the mean.
#include "backend/memory/attention_part.h"
#include "backend/plan/key_choices.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t scoresAtOnce = std::int64_t{1} << 20;

struct ChoiceSizes {
    std::int64_t count = 0;   // chosen by a row and head
    std::int64_t block = 1;   // tokens of one
    std::int64_t blocks = 0;  // of all tokens
    std::int64_t sides = 1;

    ChoiceSizes(const AttentionPattern& pattern, std::int64_t tokens)
        : count(pattern.chosenBlocks()),
          block(pattern.config().block),
          blocks((tokens + block - 1) / block),
          sides(std::ssize(keySides(pattern))) {}

    std::int64_t sums(const BlockSizes& sizes, std::int64_t of) const {
        return sides * sizes.batch * of * sizes.kvHeads * sizes.columns;
    }
};

// Of the rows of one block, where all blocks can be chosen.
void scoreRows(RankWriter& writer, const ChoiceSizes& choice, BlockSizes sizes) {
    const std::int64_t each = sizes.batch * sizes.heads * choice.blocks;
    sizes.queries =
        std::min({sizes.queries, choice.block, std::max<std::int64_t>(1, scoresAtOnce / each)});
    const Held means = writer.numbers(sizes.batch * choice.blocks * sizes.kvHeads * sizes.columns);
    Held queries;
    {
        const Held wide = writer.numbers(sizes.queryNumbers());
        queries = writer.numbers(sizes.queryNumbers());
    }
    const std::int64_t numbers = sizes.lseNumbers() * choice.blocks;
    Held scores;
    {
        const Held products = writer.numbers(numbers);
        const Held rounded = writer.singles(numbers);
        scores = writer.singles(numbers);
    }
    const Held columns = writer.numbers(2 * sizes.lseNumbers() * choice.count);
}

Held chosenRows(RankWriter& writer, const ChoiceSizes& choice, const BlockSizes& sizes) {
    {
        const Held quotients = writer.numbers(choice.sums(sizes, choice.blocks));
        const Held rounded = writer.singles(choice.sums(sizes, choice.blocks));
        const Held means = writer.numbers(choice.sums(sizes, choice.blocks));
    }
    const Held means = writer.numbers(choice.sums(sizes, choice.blocks));
    Held chosen = writer.singles(sizes.lseNumbers() * choice.count);
    scoreRows(writer, choice, sizes);
    return chosen;
}

// One gathered block: rows that chose a block of keys, of all heads that share a head of them.
BlockSizes gathered(const RankWriter& writer, const BlockSizes& sizes, const Block& block) {
    const std::int64_t each = sizes.heads / sizes.kvHeads;
    return {.queries = std::max<std::int64_t>(1, each * block.pairs / block.keyRows()),
            .keys = std::min(block.keyRows(), writer.pattern()->config().block),
            .columns = sizes.columns};
}

// A CPU has kernels for rows that lie apart: it merges them where they are, and takes a row's
// delta. Elsewhere they are gathered by their places, and put back.
bool hasScatteredRows(const RankWriter& writer) { return writer.onCpu(); }

Held deltaOfRows(RankWriter& writer, const BlockSizes& sizes) {
    const Held dOut = writer.widened(sizes.queryNumbers());
    return deltaOf(writer, sizes);
}

}  // namespace

void appendChoice(const Held& choice, std::vector<Held>& saved) {
    if (choice.defined()) saved.push_back(choice);
}

Held chooseAmong(RankWriter& writer, const BlockSizes& sizes) {
    if (!choosesKeys(writer.pattern())) return {};
    const ChoiceSizes choice(*writer.pattern(), sizes.keys);
    const Held sums = writer.numbers(choice.sums(sizes, choice.blocks));
    return chosenRows(writer, choice, sizes);
}

Held chooseAround(const AttentionPartMemory& part, const BlockSizes& sizes) {
    RankWriter& writer = part.writer;
    if (!choosesKeys(writer.pattern())) return {};
    const auto places = std::ssize(part.schedule.places);
    const ChoiceSizes choice(*writer.pattern(), sizes.keys * places);
    Held sums;
    {
        const Held own = writer.numbers(choice.sums(sizes, choice.blocks));
        if (places > 1) {
            const std::int64_t slots = choice.sums(sizes, part.schedule.summedBlocks);
            const Pooled sent = part.pool.take(slots, 8);
            const Pooled received = part.pool.take(places * slots, 8);
            { const Held copy = writer.gathersCopy(places * slots * 8); }
            sums = writer.numbers(choice.sums(sizes, choice.blocks));
        } else {
            sums = own;
        }
    }
    return chosenRows(writer, choice, sizes);
}

void chosenForward(RankWriter& writer, const BlockSizes& sizes, const Block& block) {
    const BlockSizes some = gathered(writer, sizes, block);
    const bool scattered = hasScatteredRows(writer);
    const Held places = scattered ? Held{} : writer.numbers(2 * some.queries);
    const Held q = writer.elements(some.queryNumbers());
    const OutputMemory part = blockForward(writer, some);
    if (scattered) return;
    const Held out = writer.sums(some.queryNumbers());
    const Held lse = writer.sums(some.lseNumbers());
}

void chosenBackward(RankWriter& writer, const BlockSizes& sizes, const Block& block) {
    const BlockSizes some = gathered(writer, sizes, block);
    const bool scattered = hasScatteredRows(writer);
    const Held deltas = scattered ? deltaOfRows(writer, sizes) : Held{};
    const Held places = scattered ? Held{} : writer.numbers(2 * some.queries);
    const Held q = writer.elements(some.queryNumbers());
    const Held lse = writer.sums(some.lseNumbers());
    const Held outOrDelta =
        scattered ? writer.sums(some.lseNumbers()) : writer.elements(some.queryNumbers());
    const Held dq = writer.sums(some.queryNumbers());
    const Held dOut = writer.elements(some.queryNumbers());
    addBlockGradients(writer, some, true, scattered);
}

}  // namespace ringscope
