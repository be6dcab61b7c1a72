// A table of a report as HTML.
#pragma once

#include "backend/report/markup.h"
#include "backend/report/tables.h"

#include <string_view>

namespace ringscope::reporting {

// The style sheet's name for it; empty for a plain one.
std::string_view toneClass(Tone tone);

void addTable(Markup& page, const Table& table);

// Behind a line that opens it; nothing for a table without rows.
void addFolded(Markup& page, std::string_view summary, const Table& table);

}  // namespace ringscope::reporting
