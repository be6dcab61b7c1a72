#include "backend/memory/latent_memory.h"

#include <utility>

namespace ringscope {
namespace {

PieceSizes queryUpSizes(const ModelConfig& model, std::int64_t rows) {
    const bool direct = model.latent.querySize == 0;
    return {.rows = rows,
            .in = direct ? model.hiddenSize : model.latent.querySize,
            .out = model.heads * model.headDim(),
            .stem = direct ? "attention.query" : "attention.query_up"};
}

std::int64_t latentSize(const ModelConfig& model) {
    return model.latent.size + model.latent.rotarySize;
}

}  // namespace

LatentHeadsMemory::LatentHeadsMemory(RankWriter& writer, std::int64_t rows, std::int64_t tokens)
    : writer_(writer),
      rows_(rows),
      tokens_(tokens),
      queryUp_(writer, queryUpSizes(writer.model(), rows)),
      latent_(writer, {.rows = rows,
                       .in = writer.model().hiddenSize,
                       .out = latentSize(writer.model()),
                       .bias = writer.model().qkvBias,
                       .stem = "attention.latent"}) {
    if (writer.model().latent.querySize > 0)
        queryDown_.emplace(writer, PieceSizes{.rows = rows,
                                              .in = writer.model().hiddenSize,
                                              .out = writer.model().latent.querySize,
                                              .bias = writer.model().qkvBias,
                                              .stem = "attention.query_down"});
}

// rotated(): cosine and sine in the elements' type are kept, where that is not their own.
Held LatentHeadsMemory::rotated(std::int64_t heads, Held& angles) {
    const std::int64_t half = turningNumbers(heads) / 2;
    if (writer_.hasTwoBytes())
        angles = writer_.elements(2 * tokens_ * writer_.model().latent.rotarySize / 2);
    Held low, high;
    {
        const Held products = writer_.elements(2 * half);
        low = writer_.elements(half);
    }
    {
        const Held products = writer_.elements(2 * half);
        high = writer_.elements(half);
    }
    return writer_.elements(2 * half);
}

LatentHeadsMemory::Heads LatentHeadsMemory::forward(const Held& x) {
    const ModelConfig& model = writer_.model();
    const Held queries = queryUp_.forward(queryDown_ ? queryDown_->forward(x) : x);
    const Held turned = rotated(model.heads, queryAngles_);
    const Held latents = latent_.forward(x);
    const Held rotaryKey = rotated(1, keyAngles_);
    return {writer_.elements(rows_ * model.heads * model.headDim()),
            writer_.elements(rows_ * latentSize(model))};
}

// The gradient of what rotated() took, in the shape of what it was cut from.
Held LatentHeadsMemory::rotatedBackward(std::int64_t heads) {
    const std::int64_t half = turningNumbers(heads) / 2;
    const Held parts = writer_.elements(4 * half);
    return writer_.elements(2 * half);
}

Held LatentHeadsMemory::backward(Held dq, Held dLatent) {
    const ModelConfig& model = writer_.model();
    Held dx;
    {
        const Held turned = rotatedBackward(1);
        const Held whole = writer_.elements(rows_ * latentSize(model));
        const Held plain = writer_.elements(rows_ * latentSize(model));
        dLatent = {};
        keyAngles_ = {};
        dx = latent_.backward();
    }
    Held dQueries;
    {
        const Held turned = rotatedBackward(model.heads);
        dQueries = writer_.elements(rows_ * model.heads * model.headDim());
        const Held plain = writer_.elements(rows_ * model.heads * model.headDim());
        dq = {};
        queryAngles_ = {};
    }
    const Held dDown = queryUp_.backward();
    dQueries = {};
    if (queryDown_) const Held again = queryDown_->backward();
    return dx;
}

ExpandMemory::ExpandMemory(RankWriter& writer, std::int64_t rows, std::int64_t heads)
    : writer_(writer),
      rows_(rows),
      heads_(heads),
      up_(writer,
          {.rows = rows,
           .in = writer.model().latent.size,
           .out = heads * (writer.model().latent.plainSize + writer.model().latent.valueSize),
           .stem = "attention.latent_up"}) {}

KeyMemory ExpandMemory::forward() {
    const Held rows = writer_.elements(rows_ * writer_.model().latent.size);
    const Held expanded = up_.forward(rows);
    const std::int64_t numbers = rows_ * heads_ * writer_.model().headDim();
    return {writer_.elements(numbers), writer_.elements(numbers)};
}

// Gradients of parts of a tensor come as whole ones, with zeros beside them.
Held ExpandMemory::backward() {
    const ModelConfig& model = writer_.model();
    const std::int64_t expanded =
        rows_ * heads_ * (model.latent.plainSize + model.latent.valueSize);
    Held dExpanded;
    {
        const Held dValues = writer_.elements(rows_ * heads_ * model.latent.valueSize);
        const Held plain = writer_.elements(expanded);
        dExpanded = writer_.elements(expanded);
    }
    const Held dRotary = writer_.elements(rows_ * latentSize(model));
    const Held dRows = up_.backward();
    return writer_.elements(rows_ * latentSize(model));
}

LatentExpansion latentExpansion(RankWriter& writer) {
    return {.expand =
                [&writer](std::int64_t rows, std::int64_t heads) {
                    return ExpandMemory(writer, rows, heads).forward();
                },
            .gradient =
                [&writer](std::int64_t rows, std::int64_t heads) {
                    ExpandMemory expand(writer, rows, heads);
                    KeyMemory keys = expand.forward();
                    const std::int64_t numbers = rows * heads * writer.model().headDim();
                    const Held dKeys = writer.hasTwoBytes() ? writer.elements(2 * numbers) : Held{};
                    const Held latents = expand.backward();
                    return writer.hasTwoBytes() ? writer.sums(rows * latentSize(writer.model()))
                                                : latents;
                }};
}

}  // namespace ringscope
