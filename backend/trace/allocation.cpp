#include "backend/trace/allocation.h"

namespace ringscope {

std::string_view memoryCategoryName(MemoryCategory category) {
    constexpr std::array<std::string_view, memoryCategoryCount + 1> names = {
        "other",  "parameters",  "gradients", "optimizer", "communication",
        "logits", "activations", "workspace", "segments"};
    return names.at(static_cast<std::size_t>(category));
}

}  // namespace ringscope
