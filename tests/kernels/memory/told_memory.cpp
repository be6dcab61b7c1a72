#include "tests/kernels/memory/told_memory.h"

#include "backend/analysis/memory.h"
#include "backend/trace/memory_curve.h"
#include "backend/trace/memory_names.h"

#include <c10/util/StringUtil.h>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <vector>

namespace ringscope::test {
namespace {

// Of an allocation or of a peak.
std::string placeOf(const auto& there) {
    return c10::str(spanPassName(there.pass), " of layer ", there.layer);
}

// What is live at the peak, for the reader of a failure.
std::string listOf(const MemoryPeak& peak, const RankTrace& trace) {
    std::map<std::string, std::map<std::int64_t, int>> live;
    for (const Allocation& one : trace.allocations)
        if (one.begin <= peak.at && one.end > peak.at)
            ++live[std::string(memoryCategoryName(one.category))][one.bytes];
    std::string text;
    for (const auto& [category, sizes] : live) {
        text += "\n    " + category + ":";
        for (auto size = sizes.rbegin(); size != sizes.rend(); ++size)
            if (size->first > 4096) text += c10::str(" ", size->second, "x", size->first);
    }
    return text;
}

// Within so much of a share below the one or above the other.
bool isBetween(std::int64_t held, std::int64_t low, std::int64_t high, double share) {
    const auto number = [](std::int64_t bytes) { return static_cast<double>(bytes); };
    return number(held) * (1 + share) >= number(low) && number(held) * (1 - share) <= number(high);
}

// The most that the optimizer's state takes at any time.
std::int64_t mostOfOptimizer(const RankTrace& trace) {
    std::int64_t most = 0;
    overMemory(trace, [&](std::int64_t, const BytesByCategory& held) {
        most = std::max(most, held.at(static_cast<std::size_t>(MemoryCategory::Optimizer)));
    });
    return most;
}

// A time at which a rank is told to hold about as much as at its peak.
struct ToldMoment {
    BytesByCategory held{};
    std::string place;
};

// All of them: which is the peak is up to a few bytes.
std::vector<ToldMoment> momentsNearPeak(const RankTrace& trace, double share) {
    std::map<std::int64_t, std::string> places;
    for (const Allocation& one : trace.allocations) places[one.begin] = placeOf(one);
    const std::int64_t most = totalOf(memoryPeak(trace).value().held);
    std::vector<ToldMoment> moments;
    overMemory(trace, [&](std::int64_t at, const BytesByCategory& held) {
        if (isBetween(totalOf(held), most, most, share)) moments.push_back({held, places[at]});
    });
    return moments;
}

// Large categories hold a 32nd of the whole, as 10 MiB are of runs of 320.
bool holdsAlike(const BytesByCategory& real, const BytesByCategory& told, double share) {
    for (std::size_t i = 0; i < real.size(); ++i)
        if (real.at(i) >= totalOf(real) / 32 &&
            !isBetween(real.at(i), told.at(i), told.at(i), share))
            return false;
    return true;
}

}  // namespace

std::string deviations(const Told& told, const RankTrace& real) {
    const MemoryPeak low = memoryPeak(told.low).value();
    const MemoryPeak high = memoryPeak(told.high).value();
    const MemoryPeak peak = memoryPeak(real).value();
    const std::int64_t total = totalOf(peak.held);
    // Copies may move the moment, and with it what is held then; Gloo's thread knows no place.
    const bool copies = totalOf(low.held) != totalOf(high.held);
    const bool placed = peak.layer >= 0 || !spanPassName(peak.pass).empty();
    bool near = copies;
    for (const RankTrace* each : {&told.low, &told.high})
        for (const ToldMoment& moment : momentsNearPeak(*each, told.ofTotal))
            near = near || ((!placed || moment.place == placeOf(peak)) &&
                            holdsAlike(peak.held, moment.held, told.ofCategory));
    near &= isBetween(total, totalOf(low.held), totalOf(high.held), told.ofTotal);
    const std::int64_t state = mostOfOptimizer(real);
    near &= isBetween(state, mostOfOptimizer(told.low), mostOfOptimizer(told.high), 0.01);
    std::string text = c10::str("optimizer at most ", state, ", told ", mostOfOptimizer(told.low),
                                "; ", total, " bytes, told ", totalOf(low.held), " to ",
                                totalOf(high.held), "; ", placeOf(peak), ", told ", placeOf(low));
    for (std::size_t i = 0; i < peak.held.size(); ++i)
        if (peak.held[i] != 0 || low.held[i] != 0)
            text += c10::str("\n  ", memoryCategoryName(static_cast<MemoryCategory>(i)), " ",
                             peak.held[i], ", told ", low.held[i], " to ", high.held[i]);
    if (std::getenv("RINGSCOPE_SHOW_MEMORY") != nullptr) std::cerr << text << "\n";
    if (near) return {};
    return text + "\n  measured" + listOf(peak, real) + "\n  told" + listOf(low, told.low) + "\n";
}

}  // namespace ringscope::test
