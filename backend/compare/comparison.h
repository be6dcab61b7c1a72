// Runs side by side: one baseline, any number of candidates, medians over repeats.
//
// Baseline and candidate are types of their own, so that two sides cannot be swapped by accident.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"

#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// A median over repeats with the smallest and the largest value seen.
struct Spread {
    double median = 0;
    double low = 0;
    double high = 0;
    int samples = 0;
};

// All repeats of one configuration.
struct RunGroup {
    std::string
        label;  // mode, and the settings in which the compared runs differ: "zigzag seq_len=8192"
    std::string mode;
    std::vector<RunId> runs;
    int finished = 0;
    int failed = 0;       // failed, cancelled or lost
    std::string failure;  // the first one's reason
    int ranks = 1;
    std::int64_t seqLen = 0;

    std::optional<Spread> tokensPerSecond;
    std::optional<Spread> stepMs;
    std::optional<Spread> peakBytes;
    std::optional<Spread> attentionBytesPerStep;
    std::optional<Spread> predictedAttentionBytesPerStep;
    std::optional<Spread> gradientBytesPerStep;
    std::optional<Spread> finalLoss;
    std::optional<Parity> worstParity;
};

struct Baseline {
    RunGroup group;
};
struct Candidate {
    RunGroup group;
    std::optional<double> speedup;       // tokens/s over the baseline's
    std::optional<double> memoryRatio;   // peak over the baseline's
    std::optional<double> trafficRatio;  // attention bytes over the baseline's; none where it is 0
};

struct Comparison {
    Baseline baseline;
    std::vector<Candidate> candidates;
    std::vector<std::string> warnings;  // unlike runs: other device, versions, computation
    std::string verdict;                // one sentence: "zigzag is 2.2 x legacy …"

    std::vector<const RunGroup*> groups() const;  // baseline first
};

// The parity verdict's limits for fp32: relative, largest over the steps.
inline constexpr double parityLossLimit = 1e-5;
inline constexpr double parityGradNormLimit = 1e-4;
enum class ParityVerdict { Same, Different, Unknown };
ParityVerdict parityVerdict(const RunGroup& group);

// The baseline is the group marked so; else mode legacy, else none, else the first. References are
// left out unless they are all there is.
Result<Comparison> compareRuns(const std::vector<RunRecord>& runs);

}  // namespace ringscope
