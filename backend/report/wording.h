// How figures and states are written for people: every report and the terminal use the same words.
#pragma once

#include "backend/compare/comparison.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope::reporting {

inline constexpr std::string_view replacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// The text with every byte that is no UTF-8 replaced by U+FFFD.
std::string validUtf8(std::string_view text);

// Valid UTF-8 on one line, with U+FFFD for characters that control a terminal or turn the direction
// of writing: text of ranks, hosts, traces and files is shown as what it is. The second keeps line
// ends.
std::string printableLine(std::string_view text);
std::string printableText(std::string_view text);

// Characters of valid UTF-8, and the first `count` of them with "…" for what is cut off.
std::size_t characters(std::string_view text);
std::string shortened(std::string_view text, std::size_t count);

// "2026-01-31 14:05 UTC", "2026-01-31T14:05:06.000007Z"; empty for 0.
std::string utcMinute(std::int64_t microseconds);
std::string utcIso(std::int64_t microseconds);

// The unit in which `most` bytes read best, for an axis: {"MiB", 1048576}.
struct ByteUnit {
    std::string_view name = "B";
    double bytes = 1;
};
ByteUnit byteUnit(double most);

std::string formatLoss(double loss);              // "4.5123"
std::string formatDifference(double difference);  // "3.1e-03", "0"

// "2,410 (2,390–2,450)" with repeats, "2,410" without, "–" for nothing; and its two parts.
std::string formatSpread(const std::optional<Spread>& spread, std::string (*format)(double));
std::string formatMedian(const std::optional<Spread>& spread, std::string (*format)(double));
std::string formatEnds(const std::optional<Spread>& spread, std::string (*format)(double));

// "2.2 ×", and "1.9–2.4" where there were repeats; "–" where there is no speed, "baseline" for a
// section's own baseline.
std::string formatSpeedup(const Candidate& candidate);
std::string formatSpeedupEnds(const Candidate& candidate);

// "4,096 tokens, 2 ranks", with the group that ratios are over where it stands elsewhere: "…; × is
// over legacy seq_len=1024". Empty for the only section.
std::string sectionTitle(const Comparison& comparison, const Section& section);

// "same", "another model", "different", "unknown": for programs.
std::string_view parityWord(ParityVerdict verdict);

// For people: "same", "another model, 6.3 % of pairs", "NOT the same: loss 3.1e-03", "reference",
// "unknown".
std::string parityWords(const RunGroup& group);

// "did not finish: rank 1 …", "has not finished yet", or nothing where there are figures.
std::string absenceWords(const RunGroup& group);

// "3 of 4 finished".
std::string finishedWords(const RunGroup& group);

std::string sentenceOf(std::string words);  // "the runs differ" -> "The runs differ."

std::string countOf(std::size_t count, std::string_view singular);  // "1 run", "4 runs"

}  // namespace ringscope::reporting
