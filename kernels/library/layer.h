// One attention layer under a mode, for a program that is not Ringscope: what the C API and the
// operators of PyTorch have in common.
#pragma once

#include "backend/core/result.h"
#include "backend/verify/attention_case.h"
#include "kernels/attention/attention.h"
#include "kernels/comm/group.h"
#include "kernels/comm/rendezvous.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::library {

struct LayerSpec {
    AttentionCase problem{};  // of the whole sequence
    std::string mode{};
};

// The ranks of a layer. One for all layers of a process group, because groups within it are made
// once.
struct Ranks {
    std::unique_ptr<RendezvousStore> rendezvous;  // of a rank by itself
    std::unique_ptr<Group> group;
};

// A rank by itself; or the ranks of the caller's process group of that name.
Result<std::shared_ptr<Ranks>> singleRank();
Result<std::shared_ptr<Ranks>> ranksOfGroup(const std::string& name);

class Layer {
public:
    // Fails with the sentence of whoever refuses: the mode, the pattern, the shape.
    static Result<std::unique_ptr<Layer>> make(const LayerSpec& spec, std::shared_ptr<Ranks> ranks);

    const std::vector<std::int64_t>& tokens() const { return tokens_; }  // that this rank holds
    const Attention& attention() const { return *attention_; }
    const std::shared_ptr<Ranks>& ranks() const { return ranks_; }

private:
    Layer() = default;

    std::shared_ptr<Ranks> ranks_;
    std::vector<std::int64_t> tokens_;
    std::unique_ptr<Attention> attention_;
};

// The tokens that a rank holds under the spec's mode on so many ranks. Fails where the mode cannot
// cut the sequence into equal parts, and where each rank holds all of it.
Result<std::vector<std::int64_t>> tokensOfRank(const LayerSpec& spec, int ranks, int rank);

}  // namespace ringscope::library
