// Rows of cells as text: columns as wide as their longest cell.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ringscope {

// All rows have as many cells. The first `left` columns, and the last where `endsLeft`, begin at
// the left; others end at the right. No line ends with blanks.
std::string alignedTable(const std::vector<std::vector<std::string>>& rows, std::size_t left,
                         bool endsLeft = false);

}  // namespace ringscope
