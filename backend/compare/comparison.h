// Runs side by side: one baseline, any number of candidates, medians over repeats.
//
// Runs of several computations, or on several numbers of ranks, stand in sections: all ratios of a
// section are over one group, as a rule the baseline of the same section, so that like is divided
// by like.
//
// Baseline and candidate are types of their own, so that two sides cannot be swapped by accident.
//
// Figures come from finished runs alone; failed runs are counted and named. Two speeds are called
// different only where they differ by more than the repeats do.
#pragma once

#include "backend/config/choices.h"
#include "backend/config/precision.h"
#include "backend/core/result.h"
#include "backend/run/run_record.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// A median over repeats with the smallest and the largest value seen.
struct Spread {
    double median = 0;
    double low = 0;
    double high = 0;
    int samples = 0;
};

// The largest relative differences over the steps that still count as rounding.
struct ParityLimits {
    double loss = 1e-5;
    double gradNorm = 1e-4;
};
// Larger for numbers of two bytes, and with the optimizer's state in 8 bits: there a last bit of a
// gradient may decide how a moment is rounded, and ranks that share a block round it in two parts.
ParityLimits parityLimits(NumberFormat precision, OptimizerKind optimizer = OptimizerKind::AdamW);

// All repeats of one configuration.
struct RunGroup {
    // Mode, and the little that tells it from the other groups: "zigzag seq_len=8192 ranks=2".
    std::string label;
    std::string rowLabel;  // from the groups of its section alone: "zigzag"
    std::string mode;
    std::vector<RunId> runs;
    int finished = 0;
    int failed = 0;       // failed, cancelled or lost
    int unfinished = 0;   // queued or still going
    std::string failure;  // the first failed one's reason
    int ranks = 1;
    std::int64_t seqLen = 0;

    // Over the finished runs; empty where none has the figure.
    std::optional<Spread> tokensPerSecond;
    std::optional<Spread> stepMs;
    std::optional<Spread> peakBytes;
    std::optional<Spread> predictedPeakBytes;  // of the rank that should hold the most
    std::optional<Spread> attentionBytesPerStep;
    std::optional<Spread> predictedAttentionBytesPerStep;
    std::optional<Spread> gradientBytesPerStep;
    std::optional<Spread> finalLoss;
    // What was said of the runs before they began; empty where nothing was.
    std::optional<Spread> predictedTokensPerSecond;
    std::optional<Spread> predictedStepMs;
    std::optional<Spread> predictedExposedMs;  // the wait is in it
    std::optional<Spread> predictedWaitMs;
    std::optional<Spread> exposedMs;  // this and the next five: of runs with recorded steps
    std::optional<Spread> waitMs;     // exposed
    std::optional<Spread> hiddenWaitMs;
    std::optional<Spread> hiddenPercent;
    std::optional<Spread> algbw;  // GB/s
    std::optional<Spread> busbw;
    std::optional<int> lateRank;        // the rank that others waited for most, in all of them
    std::optional<Parity> worstParity;  // over the finished runs that have one
    ParityLimits parityLimits{};        // of their precision

    // The share of pairs that attention.pattern lets through; none without a pattern.
    std::optional<double> coverage{};
};

// Both ends included.
struct RatioInterval {
    double low = 0;
    double high = 0;
};

enum class Speed { Faster, Slower, Unclear, Unknown };
std::string_view speedWord(Speed speed);  // "faster", "no clear difference", …

struct Baseline {
    RunGroup group;
};
struct Candidate {
    RunGroup group;
    // Label of the group that this one's ratios are over, the same in all of a section. Empty, and
    // no ratios: it is that group itself.
    std::string against;
    bool sameComputation = true;  // as that group: same model, data and training

    std::optional<double> speedup;                 // tokens/s over the baseline's
    std::optional<RatioInterval> speedupInterval;  // smallest and largest the repeats allow
    Speed speed = Speed::Unknown;
    std::optional<double> memoryRatio;   // peak over the baseline's
    std::optional<double> trafficRatio;  // attention bytes over the baseline's; none where it is 0
};

// A field in which the compared runs differ, besides the mode.
struct SettingDifference {
    std::string path;                 // "train.seq_len"
    std::vector<std::string> values;  // in the order of groups()
};

enum class TraitKind { Model, Data, Length, Precision, Ranks, Device, Other };

struct SectionTrait {
    TraitKind kind = TraitKind::Other;
    std::string words;  // "4,096 tokens", "2 ranks"
};

// Groups of one computation on equally many ranks of one kind of device.
struct Section {
    std::vector<SectionTrait> traits;  // in what it differs from the other sections
    std::size_t baseline = 0;          // all ratios are over this one of groups()
    std::vector<std::size_t> groups;   // of groups(); the baseline first where it is among them

    bool holdsBaseline() const;
    std::string title() const;  // "4,096 tokens, 2 ranks"; empty for the only section
};

struct Comparison {
    Baseline baseline;
    std::vector<Candidate> candidates;  // in the order of the sections
    std::vector<Section> sections;      // every group is in one of them
    // "the runs differ in model (nano, tiny) and ranks (2, 4)": of what decides the numbers or
    // what they depend on; empty where they are alike. The verdict begins with it.
    std::string unlike;
    std::vector<std::string> warnings;  // unlike runs: other device, versions, computation
    std::vector<SettingDifference> differences;
    std::string verdict;  // one sentence: "zigzag is 2.2 × legacy (1.9–2.4) and the same model"

    std::vector<const RunGroup*> groups() const;  // baseline first
    // Of groups()[index]; nothing for the baseline.
    const Candidate* candidate(std::size_t index) const;
};

// Without repeats the noise is unknown: a ratio nearer to 1 than this counts as no clear
// difference.
inline constexpr double singleRunNoise = 0.05;

// AnotherModel: the same as its own unsharded run, and attention goes by a pattern, so it is not
// what dense attention trains.
enum class ParityVerdict { Same, AnotherModel, Different, Unknown };
ParityVerdict parityVerdict(const Parity& parity, const ParityLimits& limits);
ParityVerdict parityVerdict(const RunRecord& run);
ParityVerdict parityVerdict(const RunGroup& group);

// Whether the group is the unsharded model, against which parity is measured.
bool isReference(const RunGroup& group);

// "2.2", "0.97", "14": two significant digits, three just above 1.
std::string formatRatio(double ratio);

// Of all runs given, references too. The baseline is the group with a pinned run, else the group
// marked so, else mode legacy, else none, else the first. Fails with NotFound on an empty list.
Result<Comparison> compareRuns(const std::vector<RunRecord>& runs);

// A user's choice in place of what the experiment's file said: these and no others are marked.
// Returns whether one of them is among the runs.
bool markBaseline(std::vector<RunRecord>& runs, const std::vector<RunId>& baseline);

}  // namespace ringscope
