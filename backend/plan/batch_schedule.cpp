#include "backend/plan/batch_schedule.h"

#include "backend/plan/layout_choice.h"

#include <utility>

namespace ringscope {

Schedule scheduleOfBatch(const RunPlan& plan, const AttentionPart& part,
                         const std::vector<std::int64_t>& documents) {
    if (documents.empty() || plan.config.parallel.layout != ShardChoice::Documents)
        return part.schedule;
    return scheduleOfDocuments(part.schedule, documents, plan.attention.tokens);
}

AttentionMask maskOfBatch(const RunPlan& plan, const AttentionPart& part,
                          std::vector<std::int64_t> documents) {
    AttentionMask mask = part.mask;
    mask.documents = std::move(documents);
    return paddedMask(std::move(mask), plan.config.train.seqLen, plan.attention.tokens);
}

RunPlan withDocuments(RunPlan plan, const std::vector<std::int64_t>& documents) {
    if (documents.empty()) return plan;
    for (AttentionPart& part : plan.parts) {
        part.schedule = scheduleOfBatch(plan, part, documents);
        part.schedule.mask = maskOfBatch(plan, part, documents);
        part.schedule.cut = true;
        part.mask.documents = documents;
    }
    return plan;
}

}  // namespace ringscope
