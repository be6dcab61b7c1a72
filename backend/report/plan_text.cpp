#include "backend/report/plan_text.h"

#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {

std::string planTable(const std::vector<RunRequest>& requests) {
    std::size_t nameWidth = 4;
    for (const RunRequest& request : requests) nameWidth = std::max(nameWidth, request.name.size());

    std::string text =
        fmt::format("{:<{}}  {:<8}  {:>5}  {:>10}  {:>15}  {:>14}  {:>9}\n", "name", nameWidth,
                    "mode", "ranks", "seq len", "attention sent", "gradients sent", "GFLOP");
    for (const RunRequest& request : requests) {
        const RunPlan& plan = request.plan;
        text += fmt::format(
            "{:<{}}  {:<8}  {:>5}  {:>10}  {:>15}  {:>14}  {:>9}\n", request.name, nameWidth,
            plan.config.parallel.mode, plan.ranks, formatCount(plan.config.train.seqLen),
            formatBytes({plan.attentionBytesPerStep}), formatBytes({plan.gradientBytesPerStep}),
            formatSignificant(plan.flopsPerStep / 1e9));
        for (const std::string& note : plan.notes) text += "  note: " + note + '\n';
    }
    text += "Bytes are what the busiest rank sends in one step; GFLOP is the model's, per step.\n";
    return text;
}

}  // namespace ringscope
