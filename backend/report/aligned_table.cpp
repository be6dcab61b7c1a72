#include "backend/report/aligned_table.h"

#include "backend/report/wording.h"

#include <algorithm>

namespace ringscope {

std::string alignedTable(const std::vector<std::vector<std::string>>& rows, std::size_t left,
                         bool endsLeft) {
    if (rows.empty()) return "";
    const std::size_t columns = rows.front().size();
    std::vector<std::size_t> widths(columns);
    for (const std::vector<std::string>& row : rows)
        for (std::size_t i = 0; i < columns; ++i)
            widths[i] = std::max(widths[i], reporting::characters(row[i]));
    std::string text;
    for (const std::vector<std::string>& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < columns; ++i) {
            const std::string blanks(widths[i] - reporting::characters(row[i]), ' ');
            const bool begins = i < left || (endsLeft && i + 1 == columns);
            line += (i == 0 ? "" : "  ") + (begins ? row[i] + blanks : blanks + row[i]);
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
}

}  // namespace ringscope
