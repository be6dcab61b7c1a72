// The documentation of experiment files, made from the field table.
#pragma once

#include <string>

namespace ringscope {

// Every field with its values, default, unit and meaning, a Markdown table per section, and the
// model presets.
std::string fieldReferenceMarkdown();

}  // namespace ringscope
