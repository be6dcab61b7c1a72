#include "backend/memory/pieces.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

bool normsBefore(const ModelConfig& model) { return model.normPlace != NormPlace::After; }
bool normsAfter(const ModelConfig& model) { return model.normPlace != NormPlace::Before; }

// Rows behind a projection, normalised and added: what they become, and the way back.
Held addNormedMemory(RankWriter& writer, std::int64_t rows, std::int64_t width) {
    Held normed = writer.elements(rows * width);
    const Held factors = writer.sums(rows);
    writer.norm(true, rows, width);
    return normed;
}
Held addNormedBackwardMemory(RankWriter& writer, std::int64_t rows, std::int64_t width) {
    const Held normed = writer.elements(rows * width);
    const Held factors = writer.sums(rows);
    writer.norm(true, rows, width);
    Held d = writer.elements(rows * width);
    writer.normBackward(true, rows, width);
    return d;
}

}  // namespace

Held ProjectMemory::forward(const Held& x) {
    inverse_ = writer_.sums(sizes_.rows);
    Held out = writer_.elements(sizes_.rows * sizes_.out);
    const std::int64_t chunk = writer_.chunkOf(sizes_.rows);
    const Held normed = writer_.elements(chunk * sizes_.in);
    writer_.norm(sizes_.norm, chunk, sizes_.in);
    writer_.projectionInto(sizes_.of(chunk));
    x_ = x;
    return out;
}

Held ProjectMemory::backward() {
    Held dx = writer_.elements(sizes_.rows * sizes_.in);
    const std::int64_t chunk = writer_.chunkOf(sizes_.rows);
    {
        const Held normed = writer_.elements(chunk * sizes_.in);
        writer_.norm(sizes_.norm, chunk, sizes_.in);
        writer_.projectionGradients(sizes_.of(chunk));
        writer_.projectionBackInto(sizes_.of(chunk));
        writer_.normBackward(sizes_.norm, chunk, sizes_.in);
    }
    x_ = inverse_ = {};
    return dx;
}

HeadProjectionMemory::HeadProjectionMemory(RankWriter& writer, std::int64_t rows)
    : writer_(writer),
      rows_(rows),
      queryColumns_(writer.model().heads * writer.model().headDim()),
      keyColumns_(writer.model().kvHeads * writer.model().headDim()) {}

ProjectionSizes HeadProjectionMemory::qkv(std::int64_t rows) const {
    return {rows, writer_.model().hiddenSize, queryColumns_ + 2 * keyColumns_,
            writer_.model().qkvBias, "attention.qkv"};
}

void HeadProjectionMemory::normHeads(std::int64_t rows, bool backward) {
    if (writer_.model().qkNorm == QkNorm::None) return;
    for (const std::int64_t columns : {queryColumns_, keyColumns_}) {
        const Held part = writer_.elements(rows * columns);
        const Held normed = writer_.elements(rows * columns);
        const Held factors = writer_.sums(writer_.model().qkNorm == QkNorm::All
                                              ? rows
                                              : rows * columns / writer_.model().headDim());
        const Held d = backward ? writer_.elements(rows * columns) : Held{};
        const Held dPart = backward ? writer_.elements(rows * columns) : Held{};
    }
}

HeadProjectionMemory::Heads HeadProjectionMemory::forward(const Held& x) {
    const std::int64_t hidden = writer_.model().hiddenSize;
    const std::int64_t outputs = queryColumns_ + 2 * keyColumns_;
    inverse_ = writer_.sums(rows_);
    const Heads heads{writer_.elements(rows_ * queryColumns_),
                      writer_.elements(rows_ * keyColumns_), writer_.elements(rows_ * keyColumns_)};
    if (writer_.model().qkNorm != QkNorm::None) projected_ = writer_.elements(rows_ * outputs);
    const std::int64_t chunk = writer_.chunkOf(rows_);
    const Held normed = writer_.elements(chunk * hidden);
    writer_.norm(normsBefore(writer_.model()), chunk, hidden);
    const Held projected = writer_.projection(qkv(chunk));
    normHeads(chunk, /*backward=*/false);
    x_ = x;
    return heads;
}

Held HeadProjectionMemory::backward() {
    const std::int64_t hidden = writer_.model().hiddenSize;
    const std::int64_t outputs = queryColumns_ + 2 * keyColumns_;
    Held dx = writer_.elements(rows_ * hidden);
    const std::int64_t chunk = writer_.chunkOf(rows_);
    {
        const Held normed = writer_.elements(chunk * hidden);
        const Held dQkv = writer_.elements(chunk * outputs);
        writer_.norm(normsBefore(writer_.model()), chunk, hidden);
        normHeads(chunk, /*backward=*/true);
        writer_.projectionGradients(qkv(chunk));
        writer_.projectionBackInto(qkv(chunk));
        writer_.normBackward(normsBefore(writer_.model()), chunk, hidden);
    }
    x_ = inverse_ = projected_ = {};
    return dx;
}

Held AddProjectionMemory::forward(const Held& in) {
    in_ = in;
    const ProjectionSizes projection = sizes_.of(sizes_.rows);
    if (!sizes_.norm) return writer_.sumWithProjection(projection);
    projected_ = writer_.projection(projection);
    return addNormedMemory(writer_, sizes_.rows, sizes_.out);
}

Held AddProjectionMemory::backward() {
    const Held d = sizes_.norm ? addNormedBackwardMemory(writer_, sizes_.rows, sizes_.out) : Held{};
    writer_.projectionGradients(sizes_.of(sizes_.rows));
    Held dIn = writer_.projectionBack(sizes_.of(sizes_.rows));
    in_ = projected_ = {};
    return dIn;
}

