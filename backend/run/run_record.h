// What is known about a run: who it is, how far it came, what it measured. The store keeps it, the
// CLI prints it, compare and report read it.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/ids.h"
#include "backend/core/units.h"
#include "backend/run/recall_record.h"
#include "backend/run/routing.h"
#include "backend/run/run_environment.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class RunStatus : std::uint8_t {
    Queued,
    Starting,  // agents and ranks are being started
    Running,
    Stopping,
    Finished,
    Failed,
    Cancelled,
    Lost,  // its program vanished without a word
};
std::string_view statusName(RunStatus status);  // "queued", …
std::optional<RunStatus> statusFromName(std::string_view name);
std::vector<RunStatus> allStatuses();
bool isFinal(RunStatus status);

// One training step of a run, over all its ranks.
struct StepRecord {
    std::int64_t step = 0;  // 0-based
    double loss = 0;        // mean over all tokens with a label
    double gradNorm = 0;    // of the summed gradient, before clipping
    Nanos duration{};       // of the slowest rank
    std::int64_t tokens = 0;
};

// A validation of a run (data.validation), over all its ranks.
struct ValidationRecord {
    std::int64_t step = 0;    // after which it was made
    double loss = 0;          // mean negative log-likelihood of its labels, without dropout
    std::int64_t tokens = 0;  // with a label
    std::vector<RecallRange> recall{};  // of builtin:recall; ascending
    bool operator==(const ValidationRecord&) const = default;
};
double perplexityOf(const ValidationRecord& validation);

// What one rank reported when it was done.
struct RankRecord {
    int rank = 0;
    std::string host{};
    std::int64_t pid = 0;
    Bytes peakMemory{};             // the largest sum of live tensor bytes, at the allocator
    Bytes attentionBytesPerStep{};  // handed to other ranks by attention, measured
    Bytes gradientBytesPerStep{};   // handed to other ranks to sum gradients and losses, measured
    Bytes expertBytesPerStep{};  // handed to other ranks on the way to experts and back; the mean
    std::optional<int> exitCode{};
    std::string endedBy{};  // "SIGKILL" where a signal ended it
};

// Whether it came to say what it used; else its bytes are unknown, not 0.
inline bool hasReported(const RankRecord& rank) { return rank.peakMemory.count > 0; }

// Against the unsharded run of the same computation.
struct Parity {
    RunId reference;
    double maxLossDiff = 0;  // largest |loss - reference| / max(1e-12, |reference|) of a step
    double maxGradNormRelDiff = 0;
    std::int64_t steps = 0;  // compared
};

// Figures over the steps after the warm-up.
struct RunSpeed {
    double tokensPerSecond = 0;  // tokens of those steps / their summed duration
    double stepMedianMs = 0;
    double stepP95Ms = 0;
};

// What the recorded steps say about communication: means over the ranks, per recorded step, by the
// definitions of backend/analysis/findings.h.
struct OverlapFigures {
    std::int64_t steps = 0;  // recorded
    double exposedMs = 0;    // communication with no computation beside it
    // Communication that waited for a late rank, exposed and behind computation, and that moved
    // bytes: nothing where the trace cannot tell waiting from moving.
    std::optional<double> waitMs{};
    std::optional<double> hiddenWaitMs{};
    std::optional<double> transferMs{};
    std::optional<double> hiddenPercent{};  // of all communication; nothing where there was none
    std::optional<int> lateRank{};          // the one the others waited for most
    // GB/s of all its messages, by the definitions of backend/analysis/bandwidth.h.
    std::optional<double> algbw{};  // the waiting is in it
    std::optional<double> busbw{};  // while bytes moved

    bool operator==(const OverlapFigures&) const = default;
};

// What a run was said to take before its first step, by what `ringscope calibrate` measured of this
// machine (compare/foresight.h). Means over the ranks.
struct RunPrediction {
    double stepMs = 0;
    double exposedMs = 0;      // the wait is in it, as in OverlapFigures
    double waitMs = 0;         // of it
    std::string processor{};   // of the machine that was calibrated
    std::string calibrated{};  // the day: "2026-11-30"

    bool operator==(const RunPrediction&) const = default;
};

// What a run goes on from (`ringscope run --resume`).
struct Continuation {
    RunId run;              // that wrote the checkpoint
    std::int64_t step = 0;  // the first one that is done here
    bool operator==(const Continuation&) const = default;
};

