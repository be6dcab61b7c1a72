// A table of a report as Markdown.
#pragma once

#include "backend/report/tables.h"

#include <string>
#include <string_view>

namespace ringscope::reporting {

// Text as one line of Markdown that renders as itself, in a table cell too.
std::string markdownLine(std::string_view raw);

// With pipes. Ends with a newline.
std::string markdownTable(const Table& table);

}  // namespace ringscope::reporting
