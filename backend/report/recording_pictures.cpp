#include "backend/report/recording_pictures.h"

#include "backend/core/units.h"
#include "backend/report/html_table.h"
#include "backend/report/svg_marks.h"
#include "backend/report/svg_strips.h"
#include "backend/report/wording.h"
#include "backend/trace/memory_curve.h"
#include "backend/trace/memory_look.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace ringscope::reporting {
namespace {

constexpr int mostRanks = 16;  // drawn; the pattern repeats beyond
constexpr int mostSteps = 16;

std::vector<StripKind> stepKinds(bool splits) {
    const StripKind attention{spanLook.attention, "--attention", "attention"};
    if (!splits)
        return {attention,
                {spanLook.transfer, "--transfer", "exposed communication"},
                {spanLook.transfer, "--transfer", "", true}};
    return {attention,
            {spanLook.transfer, "--transfer", "exposed transfer"},
            {spanLook.transfer, "--transfer", "exposed wait", true}};
}

double msOf(std::int64_t ns, const Recording& recording) {
    return static_cast<double>(ns) / 1e6 / static_cast<double>(recording.steps);
}

StripCell cellOf(const RingStepFigures& step, const Recording& recording) {
    const CommunicationFigures& communication = step.communication;
    const std::int64_t wait = recording.splits ? communication.wait : 0;
    const double attention = msOf(step.attention, recording);
    const double exposed = msOf(communication.exposed, recording);
    return {{attention, msOf(communication.exposed - wait, recording), msOf(wait, recording)},
            fmt::format("rank {}, {} ring step {}: attention {} ms, exposed {} ms{}", step.rank,
                        spanPassName(step.pass), step.ringStep, formatSignificant(attention),
                        formatSignificant(exposed),
                        recording.splits ? fmt::format(", {} ms of it wait",
                                                       formatSignificant(msOf(wait, recording)))
                                         : std::string())};
}

RingTable ringTable(const Recording& recording, SpanPass pass) {
    std::map<std::pair<int, int>, const RingStepFigures*> figures;
    std::set<int> ranks;
    std::set<int> steps;
    for (const RingStepFigures& step : recording.ringSteps) {
        if (step.pass != pass) continue;
        figures[{step.rank, step.ringStep}] = &step;
        ranks.insert(step.rank);
        steps.insert(step.ringStep);
    }
    RingTable table{pass, {}, {}};
    if (ranks.size() > mostRanks || steps.size() > mostSteps)
        table.remark = fmt::format("the first {} ranks and steps are shown", mostRanks);
    for (const int step : steps)
        if (std::ssize(table.strips.columns) < mostSteps)
            table.strips.columns.push_back(fmt::format("step {}", step));
    for (const int rank : ranks) {
        if (std::ssize(table.strips.rows) == mostRanks) break;
        StripRow row{"", fmt::format("rank {}", rank), {}};
        for (const int step : steps) {
            if (std::ssize(row.cells) == mostSteps) break;
            const auto found = figures.find({rank, step});
            row.cells.push_back(found == figures.end() ? StripCell{{0, 0, 0}, "no such step"}
                                                       : cellOf(*found->second, recording));
        }
        table.strips.rows.push_back(std::move(row));
    }
    return table;
}

void addRingPicture(Markup& page, const RingPicture& picture, const RingSteps& all) {
    page.open("figure").open("figcaption");
    addMarker(page, picture.mode);
    page.element("b", picture.label).close();
    for (const RingTable& pass : picture.passes) {
        page.element("p", spanPassName(pass.pass), {{"class", "bars-title"}});
        page.append(drawStrips(pass.strips, all.kinds, all.longest));
        if (!pass.remark.empty()) page.element("p", pass.remark, {{"class", "muted"}});
    }
    page.close();
}

std::int64_t heldBy(const Recording& recording, MemoryCategory category) {
    return recording.memory->held[static_cast<std::size_t>(category)];
}

// Of all recordings together, in the order of the stack: those that any rank held.
std::vector<MemoryCategory> heldCategories(const Report& report) {
    std::vector<MemoryCategory> held;
    for (const MemoryCategory category : memoryStack())
        for (const Recording& recording : report.recordings)
            if (recording.memory && heldBy(recording, category) > 0) {
                held.push_back(category);
                break;
            }
    return held;
}

std::string memoryVariable(MemoryCategory category) {
    return fmt::format("--memory-{}", static_cast<int>(category));
}

StripRow memoryRow(const Recording& recording, const std::vector<MemoryCategory>& categories) {
    StripCell cell;
    for (const MemoryCategory category : categories) {
        const std::int64_t bytes = heldBy(recording, category);
        cell.parts.push_back(static_cast<double>(bytes));
        if (bytes > 0)
            cell.words += fmt::format("{}{} {}", cell.words.empty() ? "" : ", ",
                                      memoryCategoryName(category), formatBytes({bytes}));
    }
    return {recording.mode,
            recording.label,
            {std::move(cell)},
            formatBytes({totalOf(recording.memory->held)})};
}

// The same in numbers: a column a category.
Table memoryNumbers(const Report& report, const std::vector<MemoryCategory>& categories) {
    Table table{{{"configuration"}, {"rank", Align::Right}}, {}};
    for (const MemoryCategory category : categories)
        table.columns.push_back({std::string(memoryCategoryName(category)), Align::Right});
    for (const Recording& recording : report.recordings) {
        if (!recording.memory) continue;
        Row row{"", {{recording.label}, {std::to_string(recording.memory->rank)}}, ""};
        for (const MemoryCategory category : categories)
            row.cells.push_back({formatBytes({heldBy(recording, category)})});
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace

RingSteps ringSteps(const Report& report) {
    RingSteps all;
    std::size_t columns = 0;
    bool splits = false;
    for (const Recording& recording : report.recordings) {
        RingPicture picture{recording.label, recording.mode, {}};
        for (const SpanPass pass : {SpanPass::Forward, SpanPass::Backward, SpanPass::Recompute})
            if (RingTable table = ringTable(recording, pass); !table.strips.rows.empty())
                picture.passes.push_back(std::move(table));
        if (picture.passes.empty()) continue;
        splits = splits || recording.splits;
        for (const RingTable& pass : picture.passes) {
            all.longest = std::max(all.longest, longestStrip(pass.strips));
            columns = std::max(columns, pass.strips.columns.size());
        }
        all.pictures.push_back(std::move(picture));
    }
    all.kinds = stepKinds(splits);
    // A cell is as wide in one picture as in all others.
    for (RingPicture& picture : all.pictures)
        for (RingTable& pass : picture.passes)
            pass.strips.room = columns - pass.strips.columns.size();
    if (!all.pictures.empty())
        all.caption = fmt::format(
            "What each rank spent a ring step on, all layers together; a full cell is {} ms in "
            "every picture.",
            formatSignificant(all.longest));
    return all;
}

MemoryPicture memoryPicture(const Report& report) {
    MemoryPicture picture;
    const std::vector<MemoryCategory> categories = heldCategories(report);
    for (const MemoryCategory category : categories)
        picture.kinds.push_back(
            {memoryLookOf(category), memoryVariable(category), memoryCategoryName(category)});
    for (const Recording& recording : report.recordings)
        if (recording.memory && !categories.empty())
            picture.strips.rows.push_back(memoryRow(recording, categories));
    return picture;
}

void addRingSteps(Markup& page, const Report& report) {
    const RingSteps all = ringSteps(report);
    if (all.pictures.empty()) return;
    page.open("section").element("h2", "Ring steps");
    page.element("p", all.caption, {{"class", "muted"}});
    page.append(drawStripLegend(all.kinds)).append(defineStripHatch());
    const std::size_t open = std::min(openPictures, all.pictures.size());
    page.open("div", {{"class", "charts"}});
    for (std::size_t i = 0; i < open; ++i) addRingPicture(page, all.pictures[i], all);
    page.close();
    if (open < all.pictures.size()) {
        page.open("details").element("summary", fmt::format("{} more", all.pictures.size() - open));
        page.open("div", {{"class", "charts"}});
        for (std::size_t i = open; i < all.pictures.size(); ++i)
            addRingPicture(page, all.pictures[i], all);
        page.close().close();
    }
    page.close();
}

void addMemory(Markup& page, const Report& report) {
    const MemoryPicture picture = memoryPicture(report);
    if (picture.strips.rows.empty()) return;
    page.open("section").element("h2", "Memory by category");
    page.element("p", memoryCaption, {{"class", "muted"}});
    page.append(drawStripLegend(picture.kinds)).open("figure", {{"class", "memory"}});
    page.append(drawStrips(picture.strips, picture.kinds, longestStrip(picture.strips))).close();
    addFolded(page, "Memory as a table", memoryNumbers(report, heldCategories(report)));
    page.close();
}

}  // namespace ringscope::reporting
