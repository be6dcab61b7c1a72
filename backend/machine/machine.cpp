#include "backend/machine/machine.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ringscope {
namespace {

double pairsOf(const RatePoint& point) {
    return static_cast<double>(point.size) * static_cast<double>(point.size);
}

// What a full block takes besides its pairs, by its two smallest: pairs at 1 TFLOP/s.
double besidePairs(const AttentionTable& full) {
    if (full.points.size() < 2) return 0;
    const double small = pairsOf(full.points[0]) / full.points[0].tflops;
    const double large = pairsOf(full.points[1]) / full.points[1].tflops;
    const double ofPair =
        std::max(large - small, 0.0) / (pairsOf(full.points[1]) - pairsOf(full.points[0]));
    return std::max(small - ofPair * pairsOf(full.points[0]), 0.0);
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
    const auto tableOf = [&](MaskKind mask) {
        const AttentionTable* nearest = nullptr;
        for (const AttentionTable& table : machine.attention)
            if (table.kernel == kernel && table.format == work.format && table.pass == work.pass &&
                table.mask == mask &&
                (nearest == nullptr || std::abs(table.headColumns - work.headColumns) <
                                           std::abs(nearest->headColumns - work.headColumns)))
                nearest = &table;
        return nearest;
    };
    const AttentionTable* const full = tableOf(MaskKind::Full);
    const AttentionTable* table = tableOf(work.mask);
    if (table == nullptr && work.mask == MaskKind::Positions) table = full;
    if (table == nullptr) return std::nullopt;
    // A causal square has half of its pairs.
    const double ofSquare = table->mask == MaskKind::Causal ? 0.5 : 1;
    const double pairs = static_cast<double>(work.pairs) * static_cast<double>(work.heads) /
                         static_cast<double>(table->heads);
    const RatePoint& smallest = table->points.front();
    const double pairsOfSmallest = ofSquare * pairsOf(smallest);
    if (pairs >= pairsOfSmallest || full == nullptr)
        return rateAt(table->points, std::sqrt(pairs / ofSquare));
    const double time = pairsOfSmallest / smallest.tflops;
    const double beside =
        std::min(time, besidePairs(*full) * static_cast<double>(full->heads * full->headColumns) /
                           static_cast<double>(table->heads * table->headColumns));
    return pairs / (beside + (time - beside) * pairs / pairsOfSmallest);
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
