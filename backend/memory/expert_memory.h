// A feed-forward of experts, for the memory of its tensors: the router, and the experts a rank has.
// Mirrors kernels/model/{experts,spread_experts}. How many tokens an expert gets is up to the
// router; here all get alike.
#pragma once

#include "backend/memory/pieces.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ringscope {

struct ExpertSizes {
    std::int64_t rows = 0;
    int sharing = 1;                     // ranks that share the experts
    bool scored = false;                 // train.router_aux_loss
    std::optional<std::int64_t> tile{};  // of an expert's rows
};

class RouterMemory {
public:
    RouterMemory(RankWriter& writer, const ExpertSizes& sizes);

    void forward(const Held& x);
    Held backward();  // the gradient of x, from that of the weights
    const Held& chosen() const { return chosen_; }
    const Held& weights() const { return weights_; }

private:
    RankWriter& writer_;
    ExpertSizes sizes_;
    ProjectMemory project_;
    Held wide_{};    // logits
    Held scores_{};  // of all experts
    Held chosen_{};
    Held raw_{};  // weights before they are made to add up to 1, and their sums
    Held rowSums_{};
    Held weights_{};
    Held shares_{};
};

class ExpertsMemory {
public:
    ExpertsMemory(RankWriter& writer, const ExpertSizes& sizes);

    Held forward(const Held& x, const RouterMemory& router);
    // The gradients of x and of the router's weights; that of the residual is the output's own.
    struct Gradients {
        Held x{};
        Held weights{};
    };
    Gradients backward();

private:
    Held forwardHere(const Held& x, const RouterMemory& router);
    Gradients backwardHere();
    Held forwardSpread(const Held& x, const RouterMemory& router);
    Gradients backwardSpread();
    ProjectionSizes gateUp(std::int64_t rows) const;
    ProjectionSizes down(std::int64_t rows) const;
    void expertForward(std::int64_t rows, bool gathers);
    void expertBackward(std::int64_t rows, bool gathers);
    Held keptInner() { return sizes_.tile ? Held{} : writer_.elements(pairs_ * 2 * inner_); }
    std::int64_t rowsAtOnce(std::int64_t rows) const {
        return sizes_.tile ? std::min(rows, *sizes_.tile) : rows;
    }

    RankWriter& writer_;
    ExpertSizes sizes_;
    std::int64_t width_;
    std::int64_t inner_;
    std::int64_t pairs_;  // of a token and one of its experts
    std::int64_t ofOneExpert_;
    Held x_{};
    Held weights_{};
    Held projected_{};
    Held pairNumbers_{};
    Held arrived_{};  // spread: what its nodes keep; by expert
    Held returned_{};
    Held weighted_{};
    Held indices_{};
};

}  // namespace ringscope
