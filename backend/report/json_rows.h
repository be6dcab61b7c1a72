// How report's JSON becomes text.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace ringscope::reporting {

// Indented by two, with a newline at the end; bytes that are no UTF-8 become U+FFFD.
std::string jsonDump(const nlohmann::json& value);
std::string jsonDump(const nlohmann::ordered_json& value);

// An array of objects as CSV: the first one's keys are the columns; null is empty, and a column
// that holds lists or objects is left out. Texts are never formulas (core/csv.h).
std::string csvOf(const nlohmann::ordered_json& rows);

}  // namespace ringscope::reporting
