// The gradients of queries, by tiles of queries that meet the keys they see, and those of keys and
// values, by tiles of keys that meet the queries that see them, of all heads that share a key head.
// Each sum is one block of threads' own, so that it is added up in the same order every time.
#pragma once

#include "kernels/cuda/attention_rows.h"

namespace ringscope::kernel {

// Besides what the tile's queries see: their lse over all keys, and delta.
template <typename T>
RINGSCOPE_KERNEL void loadWholeRows(const AttentionTask& task, const TilePlace& place,
                                    AttentionMemory<T>& memory, int thread) {
    loadQueries(task, place, memory, thread);
    if (thread >= tile<T>) return;
    const bool there = place.tile * tile<T> + thread < task.queries;
    const std::int64_t at = queryAt<T>(task, place, thread);
    memory.lse[thread] = there ? static_cast<const T*>(task.wholeLse)[at] : T(0);
    memory.delta[thread] = there ? static_cast<const T*>(task.delta)[at] : T(0);
}

// A thread's products of queries with keys become weights, dropped, and its products of dOut with
// values, the gradients of those weights, become gradients of the scaled products.
template <typename T>
RINGSCOPE_KERNEL void scoreGradients(const AttentionTask& task, const TilePlace& place,
                                     const HeadRules<T>& rules, std::int64_t key,
                                     const AttentionMemory<T>& memory, Cells<T>& products,
                                     Cells<T>& dWeights, int thread) {
    RINGSCOPE_UNROLL
    for (int i = 0; i < cells<T>; ++i) {
        const int row = thread / side + side * i;
        const std::int64_t query = tokenAt(task.queryTokens, place.tile * tile<T> + row);
        const DropoutRow random{memory.dropLow[row], memory.dropHigh[row]};
        RINGSCOPE_UNROLL
        for (int j = 0; j < cells<T>; ++j) {
            const std::int64_t at = key + thread % side + side * j;
            T& product = products.at[i][j];
            T& dWeight = dWeights.at[i][j];
            if (!sees(memory, row, at)) {
                product = dWeight = T(0);
                continue;
            }
            const std::int64_t token = tokenAt(task.keyTokens, at);
            const BentScore<T> bent = bend(rules, product, query - token);
            const T weight = std::exp(bent.score - memory.lse[row]);
            const T keep = kept(rules, random, token);
            product = weight * keep;
            dWeight = weight * (dWeight * keep - memory.delta[row]) * bent.slack;
        }
    }
}

template <typename T>
RINGSCOPE_KERNEL void writeLines(const Cells<T>& values, AttentionMemory<T>& memory, int thread) {
    RINGSCOPE_UNROLL
    for (int i = 0; i < cells<T>; ++i) {
        RINGSCOPE_UNROLL
        for (int j = 0; j < cells<T>; ++j)
            memory.product.lines[(thread / side + side * i) * line<T> + thread % side + side * j] =
                values.at[i][j];
    }
}

template <typename T, typename In, int chunks>
RINGSCOPE_KERNEL void queryGradients(const ThreadBlock& block, AttentionMemory<T>& memory,
                                     const AttentionTask& task, std::int64_t index) {
    const std::int64_t tiles = tilesOf(task.queries, tile<T>);
    TilePlace place = placeOf(index, tiles, task.heads);
    place.tile = tiles - 1 - place.tile;
    const std::int64_t kvHead = place.head / (task.heads / task.kvHeads);
    const auto size = static_cast<int>(task.size);
    const HeadRules<T> rules = headRules<T>(task, place.head);
    const HeadRows<In> q = queryRows<In, T>(task, task.q, place);
    const HeadRows<In> dOut = queryRows<In, T>(task, task.dOut, place);
    const KeySpan all = keysOfTile(task, place.tile, tile<T>);

    Registers<Cells<T>> products;
    Registers<Cells<T>> dWeights;
    Registers<Sums<T, chunks>> dq;
    block.all([&](int thread) {
        dq[thread] = Sums<T, chunks>{};
        loadWholeRows(task, place, memory, thread);
    });
    for (std::int64_t key = all.begin; key < all.end; key += tile<T>) {
        const HeadRows<In> k = headRows<In>(task.k, place.batch, kvHead, key, all.end);
        const HeadRows<In> v = headRows<In>(task.v, place.batch, kvHead, key, all.end);
        multiplyRows(block, memory.product, q, k, size, products);
        multiplyRows(block, memory.product, dOut, v, size, dWeights);
        block.all([&](int thread) {
            scoreGradients(task, place, rules, key, memory, products[thread], dWeights[thread],
                           thread);
            writeLines(dWeights[thread], memory, thread);
        });
        addLinesTimesRows<false>(block, memory.product, k, size, dq);
    }
    block.all([&](int thread) {
        forEachSum(dq[thread], thread, [&](int row, int column, const T& value) {
            if (row < q.count && column < size)
                static_cast<T*>(task.dq)[queryAt<T>(task, place, row) * size + column] =
                    value * rules.scale;
        });
    });
}

template <typename T, typename In, int chunks>
RINGSCOPE_KERNEL void keyGradients(const ThreadBlock& block, AttentionMemory<T>& memory,
                                   const AttentionTask& task, std::int64_t index) {
    const TilePlace here = placeOf(index, tilesOf(task.keys, tile<T>), task.kvHeads);
    const std::int64_t key = here.tile * tile<T>;
    const std::int64_t group = task.heads / task.kvHeads;
    const auto size = static_cast<int>(task.size);
    const HeadRows<In> k = headRows<In>(task.k, here.batch, here.head, key, task.keys);
    const HeadRows<In> v = headRows<In>(task.v, here.batch, here.head, key, task.keys);

    Registers<Cells<T>> products;
    Registers<Cells<T>> dWeights;
    Registers<Sums<T, chunks>> dk;
    Registers<Sums<T, chunks>> dv;
    block.all([&](int thread) {
        dk[thread] = Sums<T, chunks>{};
        dv[thread] = Sums<T, chunks>{};
    });
    const std::int64_t queryTiles = tilesOf(task.queries, tile<T>);
    for (std::int64_t turn = 0; turn < group * queryTiles; ++turn) {
        const TilePlace place{turn % queryTiles, here.head * group + turn / queryTiles, here.batch};
        const KeySpan seen = keysOfTile(task, place.tile, tile<T>);
        if (seen.end <= key || key + tile<T> <= seen.begin) continue;
        const HeadRules<T> rules = headRules<T>(task, place.head);
        const HeadRows<In> q = queryRows<In, T>(task, task.q, place);
        const HeadRows<In> dOut = queryRows<In, T>(task, task.dOut, place);
        block.all([&](int thread) { loadWholeRows(task, place, memory, thread); });
        multiplyRows(block, memory.product, q, k, size, products);
        multiplyRows(block, memory.product, dOut, v, size, dWeights);
        block.all([&](int thread) {
            scoreGradients(task, place, rules, key, memory, products[thread], dWeights[thread],
                           thread);
            writeLines(products[thread], memory, thread);
        });
        addLinesTimesRows<true>(block, memory.product, dOut, size, dv);
        block.all([&](int thread) { writeLines(dWeights[thread], memory, thread); });
        addLinesTimesRows<true>(block, memory.product, q, size, dk);
    }
    block.all([&](int thread) {
        const auto write = [&](Sums<T, chunks>& sums, void* to, T factor) {
            forEachSum(sums, thread, [&](int row, int column, const T& value) {
                if (row >= k.count || column >= size) return;
                const std::int64_t at =
                    (here.batch * task.keys + key + row) * task.kvHeads + here.head;
                static_cast<T*>(to)[at * size + column] = value * factor;
            });
        };
        write(dk[thread], task.dk, static_cast<T>(task.scale));
        write(dv[thread], task.dv, T(1));
    });
}

}  // namespace ringscope::kernel
