#include "backend/report/schedules.h"

#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"
#include "backend/report/svg_marks.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <utility>

namespace ringscope::reporting {
namespace {

constexpr int mostShown = 8;  // ranks and steps; the pattern repeats beyond
constexpr std::size_t mostDrawings = 12;
constexpr double cellSide = 44;  // of a cell's square
constexpr double cellGap = 8;
constexpr double labelRoom = 52;
constexpr double headRoom = 20;

ScheduleCell cellOf(const RunPlan& plan, const Step& step, int rank) {
    ScheduleCell cell;
    for (const Block& block : step.blocks)
        cell.filled.push_back(blockShape(block, step, plan.schedule().mask,
                                         plan.attention.tokens / plan.attention.ranks));
    cell.words = fmt::format(
        "rank {}, step {}: {}", rank, step.index,
        step.blocks.empty() ? std::string("nothing to do") : countOf(step.blocks.size(), "block"));
    return cell;
}

std::optional<ScheduleDrawing> drawingOf(const RunRecord& run) {
    const Mode* mode = findMode(run.config.parallel.mode);
    if (mode == nullptr || !mode->sharded) return std::nullopt;
    const Result<RunPlan> plan = planRun(run.config);
    if (!plan.ok()) return std::nullopt;
    const int ranks = plan->schedule().ranks;
    ScheduleDrawing drawing{.label = fmt::format("{} on {}", mode->name,
                                                 countOf(static_cast<std::size_t>(ranks), "rank")),
                            .mode = std::string(mode->name),
                            .ranks = {}};
    std::size_t steps = 0;
    for (int rank = 0; rank < std::min(ranks, mostShown); ++rank) {
        std::vector<ScheduleCell> row;
        const RankSchedule all = stepsOf(plan->schedule(), rank);
        steps = std::max(steps, all.forward.size());
        for (const Step& step : all.forward)
            if (std::ssize(row) < mostShown) row.push_back(cellOf(*plan, step, rank));
        drawing.ranks.push_back(std::move(row));
    }
    if (ranks > mostShown || steps > mostShown)
        drawing.remark = fmt::format("the first {} ranks and steps are shown", mostShown);
    return drawing;
}

std::string pointsOf(const std::vector<ShapePoint>& shape, double x, double y) {
    std::string points;
    for (const ShapePoint& point : shape)
        points += fmt::format("{}{},{}", points.empty() ? "" : " ",
                              coordinate(x + point.across * cellSide),
                              coordinate(y + point.down * cellSide));
    return points;
}

void drawCell(Markup& svg, const ScheduleCell& cell, std::string_view mode, double x, double y) {
    svg.open("g").element("title", cell.words);
    svg.empty("rect", {{"class", "cell"},
                       {"x", coordinate(x)},
                       {"y", coordinate(y)},
                       {"width", coordinate(cellSide)},
                       {"height", coordinate(cellSide)}});
    for (const std::vector<ShapePoint>& shape : cell.filled)
        svg.empty("polygon",
                  {{"points", pointsOf(shape, x, y)}, {"style", "fill:" + modeColour(mode)}});
    svg.close();
}

Markup drawnSchedule(const ScheduleDrawing& drawing) {
    std::size_t steps = 0;
    for (const std::vector<ScheduleCell>& row : drawing.ranks) steps = std::max(steps, row.size());
    const double width = labelRoom + static_cast<double>(steps) * (cellSide + cellGap);
    const double height =
        headRoom + static_cast<double>(drawing.ranks.size()) * (cellSide + cellGap);
    Markup svg;
    svg.open("svg", {{"class", "schedule"},
                     {"role", "img"},
                     {"aria-label", "schedule of " + drawing.label},
                     {"style", fmt::format("max-width:{}px", coordinate(width))},
                     {"viewBox", fmt::format("0 0 {} {}", coordinate(width), coordinate(height))}});
    for (std::size_t step = 0; step < steps; ++step)
        drawText(svg, fmt::format("step {}", step),
                 labelRoom + static_cast<double>(step) * (cellSide + cellGap), 12, "start");
    for (std::size_t rank = 0; rank < drawing.ranks.size(); ++rank) {
        const double y = headRoom + static_cast<double>(rank) * (cellSide + cellGap);
        drawText(svg, fmt::format("rank {}", rank), 0, y + cellSide / 2 + 4, "start");
        for (std::size_t step = 0; step < drawing.ranks[rank].size(); ++step)
            drawCell(svg, drawing.ranks[rank][step], drawing.mode,
                     labelRoom + static_cast<double>(step) * (cellSide + cellGap), y);
    }
    svg.close();
    return svg;
}

}  // namespace

std::vector<ScheduleDrawing> schedules(const Report& report) {
    std::vector<ScheduleDrawing> drawings;
    std::set<std::pair<std::string, int>> seen;
    for (const RunRecord& run : report.runs) {
        if (drawings.size() == mostDrawings) break;
        if (!seen.emplace(run.config.parallel.mode, run.config.parallel.sp).second) continue;
        if (std::optional<ScheduleDrawing> drawing = drawingOf(run))
            drawings.push_back(std::move(*drawing));
    }
    return drawings;
}

void addSchedules(Markup& page, const Report& report) {
    const std::vector<ScheduleDrawing> drawings = schedules(report);
    if (drawings.empty()) return;
    page.open("section").element("h2", "Schedules");
    page.element("p", scheduleCaption, {{"class", "muted"}});
    page.open("div", {{"class", "charts"}});
    for (const ScheduleDrawing& drawing : drawings) {
        page.open("figure").open("figcaption");
        addMarker(page, drawing.mode);
        page.element("b", drawing.label).close().append(drawnSchedule(drawing));
        if (!drawing.remark.empty()) page.element("p", drawing.remark, {{"class", "muted"}});
        page.close();
    }
    page.close().close();
}

}  // namespace ringscope::reporting
