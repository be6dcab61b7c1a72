#include "backend/plan/layout_notes.h"

#include "backend/config/data_source.h"
#include "backend/core/units.h"
#include "backend/plan/layout_choice.h"
#include "backend/plan/planned_ranks.h"

#include <fmt/format.h>

namespace ringscope {
namespace {

// "6.00 MiB a step and reads 56 shards of other ranks in a layer"
std::string trafficWords(const RunPlan& plan) {
    const std::int64_t read = shardsRead(plan.schedule());
    const std::string bytes = formatBytes({plan.attentionBytesPerStep}) + " a step";
    return read == 0 ? bytes
                     : fmt::format("{} and ranks read {} shards of others in a layer", bytes,
                                   formatCount(read));
}

std::string orderNote(const RunPlan& plan, const RunPlan& inSequence) {
    const bool dense = plan.attention.pattern == nullptr && !plan.config.attention.window;
    return fmt::format("parallel.token_order {}: attention sends {}; in the sequence's order {}{}",
                       nameOf(plan.config.parallel.tokenOrder), trafficWords(plan),
                       trafficWords(inSequence),
                       dense ? ". Dense attention reads all tokens, so no order sends less" : "");
}

}  // namespace

std::vector<std::string> layoutNotes(const RunPlan& plan, const Mode& mode, std::int64_t most) {
    const ParallelConfig& parallel = plan.config.parallel;
    std::vector<std::string> notes;
    if (!mode.sharded && !layoutChoiceOf(plan.config).isModes())
        notes.push_back(
            fmt::format("mode {} holds all tokens on its one rank; parallel.layout and "
                        "parallel.token_order are not used",
                        mode.name));
    if (parallel.layout == ShardChoice::Documents && !keepsDocumentsApart(plan.config))
        notes.emplace_back(
            "parallel.layout documents: no documents are kept apart (data.packing, train.task "
            "sft), so a sequence is shared out as one");
    if (!parallel.image.empty() && parallel.tokenOrder == TokenOrder::Sequence)
        notes.emplace_back(
            "parallel.image is for parallel.token_order hilbert; sequence does not use it");
    if (!mode.sharded || parallel.tokenOrder == TokenOrder::Sequence) return notes;
    RunConfig config = plan.config;
    config.parallel.tokenOrder = TokenOrder::Sequence;
    if (const Result<RunPlan> inSequence = planRanks(config, most); inSequence.ok())
        notes.push_back(orderNote(plan, *inSequence));
    return notes;
}

}  // namespace ringscope
