#include "backend/run/log_keeper.h"

#include <fmt/format.h>
#include <utility>

namespace ringscope {

LogKeeper::LogKeeper(std::size_t first, std::size_t last, Tell tell)
    : first_(first), last_(last), tell_(std::move(tell)) {}

void LogKeeper::add(int rank, std::string_view line) {
    line = line.substr(0, longestLogLine);
    Output& output = outputs_[rank];
    if (output.told < first_) {
        ++output.told;
        return tell_(rank, line);
    }
    output.last.emplace_back(line);
    if (output.last.size() <= last_) return;
    output.last.pop_front();
    ++output.leftOut;
}

void LogKeeper::end() {
    for (auto& [rank, output] : outputs_) {
        if (output.leftOut > 0)
            tell_(rank, fmt::format("({} line{} left out)", output.leftOut,
                                    output.leftOut == 1 ? "" : "s"));
        for (const std::string& line : output.last) tell_(rank, line);
    }
    outputs_.clear();
}

}  // namespace ringscope
