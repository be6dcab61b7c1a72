// The pieces of a layer, for the memory of their tensors: each is a node of the graph that keeps
// what kernels/model/functions keeps from forward() to backward(). Every piece's backward() frees
// what it kept.
#pragma once

#include "backend/memory/rank_writer.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringscope {

// Of rows (rows, in) to (rows, out).
struct PieceSizes {
    std::int64_t rows = 0;
    std::int64_t in = 0;
    std::int64_t out = 0;
    bool norm = true;  // before it
    bool bias = false;
    std::string_view stem{};  // as ProjectionSizes has it

    ProjectionSizes of(std::int64_t some) const { return {some, in, out, bias, stem}; }
};

// project(): the projection of the normalised input.
class ProjectMemory {
public:
    ProjectMemory(RankWriter& writer, const PieceSizes& sizes) : writer_(writer), sizes_(sizes) {}

    Held forward(const Held& x);
    Held backward();  // the gradient of x

private:
    RankWriter& writer_;
    PieceSizes sizes_;
    Held x_{};
    Held inverse_{};
};

// projectHeads().
class HeadProjectionMemory {
public:
    HeadProjectionMemory(RankWriter& writer, std::int64_t rows);

    struct Heads {
        Held q{};
        Held k{};
        Held v{};
    };
    Heads forward(const Held& x);
    Held backward();

private:
    // Of queries or keys that have a norm, and of the other way round.
    void normHeads(std::int64_t rows, bool backward);
    ProjectionSizes qkv(std::int64_t rows) const;

    RankWriter& writer_;
    std::int64_t rows_;
    std::int64_t queryColumns_;
    std::int64_t keyColumns_;
    Held x_{};
    Held inverse_{};
    Held projected_{};
};

// addProjection(): sizes.norm is the norm after it.
class AddProjectionMemory {
public:
    AddProjectionMemory(RankWriter& writer, const PieceSizes& sizes)
        : writer_(writer), sizes_(sizes) {}

    Held forward(const Held& in);
    Held backward();  // the gradient of `in`; that of the residual is the output's own

private:
    RankWriter& writer_;
    PieceSizes sizes_;
    Held in_{};
    Held projected_{};
};

// addFeedForward().
struct FeedForwardSizes {
    std::int64_t rows = 0;
    std::int64_t inner = 0;
    bool isApart = false;                // the residual is another tensor than x
    bool shared = false;                 // beside experts
    std::optional<std::int64_t> tile{};  // rows at a time; their inner rows are computed twice
};
class FeedForwardMemory {
public:
    FeedForwardMemory(RankWriter& writer, const FeedForwardSizes& sizes);

    Held forward(const Held& x);
    Held backward();  // the gradient of x; where the residual is apart, its own is the output's

private:
    // What a chunk of rows has beside what is kept.
    struct Chunk {
        Held factors{};
        Held inner{};
        Held before{};
        Held normed{};
    };
    Chunk chunkOf(std::int64_t rows);
    void project(std::int64_t rows);
    Held activated(std::int64_t rows);
    ProjectionSizes inward(std::int64_t rows) const;
    ProjectionSizes down(std::int64_t rows) const;
    void activationBackward(std::int64_t rows);
    std::int64_t rowsAtOnce() const {
        return sizes_.tile ? std::min(sizes_.rows, *sizes_.tile) : writer_.chunkOf(sizes_.rows);
    }

    RankWriter& writer_;
    FeedForwardSizes sizes_;
    std::int64_t width_;    // of x
    std::int64_t outputs_;  // of the first projection
    bool normAfter_;
    Held x_{};
    Held inverse_{};
    Held projected_{};
    Held before_{};
};

// headLoss(): its forward pass computes the gradient of x, (rows, hidden).
Held headLossMemory(RankWriter& writer, std::int64_t rows, std::optional<std::int64_t> tile);

}  // namespace ringscope
