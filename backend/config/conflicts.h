// Rules that several fields have to keep together; one field alone is checked by its row.
#pragma once

#include "backend/config/run_config.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct ConfigConflict {
    std::vector<std::string_view> fields;  // paths of those involved
    std::string message;                   // "model.heads (6) does not divide …; use 1, 2 or 4"
};

// Empty for a configuration whose fields fit together. Every field has a value its row allows.
std::vector<ConfigConflict> findConflicts(const RunConfig& config);

}  // namespace ringscope
