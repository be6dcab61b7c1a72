// What the passes of tiled attention share: which rows a block of threads works on, what they see,
// and what happens to their scores.
#pragma once

#include "kernels/cuda/tile_products.h"
#include "kernels/device/weight_bits.h"

#include <cmath>

namespace ringscope::kernel {

template <typename T>
struct AttentionMemory {
    ProductMemory<T> product;

    // Of the tile's queries.
    std::int64_t seenBegin[tile<T>];
    std::int64_t seenEnd[tile<T>];
    std::uint32_t dropLow[tile<T>];
    std::uint32_t dropHigh[tile<T>];

    // Forward: the largest score and the sum of weights so far, and by what the last tile of keys
    // made earlier weights smaller; each part's own for the tile at hand.
    T most[tile<T>];
    T sum[tile<T>];
    T factor[tile<T>];
    T partMost[blockThreads];
    T partSum[blockThreads];

    // Backward.
    T lse[tile<T>];
    T delta[tile<T>];
};

// What scores of one head go through, in the type of sums.
template <typename T>
struct HeadRules {
    T scale;
    T softcap;
    T slope;
    std::uint32_t dropBelow;
    T keepFactor;
};

template <typename T>
RINGSCOPE_KERNEL HeadRules<T> headRules(const AttentionTask& task, std::int64_t head) {
    const double slope =
        task.alibiHeads > 0 ? alibiSlope(task.firstHead + head, task.alibiHeads) : 0;
    return {static_cast<T>(task.scale), static_cast<T>(task.softcap), static_cast<T>(slope),
            task.dropBelow, static_cast<T>(task.keepFactor)};
}

template <typename T>
struct BentScore {
    T score;
    T slack;  // the soft-cap's derivative
};

template <typename T>
RINGSCOPE_KERNEL BentScore<T> bend(const HeadRules<T>& rules, T product, std::int64_t distance) {
    BentScore<T> bent{product * rules.scale, T(1)};
    if (rules.softcap != T(0)) {
        const T bounded = std::tanh(bent.score / rules.softcap);
        bent = {bounded * rules.softcap, T(1) - bounded * bounded};
    }
    if (rules.slope != T(0))
        bent.score -= rules.slope * static_cast<T>(distance < 0 ? -distance : distance);
    return bent;
}

// 0 where the weight of key token `key` is dropped, else what it grows by.
template <typename T>
RINGSCOPE_KERNEL T kept(const HeadRules<T>& rules, const DropoutRow& row, std::int64_t key) {
    if (rules.dropBelow == 0) return T(1);
    return dropoutBits(row, static_cast<std::uint32_t>(key)) < rules.dropBelow ? T(0)
                                                                               : rules.keepFactor;
}

RINGSCOPE_KERNEL std::int64_t tokenAt(const RowTokens& tokens, std::int64_t row) {
    return tokens.first + row * tokens.stride;
}

RINGSCOPE_KERNEL KeySpan keysSeen(const AttentionTask& task, std::int64_t query) {
    if (query >= task.queries) return {0, 0};
    if (task.seen != nullptr) return task.seen[query];
    return {0, task.causal && query + 1 < task.keys ? query + 1 : task.keys};
}

// From the first to the last key that a query of the tile sees.
RINGSCOPE_KERNEL KeySpan keysOfTile(const AttentionTask& task, std::int64_t index, int rows) {
    if (task.tileSeen != nullptr) return task.tileSeen[index];
    const std::int64_t last = (index + 1) * rows < task.queries ? (index + 1) * rows : task.queries;
    return keysSeen(task, last - 1);
}

// Where a block of threads is: a tile of rows of one head.
struct TilePlace {
    std::int64_t tile;
    std::int64_t head;
    std::int64_t batch;
};

RINGSCOPE_KERNEL TilePlace placeOf(std::int64_t index, std::int64_t tiles, std::int64_t heads) {
    return {index % tiles, index / tiles % heads, index / tiles / heads};
}

// What the tile's queries see and drop.
template <typename T>
RINGSCOPE_KERNEL void loadQueries(const AttentionTask& task, const TilePlace& place,
                                  AttentionMemory<T>& memory, int thread) {
    if (thread >= tile<T>) return;
    const std::int64_t query = place.tile * tile<T> + thread;
    const KeySpan seen = keysSeen(task, query);
    memory.seenBegin[thread] = seen.begin;
    memory.seenEnd[thread] = seen.end;
    const DropoutRow row = dropoutRow(task.dropoutSeed, place.batch, task.firstHead + place.head,
                                      tokenAt(task.queryTokens, query));
    memory.dropLow[thread] = row.low;
    memory.dropHigh[thread] = row.high;
}

template <typename T>
RINGSCOPE_KERNEL bool sees(const AttentionMemory<T>& memory, int row, std::int64_t key) {
    return memory.seenBegin[row] <= key && key < memory.seenEnd[row];
}

// In (B, n, H): of a query of the tile.
template <typename T>
RINGSCOPE_KERNEL std::int64_t queryAt(const AttentionTask& task, const TilePlace& place, int row) {
    const std::int64_t query = place.tile * tile<T> + row;
    return (place.batch * task.queries + query) * task.heads + place.head;
}

template <typename In, typename T>
RINGSCOPE_KERNEL HeadRows<In> queryRows(const AttentionTask& task, const HeadTensor& tensor,
                                        const TilePlace& place) {
    return headRows<In>(tensor, place.batch, place.head, place.tile * tile<T>, task.queries);
}

}  // namespace ringscope::kernel
