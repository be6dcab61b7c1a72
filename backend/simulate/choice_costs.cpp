#include "backend/simulate/choice_costs.h"

#include "backend/plan/key_choices.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t wide = 8;  // bytes of a number of fp64, in which blocks are chosen

// So many times as long as a pass a CPU takes for rows that are looked up one by one. Derived from
// what chosen blocks took beside near ones in pattern_bench; not measured by itself.
constexpr std::int64_t cpuGathering = 4;

}  // namespace

ChoiceWork ChoiceCosts::sums(const Step& step) const {
    const std::int64_t rows = schedule_.summedBlocks > 0
                                  ? tokenCount(tokensOf(schedule_.owned, step.queriesOf))
                                  : costs_.plan().attention.tokens;
    const std::int64_t scalars = rows * keyHeads(step) * columns();
    return {costs_.passOver(scalars * (costs_.elementBytes() + 2 * wide)), 3};
}

ChoiceWork ChoiceCosts::choosing(const Step& step) const {
    const std::int64_t most = schedule_.pattern->chosenBlocks();
    std::int64_t rows = 0;
    std::int64_t scores = 0;  // of a head
    std::int64_t means = 0;
    std::int64_t calls = 0;
    for (const RowRun& run : runsOf(tokensOf(schedule_.owned, step.queriesOf)))
        forChoosingRows(*schedule_.pattern, schedule_.mask, run, [&](const ChoosingRows& choosing) {
            rows += choosing.rows.count;
            if (choosing.count <= most) return;  // all are chosen
            scores += choosing.rows.count * choosing.count;
            means += choosing.count;
            ++calls;
        });
    if (rows == 0) return {};
    const std::int64_t all = scores * heads(step);
    // Queries are widened and put in another order; scores are, and rounded; each of the largest is
    // looked for among all. Then rows are listed by what they chose.
    const std::int64_t bytes = rows * heads(step) * columns() * (costs_.elementBytes() + 3 * wide) +
                               means * keyHeads(step) * columns() * 2 * wide +
                               all * (3 * wide + most * wide) +
                               rows * heads(step) * most * 4 * wide;
    const double flops = 2 * static_cast<double>(all) * static_cast<double>(columns());
    return {costs_.wideProducts(flops, schedule_.pattern->config().block) + costs_.passOver(bytes),
            static_cast<int>(calls * (6 + 2 * most))};
}

ChoiceWork ChoiceCosts::block(const Step& step, const Block& block, Pass pass) const {
    const std::int64_t size = schedule_.pattern->config().block;
    const std::int64_t last = block.keyTokens.at(block.keyRows() - 1);
    const std::int64_t blocks = last / size - block.keyTokens.first / size + 1;
    const std::int64_t calls =
        blocks * keyHeads(step) * static_cast<std::int64_t>(keySides(*schedule_.pattern).size());
    const double pairs = static_cast<double>(block.pairs) * static_cast<double>(heads(step));
    const double rows = pairs * static_cast<double>(blocks) / static_cast<double>(block.keyRows());
    const std::int64_t element = costs_.elementBytes();
    const std::int64_t sum = costs_.sumBytes();
    // Forward: queries and sums are gathered, merged with and put back. Backward: queries, outputs
    // and their gradients are gathered, and the sum of the queries' own, which is put back.
    const std::int64_t gathered =
        pass == Pass::Forward ? 2 * element + 4 * sum : 6 * element + 4 * sum;
    const std::int64_t merged = pass == Pass::Forward ? element + 2 * sum : 0;
    constexpr std::int64_t places = 6 * wide;  // of each row, looked up
    const std::int64_t bytes =
        columns() * (gathered * (costs_.onGpu() ? 1 : cpuGathering) + merged) + places;
    return {costs_.fullBlocks(pairs, calls, pass) +
                costs_.passOver(static_cast<std::int64_t>(rows * static_cast<double>(bytes))),
            static_cast<int>(calls * 8)};
}

}  // namespace ringscope
