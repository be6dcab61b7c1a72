#include "backend/plan/pass_bytes.h"

namespace ringscope {
PassBytes passBytes(const RunPlan& plan) {
    PassBytes most;
    for (const AttentionPart& part : plan.parts) {
        const Schedule& schedule = part.schedule;
        for (const int rank : ranksToMeasure(schedule)) {
            const RankSchedule steps = schedule.makeSteps(schedule, rank);
            const PassBytes sent{.forward = part.headTurns * sentBytes(steps.forward),
                                 .backward = part.headTurns * sentBytes(steps.backward)};
            if (sent.sum() > most.sum()) most = sent;
        }
    }
    return most;
}

}  // namespace ringscope
