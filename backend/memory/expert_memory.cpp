#include "backend/memory/expert_memory.h"

#include <utility>

namespace ringscope {

RouterMemory::RouterMemory(RankWriter& writer, const ExpertSizes& sizes)
    : writer_(writer),
      sizes_(sizes),
      project_(writer, {.rows = sizes.rows,
                        .in = writer.model().hiddenSize,
                        .out = writer.model().experts.count,
                        .norm = writer.model().normPlace != NormPlace::After,
                        .bias = writer.model().ffnBias}) {}

void RouterMemory::forward(const Held& x) {
    const ExpertConfig& experts = writer_.model().experts;
    const std::int64_t rows = sizes_.rows;
    const Held logits = project_.forward(x);
    const Held wide = writer_.widened(rows * experts.count);
    scores_ = writer_.sums(rows * experts.count);
    const Held biased = experts.bias ? writer_.sums(rows * experts.count) : Held{};
    const Held masked = experts.groups > 1 ? writer_.sums(rows * experts.count) : Held{};
    {
        const Held values = writer_.sums(rows * experts.perToken);
        chosen_ = writer_.numbers(rows * experts.perToken);
    }
    weights_ = writer_.sums(rows * experts.perToken);
    if (experts.normalized) {
        raw_ = weights_;
        rowSums_ = writer_.sums(rows);
        weights_ = writer_.sums(rows * experts.perToken);
    }
    if (experts.score == ExpertScore::Sigmoid) shares_ = writer_.sums(rows * experts.count);
    if (experts.scale != 1) weights_ = writer_.sums(rows * experts.perToken);
    if (!sizes_.scored) shares_ = {};
}

Held RouterMemory::backward() {
    const ExpertConfig& experts = writer_.model().experts;
    const std::int64_t rows = sizes_.rows;
    const Held dLogits = [&] {
        const Held dScores = writer_.sums(rows * experts.count);
        const Held dWide = writer_.sums(rows * experts.count);
        return writer_.hasTwoBytes() ? writer_.elements(rows * experts.count) : dWide;
    }();
    scores_ = chosen_ = raw_ = rowSums_ = weights_ = shares_ = {};
    return project_.backward();
}

ExpertsMemory::ExpertsMemory(RankWriter& writer, const ExpertSizes& sizes)
    : writer_(writer),
      sizes_(sizes),
      width_(writer.model().hiddenSize),
      inner_(writer.model().experts.size),
      pairs_(sizes.rows * writer.model().experts.perToken),
      ofOneExpert_((pairs_ + writer.model().experts.count - 1) / writer.model().experts.count) {}

Held ExpertsMemory::forward(const Held& x, const RouterMemory& router) {
    return sizes_.sharing == 1 ? forwardHere(x, router) : forwardSpread(x, router);
}

ExpertsMemory::Gradients ExpertsMemory::backward() {
    Gradients gradients = sizes_.sharing == 1 ? backwardHere() : backwardSpread();
    x_ = weights_ = projected_ = pairNumbers_ = arrived_ = returned_ = weighted_ = indices_ = {};
    return gradients;
}

ProjectionSizes ExpertsMemory::gateUp(std::int64_t rows) const {
    return {.rows = rows,
            .in = width_,
            .out = 2 * inner_,
            .bias = writer_.model().ffnBias,
            .stem = "ffn.experts.gate_up"};
}

ProjectionSizes ExpertsMemory::down(std::int64_t rows) const {
    return {.rows = rows,
            .in = inner_,
            .out = width_,
            .bias = writer_.model().ffnBias,
            .stem = "ffn.experts.down"};
}

// Of the rows of one expert; `gathers`: they are picked from all rows.
void ExpertsMemory::expertForward(std::int64_t rows, bool gathers) {
    rows = rowsAtOnce(rows);
    const Held inner = sizes_.tile ? writer_.elements(rows * 2 * inner_) : Held{};
    {
        const Held picked = gathers ? writer_.elements(rows * width_) : Held{};
        writer_.projectionInto(gateUp(rows));
    }
    const Held hidden = writer_.elements(rows * inner_);
    if (!gathers) return writer_.projectionInto(down(rows));
    const Held result = writer_.projection(down(rows));
    const Held weighted = writer_.sums(rows * width_);
    const Held narrowed = writer_.hasTwoBytes() ? writer_.elements(rows * width_) : Held{};
}

void ExpertsMemory::expertBackward(std::int64_t rows, bool gathers) {
    rows = rowsAtOnce(rows);
    const Held inner = sizes_.tile ? writer_.elements(rows * 2 * inner_) : Held{};
    if (sizes_.tile) {
        const Held picked = gathers ? writer_.elements(rows * width_) : Held{};
        writer_.projectionInto(gateUp(rows));
    }
    const Held hidden = writer_.elements(rows * inner_);
    Held dChosen, dResult;
    if (gathers) {
        dChosen = writer_.elements(rows * width_);
        {
            const Held again = writer_.projection(down(rows));
            const Held products = writer_.elements(rows * width_);
            const Held wide = writer_.widened(rows * width_);
        }
        const Held weighted = writer_.sums(rows * width_);
        dResult = writer_.hasTwoBytes() ? writer_.elements(rows * width_) : weighted;
    }
    writer_.projectionGradients(down(rows));
    writer_.projectionBackInto(down(rows));
    const Held dBetween = writer_.elements(rows * 2 * inner_);
    {
        const Held picked = gathers ? writer_.elements(rows * width_) : Held{};
        writer_.projectionGradients(gateUp(rows));
    }
    if (gathers)
        const Held dRows = writer_.projectionBack(gateUp(rows));
    else
        writer_.projectionBackInto(gateUp(rows));
}

Held ExpertsMemory::forwardHere(const Held& x, const RouterMemory& router) {
    const Held normed = writer_.elements(sizes_.rows * width_);
    pairNumbers_ = writer_.numbers(pairs_);
    const Held tokens = writer_.numbers(pairs_);
    const Held factors = writer_.sums(pairs_);
    Held out = writer_.elements(sizes_.rows * width_);
    projected_ = keptInner();
    expertForward(ofOneExpert_, /*gathers=*/true);
    x_ = x;
    weights_ = router.weights();
    return out;
}

ExpertsMemory::Gradients ExpertsMemory::backwardHere() {
    const Held normed = writer_.elements(sizes_.rows * width_);
    const Held inverse = writer_.sums(sizes_.rows);
    const Held tokens = writer_.numbers(pairs_);
    const Held factors = writer_.sums(pairs_);
    const Held dNormed = writer_.elements(sizes_.rows * width_);
    const Held dWeights = writer_.sums(pairs_);
    expertBackward(ofOneExpert_, /*gathers=*/true);
    const Held dx = writer_.elements(sizes_.rows * width_);
    writer_.normBackward(true, sizes_.rows, width_);
    return {dx, dWeights};
}

// Tokens travel to the ranks of their experts and back; each rank gets as many as it has. Rows come
// and go as the nodes of a graph keep and free them.
Held ExpertsMemory::forwardSpread(const Held& x, const RouterMemory& router) {
    const std::int64_t rows = pairs_ * width_;
    indices_ = writer_.numbers(4 * pairs_);
    const Held expertOfRow = writer_.numbers(pairs_);
    const Held normed = writer_.elements(sizes_.rows * width_);
    Held travelling = writer_.elements(rows);
    const Held came = writer_.elements(rows);
    writer_.send(std::exchange(travelling, {}));
    arrived_ = writer_.elements(rows);
    projected_ = keptInner();
    const Held results = writer_.elements(rows);
    expertForward(ofOneExpert_ * sizes_.sharing, /*gathers=*/false);
    travelling = writer_.elements(rows);
    returned_ = writer_.elements(rows);
    writer_.send(std::exchange(travelling, {}));
    x_ = x;
    weights_ = router.weights();
    weighted_ = writer_.sums(rows);
    if (writer_.hasTwoBytes()) weighted_ = writer_.elements(rows);
    return writer_.elements(sizes_.rows * width_);
}

ExpertsMemory::Gradients ExpertsMemory::backwardSpread() {
    const std::int64_t rows = pairs_ * width_;
    Held d = writer_.elements(rows);
    weighted_ = {};
    if (writer_.hasTwoBytes()) d = writer_.sums(rows);
    Held dWeights;
    {
        Held ofRows = writer_.sums(rows);
        const Held ofWeights = writer_.sums(rows);
        if (writer_.hasTwoBytes()) ofRows = writer_.elements(rows);
        dWeights = writer_.sums(pairs_);
        d = ofRows;
    }
    returned_ = {};
    Held travelling = d;
    d = writer_.elements(rows);
    writer_.send(std::exchange(travelling, {}));
    d = writer_.elements(rows);
    {
        const Held dRows = writer_.elements(rows);
        expertBackward(ofOneExpert_ * sizes_.sharing, /*gathers=*/false);
        d = dRows;
    }
    arrived_ = projected_ = {};
    d = writer_.elements(rows);
    travelling = d;
    d = writer_.elements(rows);
    writer_.send(std::exchange(travelling, {}));
    const Held dNormed = writer_.elements(sizes_.rows * width_);
    d = {};
    Held dx = writer_.elements(sizes_.rows * width_);
    return {dx, dWeights};
}

}  // namespace ringscope
