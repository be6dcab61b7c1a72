// A comparison as a table for the terminal.
#pragma once

#include "backend/compare/comparison.h"

#include <string>
#include <string_view>

namespace ringscope {

struct TextTableOptions {
    int width = 0;        // columns of the terminal; 0: as wide as the table needs
    bool colour = false;  // ANSI colours
    bool unicode = true;  // false: ASCII only
};

// One line per configuration under the title of its section, the section's baseline first and named
// so in the speed-up column; a run that did not finish has its reason in place of figures. A
// terminal that is too narrow gets no intervals, then fewer columns, and a last line names those
// that are missing. Ends with a newline; holds neither verdict nor warnings.
std::string comparisonTable(const Comparison& comparison, const TextTableOptions& options = {});

// The table with what belongs to it: in what the runs differ before it, the verdict and then the
// warnings below it, a line each.
std::string comparisonText(const Comparison& comparison, const TextTableOptions& options = {});

// "2.2 × legacy (1.9–2.4)" -> "2.2 x legacy (1.9-2.4)": for terminals that show ASCII only. Other
// characters become '?'.
std::string asciiOnly(std::string_view text);

}  // namespace ringscope
