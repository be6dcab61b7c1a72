#include "backend/trace/memory_look.h"

namespace ringscope {
namespace {

constexpr MemoryCategory stack[] = {
    MemoryCategory::Unsaid,    MemoryCategory::Parameters,    MemoryCategory::Gradients,
    MemoryCategory::Optimizer, MemoryCategory::Communication, MemoryCategory::Activations,
    MemoryCategory::Logits,    MemoryCategory::Workspace,
};

}  // namespace

std::span<const MemoryCategory> memoryStack() { return stack; }

const ColourPair& memoryLookOf(MemoryCategory category) {
    switch (category) {
        case MemoryCategory::Parameters:
            return memoryLook.parameters;
        case MemoryCategory::Gradients:
            return memoryLook.gradients;
        case MemoryCategory::Optimizer:
            return memoryLook.optimizer;
        case MemoryCategory::Communication:
            return memoryLook.communication;
        case MemoryCategory::Logits:
            return memoryLook.logits;
        case MemoryCategory::Activations:
            return memoryLook.activations;
        case MemoryCategory::Workspace:
            return memoryLook.workspace;
        case MemoryCategory::Unsaid:
        case MemoryCategory::Segments:
            break;
    }
    return memoryLook.other;
}

}  // namespace ringscope