// A run that was continued, and what counts of it: steps and validations before the one at which
// the next run goes on.
struct EarlierRun {
    RunId id;
    std::string mode{};
    int ranks = 1;
    std::int64_t startedUs = 0;  // UTC, microseconds
    std::int64_t endedUs = 0;
    std::vector<StepRecord> steps{};
    std::vector<ValidationRecord> validations{};
    std::int64_t lostSteps = 0;  // done by it, and again by a later try or the next run
};

// What a list knows of a run instead of its steps and ranks.
struct RunSummary {
    std::int64_t steps = 0;  // done
    std::optional<RunSpeed> speed;
    Bytes peakMemory;
    Bytes attentionBytesPerStep;
    Bytes gradientBytesPerStep;
    std::optional<double> finalLoss{};  // of the last step done
    std::vector<std::string> hosts{};   // of its ranks, each once
};

struct RunRecord {
    RunId id;
    std::string experiment;    // "four-modes"
    std::string experimentId;  // one id for all runs started together
    std::string name;          // "four-modes/zigzag"
    RunConfig config;
    std::string computation;  // computationIdentity(config)
    bool baseline = false;
    bool reference = false;  // started only to give the others their parity
    std::int64_t repeat = 0;

    RunStatus status = RunStatus::Queued;
    std::string statusReason;  // one sentence where it failed: "rank 1 was ended by SIGKILL"
    int ranks = 1;
    std::string device;          // "cpu", "cuda"
    std::string versions;        // "ringscope 0.1.0, torch 2.11.0, gloo"
    std::int64_t createdUs = 0;  // UTC, microseconds
    std::int64_t startedUs = 0;
    std::int64_t endedUs = 0;
    RunEnvironment environment;

    // What its user made of it afterwards.
    std::string note{};
    std::vector<std::string> tags{};  // in ascending order
    bool pinned = false;              // the baseline of every comparison it takes part in
    std::int64_t archivedUs = 0;      // UTC, microseconds; 0: it is in the lists

    Bytes predictedAttentionBytesPerStep;
    Bytes predictedGradientBytesPerStep;
    double flopsPerStep = 0;
    std::int64_t parameters = 0;         // of the model
    std::int64_t trainedParameters = 0;  // these, or those of adapters beside them; 0: not known
    std::vector<std::string> notes;

    std::optional<Continuation> continues{};
    std::vector<EarlierRun> earlier{};  // the first one first; where one run was loaded by itself
    std::int64_t lostSteps = 0;         // done, and again by a later try (launch.retries)

    std::vector<StepRecord> steps;  // in ascending order
    std::vector<RankRecord> rankRecords;
    std::vector<RoutingRecord> routing{};         // in ascending order of steps, then layers
    std::vector<ValidationRecord> validations{};  // in ascending order
    std::optional<Parity> parity;
    std::optional<OverlapFigures> overlap;  // where steps were recorded
    std::optional<RunPrediction> prediction{};
    std::string unpredicted{};  // why there is none; empty: nothing could be said, or nobody tried

    std::optional<RunSummary> summary;  // only in lists, where steps, ranks, routing are left out
};

// A run in a list, or by itself: from its summary where it has one, else from its steps and ranks.
// No speed where no step after the warm-up was done.
std::optional<RunSpeed> runSpeed(const RunRecord& run);
std::int64_t stepsDone(const RunRecord& run);
std::optional<double> finalLoss(const RunRecord& run);
std::vector<std::string> hostsOf(const RunRecord& run);  // of its ranks, each once
Bytes peakMemory(const RunRecord& run);                  // of the rank with the most
Bytes measuredAttentionBytes(const RunRecord& run);      // per step, of the busiest rank
Bytes measuredGradientBytes(const RunRecord& run);       // per step, of the busiest rank

// Where runs are pinned, these alone are the baseline; else the runs as they are.
std::vector<RunRecord> withPinnedBaseline(std::vector<RunRecord> runs);

// How much longer a step took than was predicted, in percent; nothing where either is not known.
std::optional<double> stepErrorPercent(const RunRecord& run);

// Compares step by step, over the steps both have done. Nothing where neither has a common step.
std::optional<Parity> parityWith(const RunRecord& run, const RunRecord& reference);

}  // namespace ringscope
