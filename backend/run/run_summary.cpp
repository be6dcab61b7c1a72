#include "backend/run/run_summary.h"

namespace ringscope {

RunSummary summaryOf(const RunRecord& run) {
    return {.steps = stepsDone(run),
            .speed = runSpeed(run),
            .peakMemory = peakMemory(run),
            .attentionBytesPerStep = measuredAttentionBytes(run),
            .gradientBytesPerStep = measuredGradientBytes(run),
            .finalLoss = finalLoss(run),
            .hosts = hostsOf(run)};
}

}  // namespace ringscope
