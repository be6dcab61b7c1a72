// A run with a pattern, and the one that it is held against.
#pragma once

#include "backend/config/run_config.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace ringscope {

// Of `configs` the one that computes what `configs[sparse]` does, without its pattern: of the same
// mode where there is one. Nothing where none does.
std::optional<std::size_t> denseTwin(const std::vector<const RunConfig*>& configs,
                                     std::size_t sparse);

}  // namespace ringscope
