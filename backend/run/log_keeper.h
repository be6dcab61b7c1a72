// Keeps the first and the last lines of each rank's output, so that a run's log has a bound.
//
//   5 lines, first 2, last 2:   a  b  (1 line left out)  d  e
//
// The first lines are passed on at once, the last ones by end().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ringscope {

inline constexpr std::size_t longestLogLine = 16 * 1024;  // bytes; the rest of a line is cut

class LogKeeper {
public:
    using Tell = std::function<void(int rank, std::string_view line)>;

    LogKeeper(std::size_t first, std::size_t last, Tell tell);

    void add(int rank, std::string_view line);
    void end();

private:
    struct Output {
        std::size_t told = 0;
        std::int64_t leftOut = 0;
        std::deque<std::string> last;
    };

    std::size_t first_;
    std::size_t last_;
    Tell tell_;
    std::map<int, Output> outputs_;
};

}  // namespace ringscope
