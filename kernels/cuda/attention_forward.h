// One tile of queries meets all tiles of keys that it sees, and keeps for each row the largest
// score and the sum of weights so far.
#pragma once

#include "kernels/cuda/attention_rows.h"

namespace ringscope::kernel {

// Threads that share a row while scores become weights.
template <typename T>
inline constexpr int rowParts = blockThreads / tile<T>;

// Scores of the tile's queries with the keys from `key` on, in lines; -infinity where unseen.
template <typename T>
RINGSCOPE_KERNEL void writeScores(const AttentionTask& task, const TilePlace& place,
                                  const HeadRules<T>& rules, std::int64_t key,
                                  const Cells<T>& products, AttentionMemory<T>& memory,
                                  int thread) {
    RINGSCOPE_UNROLL
    for (int i = 0; i < cells<T>; ++i) {
        const int row = thread / side + side * i;
        const std::int64_t query = tokenAt(task.queryTokens, place.tile * tile<T> + row);
        RINGSCOPE_UNROLL
        for (int j = 0; j < cells<T>; ++j) {
            const int column = thread % side + side * j;
            const std::int64_t distance = query - tokenAt(task.keyTokens, key + column);
            memory.product.lines[row * line<T> + column] =
                sees(memory, row, key + column) ? bend(rules, products.at[i][j], distance).score
                                                : -static_cast<T>(INFINITY);
        }
    }
}

// Lines of scores become dropped weights; most, sum and factor follow. Each row in several parts.
template <typename T>
RINGSCOPE_KERNEL void weighScores(const ThreadBlock& block, const AttentionTask& task,
                                  const HeadRules<T>& rules, std::int64_t key,
                                  AttentionMemory<T>& memory) {
    const T nothing = -static_cast<T>(INFINITY);
    block.all([&](int thread) {
        const T* const scores = memory.product.lines + thread % tile<T> * line<T>;
        T most = nothing;
        for (int column = thread / tile<T>; column < tile<T>; column += rowParts<T>)
            most = scores[column] > most ? scores[column] : most;
        memory.partMost[thread] = most;
    });
    const auto mostOfRow = [&](int row) {
        T most = memory.most[row];
        for (int part = row; part < blockThreads; part += tile<T>)
            most = memory.partMost[part] > most ? memory.partMost[part] : most;
        return most;
    };
    block.all([&](int thread) {
        const int row = thread % tile<T>;
        T* const weights = memory.product.lines + row * line<T>;
        const T most = mostOfRow(row);
        const DropoutRow random{memory.dropLow[row], memory.dropHigh[row]};
        T sum = 0;
        for (int column = thread / tile<T>; column < tile<T>; column += rowParts<T>) {
            const T weight = weights[column] == nothing ? T(0) : std::exp(weights[column] - most);
            sum += weight;
            weights[column] = weight * kept(rules, random, tokenAt(task.keyTokens, key + column));
        }
        memory.partSum[thread] = sum;
    });
    block.all([&](int row) {
        if (row >= tile<T>) return;
        const T most = mostOfRow(row);
        const T before = memory.most[row];
        const T factor = before == nothing ? T(1) : std::exp(before - most);
        T sum = memory.sum[row] * factor;
        for (int part = row; part < blockThreads; part += tile<T>) sum += memory.partSum[part];
        memory.most[row] = most;
        memory.sum[row] = sum;
        memory.factor[row] = factor;
    });
}

template <typename T, typename In, int chunks>
RINGSCOPE_KERNEL void attend(const ThreadBlock& block, AttentionMemory<T>& memory,
                             const AttentionTask& task, std::int64_t index) {
    // Under a causal mask the last tiles see most, so they start first.
    const std::int64_t tiles = tilesOf(task.queries, tile<T>);
    TilePlace place = placeOf(index, tiles, task.heads);
    place.tile = tiles - 1 - place.tile;
    const std::int64_t kvHead = place.head / (task.heads / task.kvHeads);
    const auto size = static_cast<int>(task.size);
    const HeadRules<T> rules = headRules<T>(task, place.head);
    const HeadRows<In> q = queryRows<In, T>(task, task.q, place);
    const KeySpan all = keysOfTile(task, place.tile, tile<T>);

    Registers<Cells<T>> products;
    Registers<Sums<T, chunks>> out;
    block.all([&](int thread) {
        out[thread] = Sums<T, chunks>{};
        loadQueries(task, place, memory, thread);
        if (thread >= tile<T>) return;
        memory.most[thread] = -static_cast<T>(INFINITY);
        memory.sum[thread] = 0;
    });
    for (std::int64_t key = all.begin; key < all.end; key += tile<T>) {
        const HeadRows<In> k = headRows<In>(task.k, place.batch, kvHead, key, all.end);
        const HeadRows<In> v = headRows<In>(task.v, place.batch, kvHead, key, all.end);
        multiplyRows(block, memory.product, q, k, size, products);
        block.all([&](int thread) {
            writeScores(task, place, rules, key, products[thread], memory, thread);
        });
        weighScores(block, task, rules, key, memory);
        block.all([&](int thread) {
            forEachSum(out[thread], thread,
                       [&](int row, int, T& value) { value *= memory.factor[row]; });
        });
        addLinesTimesRows<false>(block, memory.product, v, size, out);
    }
    block.all([&](int thread) {
        forEachSum(out[thread], thread, [&](int row, int column, const T& value) {
            if (row >= q.count || column >= size) return;
            const T sum = memory.sum[row];
            static_cast<T*>(task.out)[queryAt<T>(task, place, row) * size + column] =
                sum == T(0) ? T(0) : value / sum;
        });
        if (thread < tile<T> && thread < q.count)
            static_cast<T*>(task.lse)[queryAt<T>(task, place, thread)] =
                memory.most[thread] + std::log(memory.sum[thread]);
    });
}

}  // namespace ringscope::kernel
