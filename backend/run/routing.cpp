#include "backend/run/routing.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace ringscope {

RoutingFigures routingFigures(const RoutingRecord& record) {
    RoutingFigures figures;
    const std::int64_t all = std::accumulate(record.use.begin(), record.use.end(), std::int64_t{0});
    if (all <= 0) return figures;
    const auto experts = static_cast<double>(record.use.size());
    double entropy = 0;
    for (const std::int64_t use : record.use) {
        const double share = static_cast<double>(use) / static_cast<double>(all);
        figures.busiest = std::max(figures.busiest, share * experts);
        if (use == 0) ++figures.unused;
        if (use > 0) entropy -= share * std::log(share);
    }
    if (record.use.size() > 1) figures.evenness = entropy / std::log(experts);
    return figures;
}

bool keepsRouting(std::int64_t step, std::int64_t steps) {
    constexpr std::int64_t kept = 64;
    const std::int64_t apart = (steps + kept - 1) / kept;
    return step + 1 == steps || step % apart == 0;
}

std::vector<RoutingRecord> lastRouting(const std::vector<RoutingRecord>& records) {
    std::vector<RoutingRecord> last;
    if (records.empty()) return last;
    std::ranges::copy_if(records, std::back_inserter(last), [&](const RoutingRecord& record) {
        return record.step == records.back().step;
    });
    return last;
}

}  // namespace ringscope
