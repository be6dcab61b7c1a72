// Rules that involve several fields. A single field is checked by its row in the field table.
#pragma once

#include "backend/config/run_config.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct ConfigConflict {
    std::vector<std::string_view> fields;  // paths of those involved
    std::string message;                   // "model.heads (6) does not divide …; use 1, 2 or 4"
};

// "train.steps (10)", as messages name a value.
std::string named(std::string_view path, std::int64_t value);

// Empty where the fields fit together. Every field must have a value that its row allows.
std::vector<ConfigConflict> findConflicts(const RunConfig& config);

}  // namespace ringscope
