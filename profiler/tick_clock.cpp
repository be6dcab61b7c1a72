#include "profiler/tick_clock.h"

#include <fstream>
#include <string>

namespace ringscope {
namespace {

bool hasWord(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        const std::size_t after = at + word.size();
        if ((at == 0 || text[at - 1] == ' ') && (after == text.size() || text[after] == ' '))
            return true;
    }
    return false;
}

// The first line of a file that begins so; there are as many as the machine has processors.
std::string firstLine(const char* file, std::string_view beginning) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(beginning)) return line;
    return "";
}

}  // namespace

bool kernelCountsTicks(std::string_view clocksource, std::string_view processorFlags) {
    return clocksource == "tsc" && hasWord(processorFlags, "constant_tsc") &&
           hasWord(processorFlags, "nonstop_tsc");
}

bool kernelCountsTicks() {
#ifdef __x86_64__
    static const bool counts = kernelCountsTicks(
        firstLine("/sys/devices/system/clocksource/clocksource0/current_clocksource", ""),
        firstLine("/proc/cpuinfo", "flags"));
    return counts;
#else
    return false;
#endif
}

TickLine::Reading TickLine::readBoth() {
    constexpr int tries = 5;
    Reading closest;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (int i = 0; i < tries; ++i) {
        const std::uint64_t before = tickCount();
        const std::int64_t now = monotonicNow();
        const std::uint64_t between = tickCount() - before;
        if (between >= least) continue;
        least = between;
        closest = {before + between / 2, now};
    }
    return closest;
}

void TickLine::add(const Reading& reading) {
    if (readings_.empty() || (reading.ticks > readings_.back().ticks &&
                              reading.nanoseconds > readings_.back().nanoseconds))
        readings_.push_back(reading);
}

std::int64_t TickLine::nanosecondsAt(std::uint64_t ticks) const {
    // Nearly always between the last two.
    auto after = readings_.size() >= 2 && ticks >= readings_[readings_.size() - 2].ticks
                     ? readings_.end() - 1
                     : std::ranges::lower_bound(readings_, ticks, {}, &Reading::ticks);
    if (after == readings_.end() || ticks >= readings_.back().ticks)
        return readings_.empty() ? 0 : readings_.back().nanoseconds;
    if (after == readings_.begin()) return after->nanoseconds;
    const Reading& from = *(after - 1);
    const Reading& to = *after;
    const double share =
        static_cast<double>(ticks - from.ticks) / static_cast<double>(to.ticks - from.ticks);
    const auto passed =
        static_cast<std::int64_t>(share * static_cast<double>(to.nanoseconds - from.nanoseconds));
    return from.nanoseconds + passed;
}

}  // namespace ringscope
