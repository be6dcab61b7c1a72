#include "backend/plan/pass_bytes.h"

#include <vector>

namespace ringscope {
namespace {

std::int64_t bytesOf(const std::vector<Step>& pass) {
    std::int64_t bytes = 0;
    for (const Step& step : pass)
        for (const Transfer& transfer : step.transfers) bytes += transfer.sentBytes;
    return bytes;
}

}  // namespace

PassBytes passBytes(const RunPlan& plan) {
    PassBytes most;
    for (const AttentionPart& part : plan.parts) {
        const Schedule& schedule = part.schedule;
        for (const int rank : ranksToMeasure(schedule)) {
            const RankSchedule steps = schedule.makeSteps(schedule, rank);
            const PassBytes sent{.forward = part.headTurns * bytesOf(steps.forward),
                                 .backward = part.headTurns * bytesOf(steps.backward)};
            if (sent.sum() > most.sum()) most = sent;
        }
    }
    return most;
}

}  // namespace ringscope
