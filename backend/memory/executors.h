// The executors of kernels/attention, for the memory of their tensors.
#pragma once

#include "backend/memory/attention_part.h"

namespace ringscope {

struct AttentionInput {
    Held q{};
    Held k{};
    Held v{};
    Held gates{};  // of native sparse attention
};

AttentionOutputMemory fullForwardMemory(const AttentionPartMemory&, const AttentionInput&);
AttentionGradientMemory fullBackwardMemory(const AttentionPartMemory&, const SavedAttentionMemory&);
AttentionOutputMemory ringForwardMemory(const AttentionPartMemory&, const AttentionInput&);
AttentionGradientMemory ringBackwardMemory(const AttentionPartMemory&, const SavedAttentionMemory&);
AttentionOutputMemory allToAllForwardMemory(const AttentionPartMemory&, const AttentionInput&);
AttentionGradientMemory allToAllBackwardMemory(const AttentionPartMemory&,
                                               const SavedAttentionMemory&);
AttentionOutputMemory allGatherForwardMemory(const AttentionPartMemory&, const AttentionInput&);
AttentionGradientMemory allGatherBackwardMemory(const AttentionPartMemory&,
                                                const SavedAttentionMemory&);
AttentionOutputMemory packedRingForwardMemory(const AttentionPartMemory&, const AttentionInput&);
AttentionGradientMemory packedRingBackwardMemory(const AttentionPartMemory&,
                                                 const SavedAttentionMemory&);
AttentionOutputMemory keyGatherForwardMemory(const AttentionPartMemory&, const AttentionInput&);
AttentionGradientMemory keyGatherBackwardMemory(const AttentionPartMemory&,
                                                const SavedAttentionMemory&);

}  // namespace ringscope
