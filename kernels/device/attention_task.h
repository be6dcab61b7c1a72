// One pass of attention over one block, as plain numbers: the input of the tiled kernel of a GPU
// and of its twin on the host. Free of ATen, CUDA and the standard library's containers, so
// that nvcc compiles it in a second.
#pragma once

#include <cstdint>

namespace ringscope {

enum class ElementType : std::uint8_t { Float, Double, BFloat16, Half };

// Sums are kept, and results given, in fp32; in fp64 for fp64. Rows of queries and of keys that are
// taken at a time:
constexpr int tileRows(ElementType type) { return type == ElementType::Double ? 32 : 64; }
// Columns of a head at most; plans know it as mostGpuHeadColumns.
constexpr std::int64_t mostHeadSize = 256;

// (B, n, H, D), strides in elements; D is contiguous.
struct HeadTensor {
    const void* first = nullptr;
    std::int64_t batchStride = 0;
    std::int64_t rowStride = 0;
    std::int64_t headStride = 0;
};

// Rows of keys, from `begin` to before `end`.
struct KeySpan {
    std::int64_t begin;
    std::int64_t end;
};

// The tokens of rows: row i is token first + i * stride.
struct RowTokens {
    std::int64_t first = 0;
    std::int64_t stride = 1;
};

enum class AttentionPass : std::uint8_t {
    Forward,         // out and lse
    QueryGradients,  // dq
    KeyGradients     // dk and dv
};

struct AttentionTask {
    AttentionPass pass = AttentionPass::Forward;
    ElementType type = ElementType::Float;  // of q, k, v and dOut

    std::int64_t batch = 0;
    std::int64_t queries = 0;
    std::int64_t keys = 0;
    std::int64_t heads = 0;    // of queries
    std::int64_t kvHeads = 0;  // divides them: query head h uses h / (heads / kvHeads)
    std::int64_t size = 0;     // D

    HeadTensor q{};
    HeadTensor k{};
    HeadTensor v{};
    HeadTensor dOut{};

    // Contiguous, in the type of sums.
    void* out = nullptr;             // (B, nq, H, D)
    void* lse = nullptr;             // (B, nq, H)
    const void* wholeLse = nullptr;  // (B, nq, H): over all keys, of this block or not
    const void* delta = nullptr;     // (B, nq, H): the sum of out * dOut
    void* dq = nullptr;              // (B, nq, H, D)
    void* dk = nullptr;              // (B, nk, kvHeads, D)
    void* dv = nullptr;

    // The keys of each row, where seen is given, else all or, where causal, the keys 0..i of row i.
    bool causal = false;
    const KeySpan* seen = nullptr;      // (nq)
    const KeySpan* tileSeen = nullptr;  // for each tile of queries from the first to the last seen

    // ScoreRules, in numbers.
    double scale = 1;
    double softcap = 0;           // 0: none
    std::int64_t alibiHeads = 0;  // 0: none
    std::int64_t firstHead = 0;
    std::uint32_t dropBelow = 0;  // 0: nothing is dropped
    double keepFactor = 1;
    std::uint64_t dropoutSeed = 0;
    RowTokens queryTokens{};
    RowTokens keyTokens{};
};

constexpr std::int64_t tilesOf(std::int64_t rows, int tile) { return (rows + tile - 1) / tile; }

// Blocks of threads that a pass takes: one for each tile of queries (for the gradients of keys, of
// keys) of each head.
constexpr std::int64_t threadBlocks(const AttentionTask& task) {
    const int tile = tileRows(task.type);
    return task.pass == AttentionPass::KeyGradients
               ? task.batch * task.kvHeads * tilesOf(task.keys, tile)
               : task.batch * task.heads * tilesOf(task.queries, tile);
}

}  // namespace ringscope
