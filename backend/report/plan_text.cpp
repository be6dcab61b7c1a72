#include "backend/report/plan_text.h"

#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/report/aligned_table.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <vector>

namespace ringscope {
namespace {

using PlanRow = std::vector<std::string>;

PlanRow planRow(const RunRequest& request) {
    const RunPlan& plan = request.plan;
    return {request.name,
            plan.config.parallel.mode,
            std::to_string(plan.ranks),
            formatCount(plan.config.train.seqLen),
            formatBytes({plan.attentionBytesPerStep}),
            formatBytes({plan.gradientBytesPerStep}),
            formatFlops(plan.flopsPerStep)};
}

struct PlanNote {
    std::string text;
    std::vector<std::string> runs;
};

// Each note once, in the order in which they are met.
std::vector<PlanNote> notesOf(const std::vector<RunRequest>& requests) {
    std::vector<PlanNote> notes;
    for (const RunRequest& request : requests)
        for (const std::string& note : request.plan.notes) {
            auto same = std::ranges::find(notes, note, &PlanNote::text);
            if (same == notes.end()) same = notes.insert(notes.end(), {note, {}});
            same->runs.push_back(request.name);
        }
    return notes;
}

std::string noteLine(const PlanNote& note, std::size_t runs) {
    constexpr std::size_t most = 4;
    std::string which;
    if (note.runs.size() < runs) {
        const std::size_t shown = std::min(most, note.runs.size());
        which =
            " (" + join({note.runs.begin(), note.runs.begin() + static_cast<long>(shown)}, ", ");
        if (shown < note.runs.size())
            which += fmt::format(" and {} more", note.runs.size() - shown);
        which += ")";
    }
    return "note: " + note.text + which + '\n';
}

}  // namespace

std::string planTable(const std::vector<RunRequest>& requests) {
    std::vector<PlanRow> rows = {
        {"name", "mode", "ranks", "seq len", "attention sent", "gradients sent", "work"}};
    for (const RunRequest& request : requests) rows.push_back(planRow(request));
    std::string text = alignedTable(rows, 2);
    for (const PlanNote& note : notesOf(requests)) text += noteLine(note, requests.size());
    return text +
           "Bytes are what the busiest rank sends in one step; work is the model's, per "
           "step.\n";
}

std::string plannedHostsText(const std::vector<PlannedHost>& hosts) {
    std::string text;
    for (const PlannedHost& host : hosts)
        if (!host.host.isThisMachine())
            text += fmt::format("{}: up to {} {}, started by: {}\n", host.host.name, host.mostRanks,
                                host.mostRanks == 1 ? "rank" : "ranks", host.command);
    return text;
}

}  // namespace ringscope
