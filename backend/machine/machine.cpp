#include "backend/machine/machine.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ringscope {
namespace {

// A mask that a kernel has no table of is computed like the one that is nearest to it.
MaskKind nearestMask(MaskKind wanted, bool hasWanted) {
    return hasWanted || wanted != MaskKind::Positions ? wanted : MaskKind::Full;
}

}  // namespace

LinkLevel withBandwidth(LinkLevel level, double bytesPerSecond) {
    for (CollectiveRate& rate : level.collectives)
        rate.bandwidth *= bytesPerSecond / level.bandwidth;
    level.bandwidth = bytesPerSecond;
    return level;
}

int Machine::levelBetween(int a, int b) const {
    for (std::size_t level = 0; level < links.size(); ++level) {
        const int reach = links[level].reach;
        if (reach == 0 || a / reach == b / reach) return static_cast<int>(level);
    }
    return static_cast<int>(links.size()) - 1;
}

std::vector<std::string> Machine::kernels() const {
    std::vector<std::string> names;
    for (const AttentionTable& table : attention)
        if (std::ranges::find(names, table.kernel) == names.end()) names.push_back(table.kernel);
    return names;
}

double Machine::peakOf(NumberFormat format) const {
    const auto found = std::ranges::find(device.peaks, format, &PeakRate::format);
    return found == device.peaks.end() ? 0 : found->tflops;
}

double blockFlops(double pairs, std::int64_t headColumns, Pass pass) {
    return 4 * pairs * static_cast<double>(headColumns) * (pass == Pass::Backward ? 2.5 : 1);
}

std::optional<double> attentionRate(const Machine& machine, const std::string& kernel,
                                    const BlockWork& work) {
    const auto matches = [&](const AttentionTable& table, MaskKind mask) {
        return table.kernel == kernel && table.format == work.format && table.pass == work.pass &&
               table.mask == mask;
    };
    const bool hasWanted = std::ranges::any_of(
        machine.attention, [&](const AttentionTable& table) { return matches(table, work.mask); });
    const MaskKind mask = nearestMask(work.mask, hasWanted);
    const AttentionTable* nearest = nullptr;
    for (const AttentionTable& table : machine.attention)
        if (matches(table, mask) &&
            (nearest == nullptr || std::abs(table.headColumns - work.headColumns) <
                                       std::abs(nearest->headColumns - work.headColumns)))
            nearest = &table;
    if (nearest == nullptr) return std::nullopt;
    // A causal square has half of its pairs.
    const double ofSquare = mask == MaskKind::Causal ? 0.5 : 1;
    const double pairs = static_cast<double>(work.pairs) * static_cast<double>(work.heads) /
                         static_cast<double>(nearest->heads);
    return rateAt(nearest->points, std::sqrt(pairs / ofSquare));
}

std::optional<double> productRate(const Machine& machine, NumberFormat format, std::int64_t rows) {
    const auto found = std::ranges::find(machine.products, format, &ProductTable::format);
    if (found == machine.products.end()) return std::nullopt;
    return rateAt(found->points, static_cast<double>(rows));
}

double rateAt(const std::vector<RatePoint>& points, double size) {
    if (size <= static_cast<double>(points.front().size)) return points.front().tflops;
    for (std::size_t i = 1; i < points.size(); ++i) {
        const auto begin = static_cast<double>(points[i - 1].size);
        const auto end = static_cast<double>(points[i].size);
        if (size >= end) continue;
        const double share = std::log(size / begin) / std::log(end / begin);
        return points[i - 1].tflops + share * (points[i].tflops - points[i - 1].tflops);
    }
    return points.back().tflops;
}

}  // namespace ringscope
