// Where an axis has its marks.
#pragma once

#include <vector>

namespace ringscope {

// At most about `count` round numbers that span [low, high]: 4.2, 4.4, … Needs low < high.
std::vector<double> roundTicks(double low, double high, int count);

// 1, 2 and 5 times powers of ten within [low, high]; round numbers where those are fewer than two.
// Needs 0 < low < high.
std::vector<double> logTicks(double low, double high);

}  // namespace ringscope
