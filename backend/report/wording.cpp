#include "backend/report/wording.h"

#include "backend/core/rounded.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cmath>

namespace ringscope::reporting {
namespace {

// Bytes of the well-formed UTF-8 character at the start of `text`, 0 where there is none.
std::size_t characterSize(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
    for (std::size_t at = 1; at < size; ++at)
        if ((byte(at) & 0xc0) != 0x80) return 0;
    // Overlong forms, UTF-16 surrogates, and what lies beyond U+10FFFF.
    const unsigned char second = byte(1);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
    return size;
}

bool isControl(std::string_view character) {
    const auto lead = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return lead < 0x20 || lead == 0x7f;
    if (lead == 0xc2) return static_cast<unsigned char>(character[1]) < 0xa0;  // C1
    return turnsDirection(character);
}

std::chrono::sys_time<std::chrono::microseconds> utc(std::int64_t microseconds) {
    return std::chrono::sys_time<std::chrono::microseconds>(
        std::chrono::microseconds(microseconds));
}

struct Clock {
    int year = 0;
    unsigned month = 0, day = 0;
    std::int64_t hour = 0, minute = 0, second = 0, microsecond = 0;
};

Clock clockAt(std::int64_t microseconds) {
    const auto time = utc(microseconds);
    const auto midnight = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(midnight);
    const std::int64_t rest = (time - midnight).count();
    return {int(date.year()),     unsigned(date.month()), unsigned(date.day()),
            rest / 3'600'000'000, rest / 60'000'000 % 60, rest / 1'000'000 % 60,
            rest % 1'000'000};
}

}  // namespace

std::string validUtf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = characterSize(text);
        valid += size == 0 ? replacementCharacter : text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return valid;
}

std::string printableLine(std::string_view text) {
    std::string line;
    while (!text.empty()) {
        const std::size_t size = characterSize(text);
        const bool shown = size > 0 && !isControl(text.substr(0, size));
        line += shown ? text.substr(0, size) : replacementCharacter;
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return line;
}

std::string printableText(std::string_view text) {
    std::string lines;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        lines += printableLine(text.substr(0, end)) + '\n';
        text.remove_prefix(end + 1);
    }
    return lines + printableLine(text);
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text)
        if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++count;
    return count;
}

std::string shortened(std::string_view text, std::size_t count) {
    if (characters(text) <= count) return std::string(text);
    std::string start;
    for (std::size_t taken = 1; taken < count; ++taken) {
        const std::size_t size = std::max<std::size_t>(1, characterSize(text));
        start += text.substr(0, size);
        text.remove_prefix(size);
    }
    return start + "…";
}

std::string utcMinute(std::int64_t microseconds) {
    if (microseconds == 0) return "";
    const Clock c = clockAt(microseconds);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", c.year, c.month, c.day, c.hour,
                       c.minute);
}

std::string utcIso(std::int64_t microseconds) {
    if (microseconds == 0) return "";
    const Clock c = clockAt(microseconds);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", c.year, c.month, c.day, c.hour,
                       c.minute, c.second, c.microsecond);
}

ByteUnit byteUnit(double most) {
    ByteUnit unit;
    for (const std::string_view name : {"KiB", "MiB", "GiB", "TiB"}) {
        if (!(most >= unit.bytes * 1024)) break;
        unit = {name, unit.bytes * 1024};
    }
    return unit;
}

std::string formatLoss(double loss) {
    return std::isfinite(loss) ? fmt::format("{:.4f}", loss) : formatSignificant(loss);
}

std::string formatDifference(double difference) {
    if (!std::isfinite(difference)) return formatSignificant(difference);
    return difference == 0 ? "0" : fmt::format("{:.1e}", difference);
}

std::string formatSpread(const std::optional<Spread>& spread, std::string (*format)(double)) {
    const std::string ends = formatEnds(spread, format);
    const std::string median = formatMedian(spread, format);
    return ends.empty() ? median : fmt::format("{} ({})", median, ends);
}

std::string formatMedian(const std::optional<Spread>& spread, std::string (*format)(double)) {
    return spread ? format(spread->median) : "–";
}

std::string formatEnds(const std::optional<Spread>& spread, std::string (*format)(double)) {
    if (!spread || spread->samples < 2) return "";
    const std::string low = format(spread->low);
    const std::string high = format(spread->high);
    return low == high ? "" : low + "–" + high;
}

std::string formatSpeedup(const Candidate& candidate) {
    if (candidate.against.empty()) return "baseline";
    return candidate.speedup ? formatRatio(*candidate.speedup) + " ×" : "–";
}

std::string formatSpeedupEnds(const Candidate& candidate) {
    if (!candidate.speedup) return "";
    const std::string low = formatRatio(candidate.speedupInterval->low);
    const std::string high = formatRatio(candidate.speedupInterval->high);
    return low == high ? "" : low + "–" + high;
}

std::string sectionTitle(const Comparison& comparison, const Section& section) {
    std::string title = section.title();
    if (!title.empty() && !section.holdsBaseline())
        title += "; × is over " + comparison.groups()[section.baseline]->label;
    return title;
}

std::string_view parityWord(ParityVerdict verdict) {
    switch (verdict) {
        case ParityVerdict::Same:
            return "same";
        case ParityVerdict::AnotherModel:
            return "another model";
        case ParityVerdict::Different:
            return "different";
        case ParityVerdict::Unknown:
            break;
    }
    return "unknown";
}

std::string parityWords(const RunGroup& group) {
    const ParityVerdict verdict = parityVerdict(group);
    if (group.coverage && verdict != ParityVerdict::Different)
        return fmt::format("another model, {} % of pairs", formatRounded(100 * *group.coverage, 2));
    if (isReference(group)) return "reference";
    switch (verdict) {
        case ParityVerdict::Same:
            return "same";
        case ParityVerdict::Unknown:
            return "unknown";
        case ParityVerdict::AnotherModel:  // has a coverage
        case ParityVerdict::Different:
            break;
    }
    const Parity& parity = *group.worstParity;
    if (!(parity.maxLossDiff <= group.parityLimits.loss))
        return "NOT the same: loss " + formatDifference(parity.maxLossDiff);
    return "NOT the same: gradient norm " + formatDifference(parity.maxGradNormRelDiff);
}

std::string absenceWords(const RunGroup& group) {
    if (group.finished > 0) return "";
    if (group.failed > 0) return "did not finish: " + group.failure;
    return "has not finished yet";
}

std::string finishedWords(const RunGroup& group) {
    const int all = group.finished + group.failed + group.unfinished;
    return fmt::format("{} of {} finished", group.finished, all);
}

std::string sentenceOf(std::string words) {
    if (!words.empty() && words[0] >= 'a' && words[0] <= 'z')
        words[0] = static_cast<char>(words[0] - 'a' + 'A');
    return words + ".";
}

std::string countOf(std::size_t count, std::string_view singular) {
    return fmt::format("{} {}{}", formatCount(static_cast<std::int64_t>(count)), singular,
                       count == 1 ? "" : "s");
}

}  // namespace ringscope::reporting
