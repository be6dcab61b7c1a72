// One function per report format; format_table.cpp names them. The same report gives the same
// bytes, whatever the locale and the clock.
#pragma once

#include "backend/report/report.h"

#include <string>

namespace ringscope::reporting {

// One self-contained page: no script, no reference to any other file, readable in light and dark
// and on paper.
std::string writeHtml(const Report& report);

// CommonMark with pipe tables.
std::string writeMarkdown(const Report& report);

// RFC 4180, one row per run, plain numbers. A text that a spreadsheet would run as a formula gets
// an apostrophe in front.
std::string writeCsv(const Report& report);

// {schema_version, title, created, comparison{}, runs[]} of run_json.h.
std::string writeJson(const Report& report);

}  // namespace ringscope::reporting
