// Hand-made runs of a sweep: 4 lengths, 3 modes, 2 and 4 ranks, two repeats each.
#pragma once

#include "backend/config/experiment.h"
#include "tests/backend/compare/sample_runs.h"

#include <cmath>
#include <string>
#include <vector>

namespace ringscope {

// As if `mode` had trained on `ranks` ranks with sequences of `length` tokens.
inline RunRecord sweptRun(std::string_view mode, std::int64_t length, int ranks, double stepMs) {
    RunRecord run = finishedRun(mode, stepMs);
    const std::string name =
        std::string(mode) + "-" + std::to_string(length) + "-" + std::to_string(ranks);
    run.id = {name};
    run.experiment = "sweep";
    run.name = "sweep/" + name;
    run.config.train.seqLen = length;
    run.config.parallel.sp = ranks;
    run.ranks = ranks;
    run.computation = computationIdentity(run.config);
    const double share = static_cast<double>(length) / ranks;
    for (StepRecord& step : run.steps) step.tokens = length;
    run.rankRecords.clear();
    for (int rank = 0; rank < ranks; ++rank)
        run.rankRecords.push_back(
            {.rank = rank,
             .host = "localhost",
             .pid = 4000 + rank,
             .peakMemory = {static_cast<std::int64_t>((mode == "legacy" ? 40'000 : 24'000) *
                                                      (mode == "legacy" ? length : share)) +
                            40'000'000},
             .attentionBytesPerStep = {static_cast<std::int64_t>(8192 * share)},
             .gradientBytesPerStep = {1'048'576},
             .exitCode = 0,
             .endedBy = ""});
    run.predictedAttentionBytesPerStep = run.rankRecords[0].attentionBytesPerStep;
    return run;
}

// A step grows with the square of the length; zigzag divides it best, and the ring waits.
inline std::vector<RunRecord> sweepRuns() {
    std::vector<RunRecord> runs;
    for (const std::int64_t length : {1024, 2048, 4096, 8192}) {
        for (const int ranks : {2, 4}) {
            const double whole = 40.0 + 100.0 * std::pow(static_cast<double>(length) / 1024, 2);
            const double waits = whole / ranks * 0.3;
            for (std::int64_t repeat = 0; repeat < 2; ++repeat) {
                const double noise = repeat == 0 ? 1.0 : 1.04;
                const auto add = [&](const char* mode, double ms) {
                    runs.push_back(repeated(sweptRun(mode, length, ranks, ms * noise), repeat));
                };
                add("legacy", whole / ranks * 1.5);
                runs.back().baseline = true;
                add("ring", whole / ranks * 1.2);
                runs.back() = withOverlap(runs.back(), waits * 1.4, waits, ranks - 1);
                add("zigzag", whole / ranks * 0.9 + 20.0 * ranks);
                runs.back() = withOverlap(runs.back(), waits * 0.2, waits * 0.1, 0);
            }
        }
    }
    return runs;
}

}  // namespace ringscope
