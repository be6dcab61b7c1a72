// Any configuration a user could have written, for properties.
#pragma once

#include "backend/config/run_config.h"

#include <rapidcheck.h>

namespace ringscope {

// Legal field by field and as a whole: no conflicts.
rc::Gen<RunConfig> anyConfig();

// One line of printable text, with what YAML finds special in it.
rc::Gen<std::string> anyLine();

}  // namespace ringscope