FeedForwardMemory::FeedForwardMemory(RankWriter& writer, const FeedForwardSizes& sizes)
    : writer_(writer),
      sizes_(sizes),
      width_(writer.model().hiddenSize),
      outputs_(rowOf(writer.model().ffn).gated ? 2 * sizes.inner : sizes.inner),
      normAfter_(normsAfter(writer.model())) {}

ProjectionSizes FeedForwardMemory::inward(std::int64_t rows) const {
    const bool gated = rowOf(writer_.model().ffn).gated;
    const std::string_view stem = sizes_.shared ? gated ? "ffn.shared.gate_up" : "ffn.shared.up"
                                  : gated       ? "ffn.gate_up"
                                                : "ffn.up";
    return {rows, width_, outputs_, writer_.model().ffnBias, stem};
}

ProjectionSizes FeedForwardMemory::down(std::int64_t rows) const {
    return {rows, sizes_.inner, width_, writer_.model().ffnBias,
            sizes_.shared ? "ffn.shared.down" : "ffn.down"};
}

FeedForwardMemory::Chunk FeedForwardMemory::chunkOf(std::int64_t rows) {
    Chunk chunk;
    if (sizes_.tile) {
        chunk.factors = writer_.sums(rows);
        chunk.inner = writer_.elements(rows * outputs_);
        if (normAfter_) chunk.before = writer_.elements(rows * width_);
    }
    chunk.normed = writer_.elements(rows * width_);
    return chunk;
}

void FeedForwardMemory::project(std::int64_t rows) {
    writer_.norm(normsBefore(writer_.model()), rows, width_);
    writer_.projectionInto(inward(rows));
}

Held FeedForwardMemory::activated(std::int64_t rows) {
    Held hidden = writer_.elements(rows * sizes_.inner);
    if (!rowOf(writer_.model().ffn).onePass)
        const Held gelu = writer_.elements(rows * sizes_.inner);
    return hidden;
}

void FeedForwardMemory::activationBackward(std::int64_t rows) {
    if (rowOf(writer_.model().ffn).onePass) return;
    const bool gated = rowOf(writer_.model().ffn).gated;
    const Held product = gated ? writer_.elements(rows * sizes_.inner) : Held{};
    const Held gelu = writer_.elements(rows * sizes_.inner);
}

Held FeedForwardMemory::forward(const Held& x) {
    Held out = writer_.elements(sizes_.rows * width_);
    if (!sizes_.tile) {
        inverse_ = writer_.sums(sizes_.rows);
        projected_ = writer_.elements(sizes_.rows * outputs_);
        if (normAfter_) before_ = writer_.elements(sizes_.rows * width_);
    }
    const std::int64_t rows = rowsAtOnce();
    const Chunk chunk = chunkOf(rows);
    project(rows);
    const Held hidden = activated(rows);
    if (normAfter_) {
        writer_.projectionInto(down(rows));
        addNormedMemory(writer_, rows, width_);
    } else {
        writer_.sumWithProjectionInto(down(rows));
    }
    x_ = x;
    return out;
}

Held FeedForwardMemory::backward() {
    Held dx = writer_.elements(sizes_.rows * width_);
    {
        const std::int64_t rows = rowsAtOnce();
        const Chunk chunk = chunkOf(rows);
        if (sizes_.tile) {
            project(rows);
            if (normAfter_) {
                const Held hidden = activated(rows);
                writer_.projectionInto(down(rows));
            }
        }
        const Held d = normAfter_ ? addNormedBackwardMemory(writer_, rows, width_) : Held{};
        const Held hidden = activated(rows);
        writer_.projectionGradients(down(rows));
        writer_.projectionBackInto(down(rows));
        const Held dInner = writer_.elements(rows * outputs_);
        activationBackward(rows);
        writer_.norm(normsBefore(writer_.model()), rows, width_);
        writer_.projectionGradients(inward(rows));
        writer_.projectionBackInto(inward(rows));
        writer_.normBackward(normsBefore(writer_.model()), rows, width_);
    }
    x_ = inverse_ = projected_ = before_ = {};
    return dx;
}

Held headLossMemory(RankWriter& writer, std::int64_t rows, std::optional<std::int64_t> tile) {
    constexpr std::int64_t logitsAtOnce = 4 << 20;
    const std::int64_t width = writer.model().hiddenSize;
    const std::int64_t words = writer.model().vocabSize;
    Held dx = writer.elements(rows * width);
    const std::int64_t atOnce = writer.onCpu() ? logitsAtOnce : 16 * logitsAtOnce;
    const std::int64_t chunk =
        std::min(rows, tile.value_or(std::max<std::int64_t>(128, atOnce / words)));
    const Held inverse = writer.sums(chunk);
    const Held normed = writer.elements(chunk * width);
    writer.norm(true, chunk, width);
    const Held logits = [&] {
        const CategoryScope scope(writer.program(), MemoryCategory::Logits);
        return writer.product({chunk, width, words});
    }();
    const bool capped = writer.model().logitSoftcap.has_value();
    const Held copy = capped ? writer.elements(chunk * words) : Held{};
    if (capped) const Held slopes = writer.elements(3 * chunk * words);
    if (!writer.isFrozen()) writer.addProduct({words, chunk, width});
    writer.productInto({chunk, words, width});
    writer.normBackward(true, chunk, width);
    return dx;
}

}  // namespace ringscope
