// Queries and latents of multi-head latent attention, for the memory of their tensors, and how
// latents become keys. Mirrors kernels/model/latent_attention: here autograd keeps what single
// operations need.
#pragma once

#include "backend/memory/attention_part.h"
#include "backend/memory/pieces.h"

#include <cstdint>
#include <optional>

namespace ringscope {

class LatentHeadsMemory {
public:
    LatentHeadsMemory(RankWriter& writer, std::int64_t rows, std::int64_t tokens);

    struct Heads {
        Held q{};
        Held latent{};
    };
    Heads forward(const Held& x);
    // From the gradients of q and of the latents: the gradient of x.
    Held backward(Held dq, Held dLatent);

private:
    std::int64_t turningNumbers(std::int64_t heads) const {
        return rows_ * heads * writer_.model().latent.rotarySize;
    }
    Held rotated(std::int64_t heads, Held& angles);
    Held rotatedBackward(std::int64_t heads);

    RankWriter& writer_;
    std::int64_t rows_;
    std::int64_t tokens_;
    std::optional<ProjectMemory> queryDown_{};
    ProjectMemory queryUp_;
    ProjectMemory latent_;
    Held queryAngles_{};  // in the elements' type; turned rows are not kept
    Held keyAngles_{};
};

// expandLatents(), as one node of the graph: keys and values of `heads` heads.
class ExpandMemory {
public:
    ExpandMemory(RankWriter& writer, std::int64_t rows, std::int64_t heads);

    KeyMemory forward();
    Held backward();  // the gradient of the latents

private:
    RankWriter& writer_;
    std::int64_t rows_;
    std::int64_t heads_;
    ProjectMemory up_;
};

// For latents that travel.
LatentExpansion latentExpansion(RankWriter& writer);

}  // namespace ringscope
