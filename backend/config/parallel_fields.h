// The rows of `parallel` in the field table.
#pragma once

#include "backend/config/field_table.h"

#include <vector>

namespace ringscope {

std::vector<Field> parallelFields();

}  // namespace ringscope
